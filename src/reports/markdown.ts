// A report as Markdown, for people who ask afterwards what happened and who said so: the outcome first, then why.
import { fenced, plain, table } from '../domain/text/markdown.ts';
import type { Report } from '../domain/record/report.ts';
import {
  shown,
  type Block,
  type Fact,
  type Folded,
  type Section,
  type Table,
  type Word,
  type Words,
} from './document.ts';
import { factsOf, NAMELESS } from './head.ts';
import { sectionsOf } from './sections.ts';
import { decided, isDrill } from './wording.ts';

/** What a reader of a text wants first. What is not named here, the tables of a drill, follows the findings. */
const ORDER = [
  ...['leftovers', 'findings', 'plan', 'weights', 'measured', 'decisions', 'verdicts', 'compared'],
  ...['timeline', 'undo', 'messages', 'notices', 'timings', 'evidence'],
];

export function reportToMarkdown(report: Report): string {
  const { message } = report;
  const sections = sectionsOf(report).toSorted((a, b) => placeOf(a) - placeOf(b));
  return `${[
    `# ${headline(report)}`,
    ...(message === null ? [] : ['', plain(message)]),
    ...['', ...factLines(factsOf(report))],
    ...sections.flatMap(sectionLines),
  ].join('\n')}\n`;
}

function headline(report: Report): string {
  const name = plain(report.operation || NAMELESS);
  // Of a drill, the verdict is what everybody looks for.
  const verdict = isDrill(report) ? decided(report) : undefined;
  if (verdict !== undefined) return `Verdict: ${verdict} (${name})`;
  return `${name}: ${plain(report.outcome ?? 'still running')}`;
}

function placeOf({ id }: Section): number {
  const place = ORDER.indexOf(id);
  return place === -1 ? ORDER.indexOf('findings') + 0.5 : place;
}

export function sectionLines({ textTitle, blocks }: Section): string[] {
  const lines = shown(blocks).flatMap(blockLines);
  return lines.length === 0 ? [] : ['', `## ${textTitle}`, ...lines];
}

function blockLines(block: Block): string[] {
  switch (block.kind) {
    case 'paragraph':
      return ['', said(block.words)];
    case 'printed':
      return ['', ...fenced('text', block.text)];
    case 'list':
      return ['', ...block.lines.map((line) => `- ${plain(line)}`)];
    case 'facts':
      return ['', ...factLines(block.facts)];
    case 'table':
      return tableLines(block);
    case 'folded':
      return foldedLines(block);
    case 'figure':
      return block.table === undefined ? [] : foldedLines(block.table);
  }
}

function foldedLines({ table: whole }: Folded): string[] {
  const said = whole.titled === true ? [] : ['', `${plain(whole.caption)}:`];
  return [...said, ...tableLines(whole)];
}

function tableLines({ columns, rows }: Table): string[] {
  return [
    '',
    ...table(
      columns,
      rows.map(({ cells }) => cells.map(said)),
    ),
  ];
}

export function factLines(facts: readonly Fact[]): string[] {
  return table(
    ['', ''],
    facts.map(({ name, value }) => [name, said(value)]),
  );
}

function said(words: Words): string {
  if (typeof words === 'string') return plain(words);
  if (typeof words === 'number') return String(words);
  return 'as' in words ? saidWord(words) : words.map(said).join(' ');
}

function saidWord(word: Word): string {
  switch (word.as) {
    case 'code':
      return word.text === '' ? '' : `\`${plain(word.text)}\``;
    case 'time':
      return plain(word.at);
    case 'spread': {
      const { count, quartiles } = word.spread;
      const [, lower, median, upper] = quartiles;
      if (lower === undefined || median === undefined || upper === undefined) return 'no data';
      return plain(`${median} (${lower} to ${upper}) of ${count}`);
    }
    case 'small':
      return `(${plain(word.text)})`;
    case 'badge':
    case 'strong':
      return plain(word.text);
  }
}
