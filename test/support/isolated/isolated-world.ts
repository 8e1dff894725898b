// A system with live data, a folder of Fairlead's own and isolated targets, for tests with real namespaces.
import assert from 'node:assert/strict';
import { copyFile, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import type { IsolationPort, ServiceStart } from '../../../src/ports/isolation.ts';
import type { LivePlace } from '../../../src/domain/recovery/isolation.ts';
import type { RunRef } from '../../../src/domain/operation/operation.ts';
import type { Clock } from '../../../src/ports/clock.ts';
import { createIsolation } from '../../../src/platforms/local/isolation/isolation.ts';
import { waiting } from '../local-daemon.ts';

export const OWNER: RunRef = { workflowId: 'drill/shop', runId: 'run-1' };

const clock: Clock = {
  now: () => Date.now(),
  sleep: (ms, signal) => sleep(ms, undefined, { signal }),
};

export interface IsolatedWorld {
  isolation: IsolationPort;
  /** As another worker would have it. */
  another: () => IsolationPort;
  /** Of the system: `data/loans.csv` is live. */
  directory: string;
  /** Of Fairlead. */
  data: string;
  live: LivePlace & { kind: 'folder' };
  /** A folder of a copy, with `loans.csv`. */
  copy: string;
  opening: (target: string, live?: LivePlace[]) => Parameters<IsolationPort['open']>[0];
  open: (target: string, live?: LivePlace[]) => Promise<void>;
  service: (target: string, more?: Partial<ServiceStart>) => ServiceStart;
  /** What the service of `service` says. */
  asked: (target: string, path: string) => Promise<Record<string, unknown>>;
}

/** Undefined, and the test skipped, where the machine does not allow namespaces. */
export async function isolatedWorld(t: TestContext): Promise<IsolatedWorld | undefined> {
  const root = await mkdtemp(join(tmpdir(), 'fairlead-isolated-'));
  const directory = join(root, 'systems', 'shop');
  const data = join(directory, '.fairlead');
  const copy = join(data, 'copies', 'one', 'data-1');
  const another = (): IsolationPort =>
    createIsolation({
      folder: join(data, 'isolated'),
      hide: [data],
      copies: join(data, 'copies'),
      clock,
    });
  const isolation = another();
  t.after(async () => {
    for (const target of await isolation.list()) await isolation.close(target, waiting());
    await rm(root, { recursive: true, force: true });
  });
  const unable = await isolation.unable();
  if (unable !== undefined) {
    t.skip(`missing part: namespaces (${unable})`);
    return undefined;
  }
  for (const folder of [join(directory, 'data'), copy]) await mkdir(folder, { recursive: true });
  await writeFile(join(directory, 'data', 'loans.csv'), 'live\n');
  await copyFile(join(import.meta.dirname, 'isolated-service.mjs'), join(directory, 'service.mjs'));
  await writeFile(join(copy, 'loans.csv'), 'copy\n');
  await writeFile(join(data, 'secret'), 'of Fairlead');
  const live = { datastore: 'loans', kind: 'folder' as const, path: join(directory, 'data') };
  const opening: IsolatedWorld['opening'] = (target, places = [live]) => ({
    target,
    owner: OWNER,
    system: 'shop',
    directory,
    live: places,
  });
  return {
    ...{ isolation, another, directory, data, live, copy, opening },
    open: (target, places) => isolation.open(opening(target, places), waiting()),
    service: (target, more = {}) => ({
      target,
      service: 'api',
      command: [process.execPath, 'service.mjs'],
      directory,
      environment: {},
      copies: {},
      port: 8000,
      health: { path: '/health', timeoutMs: 2000 },
      deadlineMs: 20_000,
      ...more,
    }),
    asked: async (target, path) => {
      const request = { target, port: 8000, path, timeoutMs: 5000 };
      const { body } = await isolation.ask(request, waiting());
      const said: unknown = JSON.parse(body);
      assert.ok(typeof said === 'object' && said !== null);
      return { ...said };
    },
  };
}

/** A live server that says one line to everybody. */
export async function liveServer(
  t: TestContext,
  line: string,
  port = 0,
): Promise<LivePlace & { kind: 'address' }> {
  const server: Server = createServer((socket) => {
    socket.on('error', () => socket.destroy());
    socket.end(line);
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, '127.0.0.1', resolve);
  });
  t.after(() => server.close());
  const address = server.address();
  assert.ok(typeof address === 'object' && address !== null);
  return { datastore: 'orders', kind: 'address', host: '127.0.0.1', port: address.port };
}
