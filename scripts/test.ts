// Runs the tests: builds once, starts one Temporal server for all of them, stops it at the end.
// Usage: node --import tsx scripts/test.ts [--slow] [--shard I/N] [AREA or FILE ...]
//   AREA is a folder in test/, with those below it; nothing means all. --slow takes *.slow.ts instead of *.test.ts.
//   FAIRLEAD_SKIP_BUILD=1 takes dist as it is, also for the processes that tests start.
//   FAIRLEAD_REQUIRE_PARTS=all makes a skip for a missing part fail.
//   FAIRLEAD_TEST_AGAIN=N runs up to N files that failed once more, one at a time, and says which needed it.
import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, relative, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { clientEnvironment } from '../src/embedded/temporal-server.ts';
import { startTestServer, type TemporalForTests } from '../test/support/temporal-server.ts';
import { failedFiles } from './failed-files.ts';
import { filesOf, gathered, needServer } from './test-files.ts';

const root = resolve(import.meta.dirname, '..');
const stopping = new AbortController();
let running: ReturnType<typeof spawn> | undefined;

function stop(): void {
  stopping.abort();
  running?.kill('SIGTERM');
}
process.on('SIGINT', stop);
process.on('SIGTERM', stop);

const { values, positionals } = parseArgs({
  options: { slow: { type: 'boolean' }, shard: { type: 'string' } },
  allowPositionals: true,
});

process.exitCode = await main();

function isStopping(): boolean {
  return stopping.signal.aborted;
}

async function main(): Promise<number> {
  const suffix = values.slow === true ? '.slow.ts' : '.test.ts';
  const files = filesOf(positionals, suffix);
  if (files.length === 0) {
    console.error(`no file in test/**/*${suffix} matches ${positionals.join(' ') || 'anything'}`);
    return 2;
  }
  const built = await build();
  return built === 0 ? withServer(files) : built;
}

async function withServer(files: string[]): Promise<number> {
  const server = needServer(files) ? await serverOrWhy() : 'these tests are to need none';
  const work = mkdtempSync(join(tmpdir(), 'fairlead-tests-'));
  try {
    if (isStopping()) return 130;
    const tap = join(work, 'tap');
    const code = await runTests(files, tap, server);
    if (isStopping()) return 130;
    if (missingParts(tap)) return Math.max(code, 1);
    return code === 0 ? 0 : await again(failedFiles(readTap(tap), files, root), code, tap, server);
  } finally {
    if (typeof server !== 'string') await server.stop();
    rmSync(work, { recursive: true, force: true });
  }
}

async function serverOrWhy(): Promise<Awaited<ReturnType<typeof startTestServer>> | string> {
  return startTestServer(stopping.signal).catch((error: unknown) => {
    const why = error instanceof Error ? error.message : String(error);
    console.error(`NO TEMPORAL SERVER; tests that need one are skipped or fail.\n${why}`);
    return why;
  });
}

async function build(): Promise<number> {
  if (process.env['FAIRLEAD_SKIP_BUILD']) return 0;
  return node(['--import', 'tsx', 'scripts/build.ts'], process.env);
}

async function runTests(
  files: string[],
  tap: string,
  server: TemporalForTests | string,
  atATime?: number,
): Promise<number> {
  const reporters = [
    ...['--test-reporter=spec', '--test-reporter-destination=stdout'],
    ...['--test-reporter=tap', `--test-reporter-destination=${tap}`],
  ];
  // A server of the operator's own is never asked.
  const env = clientEnvironment(process.env, '127.0.0.1:1', dirname(tap));
  // The tests say themselves where their server is: what is unset must be seen to be unset.
  delete env['TEMPORAL_ADDRESS'];
  delete env['TEMPORAL_NAMESPACE'];
  if (existsSync(join(root, 'dist', 'client.js'))) env['FAIRLEAD_TEST_DIST'] = '1';
  if (typeof server === 'string') {
    env['FAIRLEAD_TEST_NO_TEMPORAL'] = server.split('\n')[0];
  } else {
    env['FAIRLEAD_TEST_TEMPORAL_ADDRESS'] = server.address;
    env['FAIRLEAD_TEST_TEMPORAL_CLI'] = server.cli;
    env['FAIRLEAD_TEST_UI_URL'] = server.uiUrl;
  }
  if (values.shard !== undefined) env['FAIRLEAD_TEST_SHARD'] = values.shard;
  // What is slow loads the machine by itself; the others wait more than they work.
  const usual = values.slow === true ? 2 : 3;
  const alone = values.slow === true || atATime === 1;
  const entries = alone ? files : gathered(files, dirname(tap));
  const run = ['--import', 'tsx', '--test', `--test-concurrency=${atATime ?? usual}`];
  return node([...run, ...reporters, ...entries], env);
}

/** What the run comes to once files that failed beside all others have run alone. */
async function again(
  failed: string[] | undefined,
  code: number,
  tap: string,
  server: TemporalForTests | string,
): Promise<number> {
  const most = Number(process.env['FAIRLEAD_TEST_AGAIN'] ?? 0);
  if (failed === undefined || failed.length === 0 || failed.length > most) return code;
  const names = failed.map((file) => `  ${relative(root, file)}`).join('\n');
  console.error(`\nFAILED ONCE, run again one at a time:\n${names}`);
  const second = await runTests(failed, tap, server, 1);
  if (second === 0) console.error(`\nUNSTEADY: failed once and passed alone:\n${names}`);
  return second;
}

function readTap(tap: string): string {
  return existsSync(tap) ? readFileSync(tap, 'utf8') : '';
}

/** Says every skip loudly; true when one of them may not be. */
function missingParts(tap: string): boolean {
  const skips = readTap(tap)
    .split('\n')
    .filter((line) => /^\s*ok .* # SKIP/.test(line));
  if (skips.length === 0) return false;
  console.error(`\nSKIPPED ${skips.length}:`);
  for (const line of skips) console.error(`  ${line.trim().replace(/^ok \d+ - /, '')}`);
  if (process.env['FAIRLEAD_REQUIRE_PARTS'] !== 'all') return false;
  const missing = skips.some((line) => line.includes('missing part'));
  if (missing)
    console.error('FAIRLEAD_REQUIRE_PARTS=all: a missing part is a failure; `npm run parts`');
  return missing;
}

async function node(args: string[], env: NodeJS.ProcessEnv): Promise<number> {
  const child = spawn(process.execPath, args, { cwd: root, stdio: 'inherit', env });
  running = child;
  return new Promise((done) => {
    child.once('exit', (code, signal) => {
      done(signal === null ? (code ?? 1) : 130);
    });
  });
}
