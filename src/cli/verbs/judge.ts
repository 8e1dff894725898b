// `fairlead judge FILE`: judges samples that a person has at hand, to try thresholds on them. Needs neither
// Temporal nor a worker.
import { readFile } from 'node:fs/promises';
import type { Command } from 'commander';
import type { JudgeFile } from '../../config/judge-file.ts';
import type { GroupsJudgement } from '../../domain/analysis/judge/judge-groups.ts';
import type { MetricJudgement } from '../../domain/analysis/judge/judge-metric.ts';
import type { Verdict } from '../../domain/analysis/verdict.ts';
import { EXIT, ExitError } from '../exit.ts';
import { columns, printJson, printText } from '../output/print.ts';

const CODES: Record<Verdict, number> = {
  pass: EXIT.done,
  fail: EXIT.failed,
  inconclusive: EXIT.inconclusive,
};

export function register(program: Command): void {
  program
    .command('judge')
    .argument('<file>', 'JSON, or - for the standard input')
    .description('judge samples of a new and a stable revision, to try thresholds')
    .option('--json', 'print the result as one JSON object on stdout')
    .allowExcessArguments(false)
    .addHelpText(
      'after',
      `
FILE is JSON, - is the standard input:
  {"experiment": [...], "control": [...], ...options}   one metric
  {"groups": {"errors": {"weight": 60, "metrics": [...]}}, "pass": 95, "marginal": 75}
Exit codes: 0 pass, 3 fail, 7 inconclusive, 2 bad input. Every option: docs/judge.md.

Examples:
  $ fairlead judge latency.json
  $ fairlead judge groups.json --json
  $ echo '{"experiment": [21, 25, 22], "control": [11, 10, 12], "minSamples": 3}' | fairlead judge -`,
    )
    .action(async (file: string, options: { json?: boolean }) => {
      await judge(file, options.json === true);
    });
}

async function judge(file: string, json: boolean): Promise<void> {
  const { readJudgeFile } = await import('../../config/judge-file.ts');
  const name = file === '-' ? 'standard input' : file;
  const read = readJudgeFile(await textOf(file, name), name);
  if (read.kind === 'unusable') {
    throw new ExitError(EXIT.badInput, read.mistakes.join('\n'));
  }
  const { result, lines } = await judged(read);
  if (json) printJson({ schema: 'fairlead/judge/v1', ...result });
  else printText(lines.join('\n'));
  const code = CODES[result.verdict];
  if (code !== EXIT.done) throw new ExitError(code, '');
}

async function judged(read: Exclude<JudgeFile, { kind: 'unusable' }>) {
  if (read.kind === 'metric') {
    const { judgeMetric } = await import('../../domain/analysis/judge/judge-metric.ts');
    const result = judgeMetric(read.metric);
    return { result, lines: metricLines(result) };
  }
  const { judgeGroups } = await import('../../domain/analysis/judge/judge-groups.ts');
  const result = judgeGroups(read.groups);
  return { result, lines: groupsLines(result) };
}

function metricLines({ verdict, reason }: MetricJudgement): string[] {
  return [verdict, `  ${reason}`];
}

function groupsLines(judged: GroupsJudgement): string[] {
  return [
    `${judged.verdict}  ${judged.class}, ${judged.reason}`,
    ...Object.entries(judged.groups).flatMap(([group, { score, weight }]) => [
      `${group}: score ${rounded(score)}, weight ${rounded(weight)}`,
      ...columns(
        judged.metrics
          .filter((one) => one.group === group)
          .map(({ verdict, name, reason }) => [`  ${verdict}`, name, reason]),
      ),
    ]),
  ];
}

function rounded(value: number): string {
  return String(Number(value.toFixed(2)));
}

async function textOf(file: string, name: string): Promise<string> {
  try {
    const bytes = file === '-' ? await standardInput() : await readFile(file);
    // A byte order mark is left out.
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    const hint = 'name a file of JSON in UTF-8, or - for the standard input';
    throw new ExitError(EXIT.badInput, `reading ${name}: ${why}; ${hint}`);
  }
}

async function standardInput(): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of process.stdin) {
    chunks.push(Buffer.isBuffer(chunk) ? chunk : Buffer.from(String(chunk)));
  }
  return Buffer.concat(chunks);
}
