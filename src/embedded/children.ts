// The children of an `up`: how each is started, when it is ready, and where it is written down.
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { z } from 'zod';
import type { Environment } from '../config/environment.ts';
import { hostFileSchema, hostPaths } from '../platforms/local/protocol.ts';
import { readJson, writeJson } from './data-folder.ts';
import type { Say } from './download.ts';
import { isAlive, processIdentity, type ProcessIdentity } from '../machine/process-identity.ts';
import { end, ownNode, type Program } from './running-process.ts';
import { awaitReadyLine, Supervised, type Watcher } from './supervised.ts';
import { StartFailure } from './start-failure.ts';
import {
  awaitServer,
  prepareNamespace,
  serverProgram,
  type TemporalServer,
} from './temporal-server.ts';

export type ChildName = 'temporal' | 'host' | 'worker' | 'hooks';

/**
 * Milliseconds that each child gets to end before it is killed. The local host needs up to 4.5 s, and must not be killed
 * before it has ended the services: they would go on without it.
 */
const GRACE_MS: Record<ChildName, number> = {
  worker: 2400,
  hooks: 2400,
  host: 15_000,
  temporal: 2000,
};

/** What runs instead of Fairlead's own programs: in tests, and in the demonstration. */
export interface StandIns {
  worker?: (env: Environment) => Program;
  host?: (env: Environment) => Program;
}

const child = z.exactOptional(processIdentity);
const childrenFile = z.object({
  temporal: child,
  worker: child,
  hooks: child,
  host: z.exactOptional(processIdentity.extend({ portOffset: z.number().default(0) })),
});

/** `<data>/children.json`: who was launched, so that the next `up` finds what a killed one left. */
export class ChildrenFile {
  readonly #path: string;
  #children: z.output<typeof childrenFile>;

  constructor(data: string) {
    this.#path = join(data, 'children.json');
    this.#children = readJson(this.#path, childrenFile) ?? {};
  }

  get(name: ChildName): ProcessIdentity | undefined {
    return this.#children[name];
  }

  get hostPortOffset(): number {
    return this.#children.host?.portOffset ?? 0;
  }

  /** Writes down who was launched. Called right after the launch: until then a killed `up` cannot find the child again. */
  record(name: ChildName, identity: ProcessIdentity, portOffset: number): void {
    const entry = name === 'host' ? { ...identity, portOffset } : identity;
    this.#children = { ...this.#children, [name]: entry };
    writeJson(this.#path, this.#children);
  }
}

/** Ends the server, the worker and the hooks that a killed `up` left behind. */
export async function endLeftovers(file: ChildrenFile, say: Say): Promise<void> {
  const names = {
    hooks: 'the hooks',
    worker: 'the worker',
    temporal: "Temporal's server",
  } as const;
  for (const name of ['hooks', 'worker', 'temporal'] as const) {
    const left = file.get(name);
    if (!left || !isAlive(left)) continue;
    say(`replacing ${names[name]} (pid ${left.pid}) that an earlier \`up\` left`);
    await endChild(name, left);
  }
}

/** SIGTERM, and SIGKILL once its time is over; resolves when it is gone. */
export async function endChild(name: ChildName, identity: ProcessIdentity): Promise<void> {
  if (isAlive(identity)) await end(identity, { graceMs: GRACE_MS[name] });
}

/** The local host of this data folder that lives, as it says itself or as it was written down at its launch. */
export function hostOf(file: ChildrenFile, data: string): ProcessIdentity | undefined {
  const candidates = [readJson(hostPaths(data).host, hostFileSchema), file.get('host')];
  return candidates.find((one) => one !== undefined && isAlive(one));
}

/** The local host that an earlier `up` left and that still lives. */
export function hostLeft(
  file: ChildrenFile,
  data: string,
  portOffset: number,
): ProcessIdentity | undefined {
  const left = hostOf(file, data);
  if (left && file.hostPortOffset !== portOffset) {
    throw new StartFailure(
      2,
      `the local host that an earlier \`up\` left (pid ${left.pid}) runs with --port-offset ${file.hostPortOffset}; start with the same, or stop it first: kill ${left.pid}`,
    );
  }
  return left;
}

export function temporalChild(
  server: TemporalServer,
  data: string,
  env: Environment,
  watcher: Watcher,
): Supervised {
  return new Supervised(
    {
      name: "Temporal's server",
      program: serverProgram(server, env),
      logFile: join(data, 'logs', 'temporal.log'),
      async ready(_identity, _output, signal) {
        await awaitServer(server, signal);
        await prepareNamespace(server, signal);
      },
      readyWithinMs: 60_000,
      failure: 5,
      graceMs: GRACE_MS.temporal,
    },
    watcher,
  );
}

export function hostChild(
  { data, portOffset, names }: { data: string; portOffset: number; names: readonly string[] },
  env: Environment,
  standIns: StandIns,
  watcher: Watcher,
): Supervised {
  const args = ['--data', data, '--port-offset', String(portOffset)];
  for (const name of names) args.push('--allowed-host', name);
  return new Supervised(
    {
      name: 'the local host',
      program: standIns.host?.(env) ?? ownNode('platforms/local/daemon', args, env),
      logFile: join(data, 'logs', 'host.log'),
      // Ready by its file and not by the line it prints: an adopted local host printed its line to an earlier `up`.
      async ready(identity, _output, signal) {
        for (;;) {
          const host = readJson(hostPaths(data).host, hostFileSchema);
          const isIt = host?.pid === identity.pid && host.startTime === identity.startTime;
          if (isIt && host.socket !== undefined) return;
          await sleep(50, undefined, { signal });
        }
      },
      readyWithinMs: 30_000,
      failure: 2,
      graceMs: GRACE_MS.host,
      hurryBy: 'SIGINT',
    },
    watcher,
  );
}

export function workerChild(
  data: string,
  env: Environment,
  standIns: StandIns,
  watcher: Watcher,
  /** Called at each start with the address of the worker's metrics. */
  serving: (metricsUrl: string | null) => void,
): Supervised {
  return new Supervised(
    {
      name: 'the worker',
      program: standIns.worker?.(env) ?? ownNode('worker', [], env),
      logFile: join(data, 'logs', 'worker.log'),
      async ready(_identity, output, signal) {
        const { metrics } = await awaitReadyLine(output, signal);
        serving(typeof metrics === 'string' ? metrics : null);
      },
      readyWithinMs: 90_000,
      failure: 5,
      graceMs: GRACE_MS.worker,
    },
    watcher,
  );
}

/** What takes alerts. */
export function hooksChild(
  data: string,
  env: Environment,
  watcher: Watcher,
  /** Called at each start with where alerts are posted, and where the token for that is. */
  serving: (where: { hooksUrl: string | null; hooksToken: string | null }) => void,
): Supervised {
  return new Supervised(
    {
      name: 'the hooks',
      program: ownNode('hooks', [], env),
      logFile: join(data, 'logs', 'hooks.log'),
      async ready(_identity, output, signal) {
        const { url, token } = await awaitReadyLine(output, signal);
        const [hooksUrl, hooksToken] = [url, token].map((one) =>
          typeof one === 'string' ? one : null,
        );
        serving({ hooksUrl: hooksUrl ?? null, hooksToken: hooksToken ?? null });
      },
      readyWithinMs: 30_000,
      failure: 2,
      graceMs: GRACE_MS.hooks,
    },
    watcher,
  );
}
