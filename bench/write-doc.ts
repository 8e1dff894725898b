// Puts the figures of a results file into docs/performance.md, between its markers; everything else there is written by
// hand. Usage: node --import tsx bench/write-doc.ts [RESULTS], by default bench/results.json.
import { readFileSync, writeFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { resultsSchema, type Results } from './results.ts';
import { aimOf, metOf, shown } from './show.ts';

const DOC = resolve(import.meta.dirname, '../docs/performance.md');
const file = resolve(process.argv[2] ?? resolve(import.meta.dirname, 'results.json'));

const results = resultsSchema.parse(JSON.parse(readFileSync(file, 'utf8')));
const before = readFileSync(DOC, 'utf8');
const after = Object.entries(blocksOf(results)).reduce(
  (text, [name, lines]) => between(text, name, lines),
  before,
);
writeFileSync(DOC, after);

function blocksOf({ machine, runs }: Results): Record<string, string[]> {
  const loads = runs.map(({ load }) => load);
  const days = [...new Set(runs.map(({ at }) => at.slice(0, 10)))].join(', ');
  const commits = [...new Set(runs.map(({ commit }) => commit))].join(', ');
  const blocks: Record<string, string[]> = {
    machine: [
      `${days}; ${machine.cpus} cores, ${machine.memoryGb} GB, ${machine.system}, Node ${machine.node}, commit ${commits};`,
      `load when a measurement began: ${Math.min(...loads)} to ${Math.max(...loads)}.`,
    ],
    figures: [
      '| measurement | figure | median | min | quartiles | max | values | aim | |',
      '|---|---|---|---|---|---|---|---|---|',
      ...runs.flatMap(({ name, figures }) => figures.map((one) => rowOf(name, one))),
    ],
  };
  for (const { figures, name } of runs) {
    blocks[name] = figures.flatMap(({ notes, table, name: whose }) => [
      ...notes.map((note) => `- ${whose}: ${note}`),
      ...(table === undefined ? [] : ['', ...tableLines(table), '']),
    ]);
  }
  return blocks;
}

function rowOf(name: string, one: Results['runs'][number]['figures'][number]): string {
  const { min, q1, q3, max } = one.spread;
  const many = one.values.length > 1;
  const unit = one.unit === 'ratio' ? '' : ` ${one.unit}`;
  const cells = [
    name,
    one.name,
    `${shown(one.median)}${unit}`,
    ...(many ? [shown(min), `${shown(q1)} – ${shown(q3)}`, shown(max)] : ['', '', '']),
    String(one.values.length),
    aimOf(one),
    metOf(one),
  ];
  return `| ${cells.join(' | ')} |`;
}

function tableLines([head = [], ...rows]: readonly string[][]): string[] {
  const line = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`;
  return [line(head), line(head.map(() => '---')), ...rows.map(line)];
}

/** A measurement that the page has no place for is left to the table. */
function between(text: string, name: string, lines: readonly string[]): string {
  const [open, close] = [
    `<!-- ${name}: written by bench/write-doc.ts -->`,
    `<!-- end of ${name} -->`,
  ];
  const [from, to] = [text.indexOf(open), text.indexOf(close)];
  if (from < 0 || to < from) return text;
  return `${text.slice(0, from + open.length)}\n\n${lines.join('\n')}\n\n${text.slice(to)}`;
}
