// The demo from an empty folder to its verdict: starts everything on free ports, plays, writes the reports,
// judges, and ends everything again. Called by main.ts.
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join, relative, resolve } from 'node:path';
import { withTemporalAt } from '../src/cli/temporal/connect.ts';
import type { Environment } from '../src/config/environment.ts';
import type { Report } from '../src/domain/record/report.ts';
import type { StandIns } from '../src/embedded/children.ts';
import { assertFree } from '../src/embedded/ports.ts';
import { startTimeOf } from '../src/machine/process-identity.ts';
import type { Program } from '../src/embedded/running-process.ts';
import { startEmbedded, type Embedded } from '../src/embedded/up.ts';
import { reportToHtml } from '../src/reports/html.ts';
import { reportToMarkdown } from '../src/reports/markdown.ts';
import { freshFolder } from './fresh.ts';
import type { Demonstration, Outside, Shown } from './demonstration.ts';
import type { Promised } from './promises.ts';
import type { Story } from './story.ts';
import { byVersion, type VersionTally } from './tally.ts';

const REPOSITORY = resolve(import.meta.dirname, '..');
/** The port of the service in its system file. */
const SERVICE_PORT = 8000;
const FIRST_OFFSET = 10_000;

export interface DemoOptions {
  demonstration: Demonstration;
  folder: string;
  story: Story;
  /** Gives up, and ends everything. */
  signal: AbortSignal;
  /** Ends the rest at once instead of letting it finish what it does. */
  hurry: AbortSignal;
  /** Waits while somebody looks around; without it everything ends at once. */
  lookAround?: (embedded: Embedded) => Promise<void>;
}

export interface DemoResult {
  promises: Promised[];
  versions: VersionTally[];
  /** Paths: a page to look at, Markdown and JSON of each operation. */
  reports: string[];
  tookMs: number;
}

export async function runDemo(options: DemoOptions): Promise<DemoResult> {
  const { demonstration, story, signal } = options;
  const data = await freshFolder(options.folder);
  const outside = await demonstration.begin?.(data, story, signal);
  try {
    return await onStage(options, data, outside);
  } finally {
    await outside?.end();
  }
}

async function onStage(
  options: DemoOptions,
  data: string,
  outside: Outside | undefined,
): Promise<DemoResult> {
  const { demonstration, story, signal } = options;
  const portOffset = await freeOffset();
  const own = demonstration.systems?.(data) ?? join(REPOSITORY, 'systems');
  story.tell('starting Temporal, the local host and a worker on free ports');
  const embedded = await startEmbedded({
    data,
    port: 0,
    metricsPort: 0,
    ...(demonstration.takesAlerts && { hooksPort: 0 }),
    portOffset,
    standIns: builtPrograms(data, portOffset),
    env: { ...process.env, ...outside?.env, FAIRLEAD_SYSTEMS: outside?.systems ?? own },
    say: (line) => {
      story.tell(line);
    },
    signal,
  });
  const pids = Object.values(embedded.pids());
  try {
    story.tell(`all of it is up; Temporal's Web UI is at ${embedded.uiUrl ?? 'no address'}`);
    const shown = await played(options, embedded, outside);
    const result = {
      promises: [...shown.promises],
      versions: byVersion(shown.answers),
      reports: writeReports(data, shown.reports),
      tookMs: Math.round(story.elapsedMs()),
    };
    tellResult(story, shown, result);
    if (options.lookAround) await options.lookAround(embedded);
    pids.push(...Object.values(embedded.pids()));
    await embedded.stop(options.hurry);
    result.promises.push(await nothingLeft(pids, SERVICE_PORT + portOffset));
    story.print(promiseLines(result.promises.slice(-1)));
    return result;
  } finally {
    await embedded.stop(options.hurry);
  }
}

async function played(
  { demonstration, story, signal }: DemoOptions,
  embedded: Embedded,
  outside: Outside | undefined,
): Promise<Shown> {
  const { address, namespace, taskQueue } = embedded;
  const found = { connection: { address }, namespace, taskQueue, source: 'the demo' };
  return await withTemporalAt(found, 'demo', (temporal) =>
    demonstration.play({ temporal, story, signal }, embedded, outside),
  );
}

/** Where nobody listens yet on what the service's port becomes. */
async function freeOffset(): Promise<number> {
  for (let offset = FIRST_OFFSET; ; offset += 1000) {
    try {
      await assertFree(SERVICE_PORT + offset, 'the service', 'stop that one');
      return offset;
    } catch (error) {
      if (offset >= FIRST_OFFSET + 30_000) throw error;
    }
  }
}

/** The worker and the local host run from dist when it is built, as users have them. */
function builtPrograms(data: string, portOffset: number): StandIns {
  const built = (entry: string): string => join(REPOSITORY, 'dist', `${entry}.js`);
  if (!existsSync(built('worker'))) return {};
  const program = (entry: string, args: string[], env: Environment): Program => ({
    command: process.execPath,
    args: [built(entry), ...args],
    env: { ...env },
  });
  const host = ['--data', data, '--port-offset', String(portOffset)];
  return {
    worker: (env) => program('worker', [], env),
    host: (env) => program('platforms/local/daemon', host, env),
  };
}

function writeReports(data: string, reports: readonly Report[]): string[] {
  const folder = join(data, 'reports');
  mkdirSync(folder, { recursive: true });
  return reports.flatMap((report) => {
    const path = join(folder, report.operation.replaceAll('/', '-'));
    writeFileSync(`${path}.html`, reportToHtml(report));
    writeFileSync(`${path}.md`, reportToMarkdown(report));
    writeFileSync(`${path}.json`, `${JSON.stringify(report, null, 2)}\n`);
    return [`${path}.html`, `${path}.md`, `${path}.json`];
  });
}

function tellResult(story: Story, { answers }: Shown, result: DemoResult): void {
  const failed = (one: VersionTally): string => {
    const counts = Object.entries(one.failed).map(([status, count]) => `${count} x ${status}`);
    return counts.length === 0 ? 'none failed' : `failed: ${counts.join(', ')}`;
  };
  story.heading(`What each of ${answers.length} requests saw`);
  story.print(
    result.versions.map(
      (one) =>
        `  ${(one.version || 'no version').padEnd(10)} ${String(one.answers).padStart(6)} answers, ${failed(one)}`,
    ),
  );
  story.heading('Reports (the .html ones are for a browser)');
  story.print(result.reports.map((path) => `  ${relative(process.cwd(), path)}`));
  story.heading('What was promised');
  story.print(promiseLines(result.promises));
}

function promiseLines(promises: readonly Promised[]): string[] {
  return promises.flatMap(({ held, promise, seen }) => [
    `  ${held ? '✔' : '✘'} ${promise}`,
    `      ${seen}`,
  ]);
}

async function nothingLeft(pids: readonly number[], port: number): Promise<Promised> {
  const left = pids.filter((pid) => startTimeOf(pid) !== undefined);
  const free = await assertFree(port, 'the service', '').then(
    () => true,
    () => false,
  );
  return {
    promise: 'nothing is left running',
    held: left.length === 0 && free,
    seen: left.length === 0 ? `port ${port} is free again` : `still there: ${left.join(', ')}`,
  };
}
