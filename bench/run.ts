// Measures Fairlead: `npm run bench`. One file beside this one per measurement; none is part of `npm test`.
// Usage: node --import tsx bench/run.ts [NAME ...] [--json] [--rounds N] [--out FILE]
//   NAME is a measurement, by its letter or its name; none means all. Needs `npm run build`.
//   --rounds N takes N values where a measurement has its own number of them.
//   --out FILE writes the results there; figures of measurements that did not run stay as they are in it.
import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { cpus, loadavg, totalmem } from 'node:os';
import { resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { startTestServer } from '../test/support/temporal-server.ts';
import { MissingPart, type Measure, type Stage } from './figure.ts';
import { merged, resultsSchema, type Results, type Run } from './results.ts';
import { tableOf } from './show.ts';

interface Entry {
  letter: string;
  name: string;
  load: () => Promise<Measure>;
}

// Loaded when their turn comes: what one of them imports must not weigh on another.
const MEASUREMENTS: readonly Entry[] = [
  { letter: 'a', name: 'overhead', load: async () => (await import('./overhead.ts')).overhead },
  { letter: 'b', name: 'events', load: async () => (await import('./events.ts')).events },
  { letter: 'c', name: 'approval', load: async () => (await import('./approval.ts')).approval },
  {
    letter: 'd',
    name: 'worker-kill',
    load: async () => (await import('./worker-kill.ts')).workerKill,
  },
  {
    letter: 'e',
    name: 'bad-metric',
    load: async () => (await import('./bad-metric.ts')).badMetric,
  },
  { letter: 'f', name: 'many', load: async () => (await import('./many.ts')).many },
  { letter: 'g', name: 'proxy', load: async () => (await import('./proxy.ts')).proxy },
  {
    letter: 'h',
    name: 'command-line',
    load: async () => (await import('./command-line.ts')).commandLine,
  },
  { letter: 'i', name: 'judge', load: async () => (await import('./judge.ts')).judge },
  {
    letter: 'j',
    name: 'switch-back',
    load: async () => (await import('./switch-back.ts')).switchBack,
  },
  { letter: 'k', name: 'backups', load: async () => (await import('./backups.ts')).backups },
  { letter: 'l', name: 'drills', load: async () => (await import('./drills.ts')).drills },
  { letter: 'm', name: 'stop', load: async () => (await import('./stop-many.ts')).stopMany },
  { letter: 'n', name: 'exchange', load: async () => (await import('./exchange.ts')).exchange },
  { letter: 'o', name: 'runbook', load: async () => (await import('./runbook.ts')).runbook },
  { letter: 'p', name: 'alert', load: async () => (await import('./alert.ts')).alert },
  {
    letter: 'q',
    name: 'kubernetes',
    load: async () => (await import('./kubernetes.ts')).kubernetes,
  },
];

const { values, positionals } = parseArgs({
  options: {
    json: { type: 'boolean' },
    rounds: { type: 'string' },
    out: { type: 'string' },
  },
  allowPositionals: true,
});
// The processes that measurements start run from dist, as users have them.
process.env['FAIRLEAD_TEST_DIST'] = '1';

const stopping = new AbortController();
for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.once(signal, () => {
    stopping.abort();
  });
}

process.exitCode = await main();
// What a measurement that failed left open must not keep this process.
process.exit();

async function main(): Promise<number> {
  const wanted = chosen(positionals);
  if (wanted === undefined) return 2;
  let server: ReturnType<typeof startTestServer> | undefined;
  const stage: Stage = {
    server: async () => {
      const found = await (server ??= startTestServer(stopping.signal));
      process.env['FAIRLEAD_TEST_TEMPORAL_CLI'] = found.cli;
      return found;
    },
    rounds: (usual) => (values.rounds === undefined ? usual : Number(values.rounds)),
    say,
  };
  try {
    const runs: Run[] = [];
    for (const entry of wanted) {
      if (stopping.signal.aborted) break;
      runs.push(await measured(entry, stage));
    }
    return report(runs);
  } finally {
    await (await server?.catch(() => undefined))?.stop();
  }
}

async function measured({ name, load }: Entry, stage: Stage): Promise<Run> {
  const started = Date.now();
  const run: Run = {
    name,
    at: new Date(started).toISOString(),
    commit: commit(),
    load: oneMinuteLoad(),
    seconds: 0,
    figures: [],
  };
  say(`${name} ...`);
  try {
    const measure = await load();
    run.figures = (await measure(stage)).map((one) => ({ of: name, ...one }));
  } catch (error) {
    if (error instanceof MissingPart) run.missing = error.message;
    else run.failed = error instanceof Error ? (error.stack ?? error.message) : String(error);
    say(
      `${name} ${run.missing === undefined ? 'FAILED' : 'LEFT OUT'}: ${run.missing ?? run.failed ?? ''}`,
    );
  }
  run.seconds = Math.round((Date.now() - started) / 100) / 10;
  say(`${name}: ${run.seconds} s`);
  return run;
}

function report(runs: Run[]): number {
  const results: Results = { schema: 'fairlead/bench/v1', machine: machine(), runs };
  if (values.out !== undefined) {
    const before = existsSync(values.out)
      ? resultsSchema.parse(JSON.parse(readFileSync(values.out, 'utf8')))
      : undefined;
    const order = MEASUREMENTS.map(({ name }) => name);
    writeFileSync(values.out, `${JSON.stringify(merged(before, results, order), null, 1)}\n`);
  }
  console.log(values.json === true ? JSON.stringify(results) : tableOf(runs));
  const missed = runs.some(
    ({ failed, figures }) => failed !== undefined || figures.some(({ met }) => met === false),
  );
  return missed ? 1 : 0;
}

function chosen(names: readonly string[]): readonly Entry[] | undefined {
  if (!existsSync(resolve(import.meta.dirname, '../dist/workflow-bundle.js'))) {
    say('dist is not there: npm run build');
    return undefined;
  }
  const unknown = names.find((name) => !MEASUREMENTS.some((one) => isMeant(one, name)));
  if (unknown !== undefined) {
    const all = MEASUREMENTS.map(({ letter, name }) => `${letter} ${name}`).join(', ');
    say(`there is no measurement ${unknown}; there are ${all}`);
    return undefined;
  }
  if (names.length === 0) return MEASUREMENTS;
  return MEASUREMENTS.filter((one) => names.some((name) => isMeant(one, name)));
}

function isMeant({ letter, name }: Entry, asked: string): boolean {
  return asked === letter || asked === name;
}

function machine(): Results['machine'] {
  return {
    cpus: cpus().length,
    memoryGb: Math.round(totalmem() / 2 ** 30),
    node: process.version,
    system: `${process.platform} ${process.arch}`,
  };
}

function commit(): string {
  try {
    return execFileSync('git', ['rev-parse', '--short', 'HEAD'], { encoding: 'utf8' }).trim();
  } catch {
    return 'unknown';
  }
}

function oneMinuteLoad(): number {
  return Math.round((loadavg()[0] ?? 0) * 10) / 10;
}

/** Progress; what comes out is on stdout. */
function say(line: string): void {
  process.stderr.write(`${line}\n`);
}
