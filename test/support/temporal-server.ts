// The Temporal server that tests share: the one that scripts/test.ts has started, or, when a test file is run
// alone, one of its own. A test that needs it skips loudly when Temporal's CLI cannot be had.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, type TestContext } from 'node:test';
import { freePorts } from '../../src/embedded/ports.ts';
import { end, launch, readLog } from '../../src/embedded/running-process.ts';
import { sentence } from '../../src/embedded/start-failure.ts';
import { findTemporalCli } from '../../src/embedded/temporal-cli.ts';
import {
  addressOf,
  awaitServer,
  keepClosedRuns,
  serverProgram,
  uiUrlOf,
} from '../../src/embedded/temporal-server.ts';

export interface TemporalForTests {
  address: string;
  uiUrl: string;
  cli: string;
}

const say = (line: string) => {
  process.stderr.write(`${line}\n`);
};

/** Started by `testServer` and by scripts/test.ts; whoever starts it stops it. */
export async function startTestServer(
  signal: AbortSignal,
): Promise<TemporalForTests & { stop: () => Promise<void> }> {
  const cli = await findTemporalCli({ env: process.env, say, signal });
  const [port = 0, uiPort = 0] = await freePorts(2);
  const data = mkdtempSync(join(tmpdir(), 'fairlead-temporal-'));
  const log = join(data, 'log');
  const server = {
    cli,
    port,
    uiPort,
    data,
    // Pausing a workflow is behind a flag, and operators may do it.
    dynamicConfig: ['frontend.WorkflowPauseEnabled=true'],
  };
  const running = await launch(serverProgram(server, process.env), log);
  const stop = async () => {
    await end(running.identity, 1500);
    rmSync(data, { recursive: true, force: true });
  };
  try {
    const patience = AbortSignal.any([signal, AbortSignal.timeout(60_000)]);
    const died = running.ended.then(({ how }) => {
      throw new Error(`Temporal's server ${how}: ${readLog(log, 0).slice(-2000)}`);
    });
    await Promise.race([died, awaitServer(server, patience)]);
    await keepClosedRuns(server, patience);
  } catch (error) {
    await stop();
    throw error;
  }
  return { address: addressOf(server), uiUrl: uiUrlOf(server), cli, stop };
}

let started: Promise<TemporalForTests> | undefined;

/** Rejects when Temporal's CLI cannot be had: use `temporalOrSkip` in a test. */
export function testServer(): Promise<TemporalForTests> {
  started ??= shared() ?? own();
  return started;
}

function shared(): Promise<TemporalForTests> | undefined {
  const address = process.env['FAIRLEAD_TEST_TEMPORAL_ADDRESS'];
  const cli = process.env['FAIRLEAD_TEST_TEMPORAL_CLI'];
  const uiUrl = process.env['FAIRLEAD_TEST_UI_URL'];
  if (!address || !cli || !uiUrl) return undefined;
  return Promise.resolve({ address, cli, uiUrl });
}

async function own(): Promise<TemporalForTests> {
  const server = await startTestServer(new AbortController().signal);
  after(() => server.stop());
  return server;
}

/** The server, or undefined after marking the test as skipped. */
export async function temporalOrSkip(t: TestContext): Promise<TemporalForTests | undefined> {
  try {
    return await testServer();
  } catch (error) {
    t.skip(`missing part: Temporal's CLI (${sentence(error).split('\n')[0] ?? ''})`);
    return undefined;
  }
}
