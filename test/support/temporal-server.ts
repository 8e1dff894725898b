// The Temporal server that tests share: scripts/test.ts starts it, stops it, and says by the environment where it
// is, or why there is none. Then a test that needs Temporal's CLI itself skips loudly; any other one fails.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { freePorts } from './free-ports.ts';
import { end, launch, readLog } from '../../src/embedded/running-process.ts';
import { findTemporalCli } from '../../src/embedded/temporal-cli.ts';
import {
  addressOf,
  awaitServer,
  prepareNamespace,
  serverProgram,
} from '../../src/embedded/temporal-server.ts';
import { PATIENCE_MS } from './patience.ts';

export interface TemporalForTests {
  address: string;
  uiUrl: string;
  cli: string;
}

const say = (line: string) => {
  process.stderr.write(`${line}\n`);
};

/** For scripts/test.ts. Whoever starts it stops it. */
export async function startTestServer(
  signal: AbortSignal,
): Promise<TemporalForTests & { pid: number; stop: () => Promise<void> }> {
  const cli = await findTemporalCli({ env: process.env, say, signal });
  const [port = 0, uiPort = 0] = await freePorts(2);
  const data = mkdtempSync(join(tmpdir(), 'fairlead-temporal-'));
  const log = join(data, 'log');
  const server = {
    cli,
    port,
    uiHost: '127.0.0.1',
    uiPort,
    data,
    dynamicConfig: [
      // Pausing a workflow is behind a flag, and operators may do it.
      'frontend.WorkflowPauseEnabled=true',
      // Each worker of a test has task queues of its own, and a tenth of the server's time went into their metrics.
      'metrics.breakdownByTaskQueue=false',
      'metrics.breakdownByPartition=false',
    ],
  };
  const running = await launch(serverProgram(server, process.env), log);
  const stop = async () => {
    await end(running.identity, { graceMs: 1500 });
    rmSync(data, { recursive: true, force: true });
  };
  try {
    const patience = AbortSignal.any([signal, AbortSignal.timeout(PATIENCE_MS)]);
    const died = running.ended.then(({ how }) => {
      throw new Error(`Temporal's server ${how}: ${readLog(log, 0).slice(-2000)}`);
    });
    await Promise.race([died, awaitServer(server, patience)]);
    await prepareNamespace(server, patience);
  } catch (error) {
    await stop();
    throw error;
  }
  const { pid } = running.identity;
  return {
    address: addressOf(server),
    uiUrl: `http://${server.uiHost}:${server.uiPort}`,
    cli,
    pid,
    stop,
  };
}

/** Rejects when there is none: `temporalOrSkip` is for tests of what cannot be without Temporal's CLI. */
export async function testServer(): Promise<TemporalForTests> {
  const address = process.env['FAIRLEAD_TEST_TEMPORAL_ADDRESS'];
  const cli = process.env['FAIRLEAD_TEST_TEMPORAL_CLI'];
  const uiUrl = process.env['FAIRLEAD_TEST_UI_URL'];
  if (address && cli && uiUrl) return { address, cli, uiUrl };
  throw new Error(
    missing() ??
      'this test needs a Temporal server: run it by `npm test -- FILE`, which starts one',
  );
}

/** Why scripts/test.ts could start none. */
function missing(): string | undefined {
  const why = process.env['FAIRLEAD_TEST_NO_TEMPORAL'];
  return why && `missing part: Temporal's CLI (${why})`;
}

/** The server, or undefined after marking the test as skipped. */
export async function temporalOrSkip(t: TestContext): Promise<TemporalForTests | undefined> {
  const why = missing();
  if (why === undefined) return await testServer();
  t.skip(why);
  return undefined;
}
