// Starts the real local host as a process with a data folder of its own, and ends all of it after the test.
import assert from 'node:assert/strict';
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { request, type IncomingMessage } from 'node:http';
import { text } from 'node:stream/consumers';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type {
  EpochToken,
  ProcessProgram,
  RevisionSpec,
  RevisionState,
  ServiceRef,
  Weights,
} from '../../src/domain/rollout/model.ts';
import { localServices } from '../../src/platforms/local/adapter.ts';
import { hostFileSchema, hostPaths } from '../../src/platforms/local/protocol.ts';
import { calledByName, waiting, type CalledPlatform } from './called-platform.ts';
import { entryArgs, ROOT } from './entry.ts';
import { PATIENCE_MS } from './patience.ts';

export { waiting };

const SERVICE = join(import.meta.dirname, 'plain-service.mjs');

/** Waiting for something that the outside world brings about. */
export async function eventually<T>(
  what: string,
  look: () => Promise<T | undefined | false> | T | undefined | false,
  ms = PATIENCE_MS,
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
  workload: CalledPlatform['workload'],
  input: Parameters<CalledPlatform['workload']['restart']>[0],
): Promise<RevisionState> {
  return eventually('the restart to be through', async () => {
    const { state, done } = await workload.restart(input);
    return done && state;
  });
}

/** A revision of `plain-service.mjs`. */
export function plainSpec(
  service: ServiceRef,
  version: string,
  port: number,
  { command, directory, files, ...more }: Partial<RevisionSpec & ProcessProgram> = {},
): RevisionSpec {
  return {
    ...service,
    id: `${version}-0123456789`,
    version,
    program: {
      kind: 'process',
      command: command ?? [process.execPath, SERVICE],
      directory: directory ?? ROOT,
      files: files ?? [],
      host: '127.0.0.1',
      port,
    },
    configuration: {},
    bindings: [],
    health: { path: '/health', interval: 100, timeout: 2000 },
    drain: 2000,
    ...more,
  };
}

/** Epoch tokens in order: each call is the next change of one operation. */
export function tokens(epoch = 1, operation = 'deploy/shop/api/v2'): (step?: string) => EpochToken {
  let sequence = 0;
  return (step = 'step') => ({ operation, step, epoch, sequence: (sequence += 1) });
}

export function weightsOf(...shares: [spec: RevisionSpec, percent: number][]): Weights {
  return shares.map(([spec, percent]) => ({ revision: spec.id, version: spec.version, percent }));
}

export class TestHost {
  readonly data: string;
  readonly #args: string[];
  readonly #env: NodeJS.ProcessEnv;
  #child: ChildProcess | undefined;
  output = '';

  private constructor(data: string, args: string[], env: NodeJS.ProcessEnv) {
    this.data = data;
    this.#args = args;
    this.#env = env;
  }

  /** In a new folder unless `data` names one. */
  static async start(
    args: string[] = [],
    data?: string,
    env: NodeJS.ProcessEnv = {},
  ): Promise<TestHost> {
    const host = new TestHost(data ?? (await mkdtemp(join(tmpdir(), 'fairlead-host-'))), args, env);
    await host.begin();
    return host;
  }

  get platform(): CalledPlatform {
    return calledByName(localServices(this.data));
  }

  get pid(): number {
    assert.ok(this.#child?.pid);
    return this.#child.pid;
  }

  async url(): Promise<string> {
    return hostFileSchema.parse(JSON.parse(await readFile(hostPaths(this.data).host, 'utf8'))).url;
  }

  /** A mark for one request to the service as its users ask it. */
  async mark(service: ServiceRef): Promise<Record<string, string>> {
    return this.platform.traffic.mark(service);
  }

  /** What the control socket answers to a verb, asked by hand. */
  async byHand(verb: string, body: object): Promise<{ status: number; text: string }> {
    const file: unknown = JSON.parse(await readFile(hostPaths(this.data).host, 'utf8'));
    const { socket = '' } = hostFileSchema.parse(file);
    const outgoing = request({ socketPath: socket, method: 'POST', path: `/v1/${verb}` });
    outgoing.end(JSON.stringify(body));
    const [response] = (await once(outgoing, 'response')) as [IncomingMessage];
    return { status: response.statusCode ?? 0, text: await text(response) };
  }

  spawn(data = this.data): ChildProcess {
    const child = spawn(
      process.execPath,
      [...entryArgs('platforms/local/daemon'), '--data', data, ...this.#args],
      {
        cwd: ROOT,
        env: { ...process.env, ...this.#env, PLANTED_SECRET: 'hush', NOT_FOR_SERVICES: 'leak' },
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
  async ready(spec: RevisionSpec, replicas: number, token: EpochToken): Promise<void> {
    await this.platform.workload.ensure({ spec, replicas, token }, waiting());
    await eventually(`${spec.id} to be ready`, async () => {
      const states = await this.platform.workload.revisions(spec);
      return states.some((one) => one.spec.id === spec.id && one.ready === replicas);
    });
  }
}
