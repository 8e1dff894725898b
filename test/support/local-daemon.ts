// Starts the real local host as a process with a data folder of its own, and ends all of it after the test.
import assert from 'node:assert/strict';
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Waiting, WorkloadPort } from '../../src/activities/ports.ts';
import type {
  Fence,
  RevisionSpec,
  RevisionState,
  ServiceRef,
  Weights,
} from '../../src/domain/model.ts';
import { createLocalPlatform } from '../../src/platforms/local/adapter.ts';
import { hostFileSchema, hostPaths } from '../../src/platforms/local/protocol.ts';
import { entryArgs, ROOT } from './entry.ts';

const SERVICE = join(import.meta.dirname, 'plain-service.mjs');

/** Waiting for something that the outside world brings about. */
export async function eventually<T>(
  what: string,
  look: () => Promise<T | undefined | false> | T | undefined | false,
  ms = 20_000,
): Promise<T> {
  const until = Date.now() + ms;
  for (;;) {
    const found = await look();
    if (found !== undefined && found !== false) return found;
    if (Date.now() > until) throw new Error(`waited ${ms} ms in vain for ${what}`);
    await sleep(20);
  }
}

/** Restarts a revision and waits until all of it is new. */
export function restarted(
  workload: WorkloadPort,
  input: Parameters<WorkloadPort['restart']>[0],
): Promise<RevisionState> {
  return eventually('the restart to be through', async () => {
    const { state, done } = await workload.restart(input);
    return done && state;
  });
}

export function waiting(): Waiting {
  return { signal: AbortSignal.timeout(30_000), beat: () => undefined };
}

/** A revision of `plain-service.mjs`. */
export function plainSpec(
  service: ServiceRef,
  version: string,
  port: number,
  more: Partial<RevisionSpec> = {},
): RevisionSpec {
  return {
    ...service,
    id: `${version}-0123456789`,
    version,
    command: [process.execPath, SERVICE],
    directory: ROOT,
    files: [],
    configuration: {},
    bindings: [],
    host: '127.0.0.1',
    port,
    health: { path: '/health', interval: 100, timeout: 2000 },
    drain: 2000,
    ...more,
  };
}

/** Fences in order: each call is the next change of one operation. */
export function fences(epoch = 1, operation = 'deploy/shop/api/v2'): (step?: string) => Fence {
  let sequence = 0;
  return (step = 'step') => ({ operation, step, epoch, sequence: (sequence += 1) });
}

export function weightsOf(...shares: [spec: RevisionSpec, percent: number][]): Weights {
  return shares.map(([spec, percent]) => ({ revision: spec.id, version: spec.version, percent }));
}

export class TestHost {
  readonly data: string;
  readonly #args: string[];
  #child: ChildProcess | undefined;
  output = '';

  private constructor(data: string, args: string[]) {
    this.data = data;
    this.#args = args;
  }

  static async start(args: string[] = []): Promise<TestHost> {
    const host = new TestHost(await mkdtemp(join(tmpdir(), 'fairlead-host-')), args);
    await host.begin();
    return host;
  }

  get platform() {
    const { host, token } = hostPaths(this.data);
    return createLocalPlatform({ hostFile: host, tokenFile: token });
  }

  get pid(): number {
    assert.ok(this.#child?.pid);
    return this.#child.pid;
  }

  async url(): Promise<string> {
    return hostFileSchema.parse(JSON.parse(await readFile(hostPaths(this.data).host, 'utf8'))).url;
  }

  async token(): Promise<string> {
    return (await readFile(hostPaths(this.data).token, 'utf8')).trim();
  }

  spawn(data = this.data): ChildProcess {
    const child = spawn(
      process.execPath,
      [...entryArgs('platforms/local/daemon'), '--data', data, ...this.#args],
      {
        cwd: ROOT,
        env: { ...process.env, PLANTED_SECRET: 'hush', NOT_FOR_SERVICES: 'leak' },
        stdio: ['ignore', 'pipe', 'pipe'],
      },
    );
    child.stdout.on('data', (chunk) => (this.output += String(chunk)));
    child.stderr.on('data', (chunk) => (this.output += String(chunk)));
    return child;
  }

  async begin(): Promise<void> {
    const child = this.spawn();
    this.#child = child;
    await eventually('the local host to be ready', async () => {
      assert.equal(child.exitCode, null, this.output);
      const found = await readFile(hostPaths(this.data).host, 'utf8').catch(() => '');
      return found.includes(`"pid":${child.pid ?? 0},`);
    });
  }

  async kill(signal: NodeJS.Signals): Promise<void> {
    const child = this.#child;
    if (!child || child.exitCode !== null || child.signalCode !== null) return;
    const exit = once(child, 'exit');
    child.kill(signal);
    await exit;
  }

  async end(): Promise<void> {
    await this.kill('SIGTERM');
    await rm(this.data, { recursive: true, force: true, maxRetries: 5 });
  }

  /** A revision, created and ready. */
  async ready(spec: RevisionSpec, replicas: number, fence: Fence): Promise<void> {
    await this.platform.workload.ensure({ spec, replicas, fence }, waiting());
    await eventually(`${spec.id} to be ready`, async () => {
      const states = await this.platform.workload.revisions(spec);
      return states.some((one) => one.spec.id === spec.id && one.ready === replicas);
    });
  }
}
