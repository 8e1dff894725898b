// The embedded default: Temporal's dev server, the local host and a worker as processes, over one data folder.
// Used by `fairlead up`, by the demo (on free ports) and by end-to-end tests.
import { join } from 'node:path';
import { workerSettings, type Environment, type WorkerSettings } from '../config/environment.ts';
import {
  ChildrenFile,
  endLeftovers,
  hostChild,
  hooksChild,
  hostLeft,
  temporalChild,
  workerChild,
  type ChildName,
  type StandIns,
} from './children.ts';
import { lockDataFolder, prepareDataFolder } from './data-folder.ts';
import type { Say } from './download.ts';
import { closeToOthers } from '../machine/own-umask.ts';
import { ownIdentity } from '../machine/process-identity.ts';
import { announce, prepareServer, uiUrlOf, type Opened, type ServerOptions } from './own-server.ts';
import { StartFailure } from './start-failure.ts';
import { UpRecord, type UpFile } from './up-record.ts';
import type { Supervised, Watcher } from './supervised.ts';
import { addressOf, clientEnvironment, type TemporalServer } from './temporal-server.ts';

export interface EmbeddedOptions extends ServerOptions {
  /** The data folder; made when it is not there. */
  data: string;
  /** Somebody chose that folder: it is not the one that lies where `up` was started. */
  named?: boolean;
  /** Added to every port that the local host opens. */
  portOffset?: number;
  /** Whatever this process writes from now on is its user's alone, whatever its umask. */
  closed?: boolean;
  /** The port of the worker's metrics; without it FAIRLEAD_METRICS_PORT, else a free one at each start of the worker. */
  metricsPort?: number;
  /** Where alerts are taken, 0 for a free port; without it they are not. */
  hooksPort?: number;
  env?: Environment;
  /** Gets a line for each thing worth knowing. */
  say?: Say;
  /** Aborts the start. */
  signal?: AbortSignal;
  standIns?: StandIns;
}

export interface Embedded extends UpFile {
  /** Pids of the processes that run now, without a server that `up` did not start. */
  pids(): Partial<Record<ChildName, number>>;
  /** Ends all processes, the worker first, as a rule within 8 s; without draining when `hurry` fires. */
  stop(hurry?: AbortSignal): Promise<void>;
}

const HOOKS_TOKEN = 'FAIRLEAD_HOOKS_TOKEN';
/** The worker ends first, for what it finishes needs the others; those do not need each other. */
const STOP_ORDER: readonly (readonly ChildName[])[] = [
  ['hooks', 'worker'],
  ['host', 'temporal'],
];

/** Resolves when everything is ready. Throws StartFailure or SettingsError, and leaves nothing running. */
export async function startEmbedded(options: EmbeddedOptions): Promise<Embedded> {
  const env = options.env ?? process.env;
  // Looked at before anything is touched: a mistake in the environment costs nothing.
  const settings = workerSettings(env);
  const external = externalAddress(options, env);
  if (options.closed === true) closeToOthers();
  const data = prepareDataFolder(options.data, options);
  const lock = lockDataFolder(data);
  const children = new Map<ChildName, Supervised>();
  const opened: Opened = {};
  const file = new UpRecord(join(data, 'up.json'));
  // An `up` that was killed left it; what it says is out of date.
  file.remove();
  const stop = async (hurry?: AbortSignal) => {
    file.remove();
    opened.ui?.close();
    for (const names of STOP_ORDER) {
      const ends = names.map(async (name) => children.get(name)?.stop(hurry));
      await Promise.all(ends);
    }
    opened.temporal?.close();
    lock.release();
  };
  try {
    const server = await startAll({
      ...{ options, env, settings, external, data, children, opened, file },
    });
    const up = file.write({ ...whereIs(server, opened, { env, settings, external }), data });
    const pids = () => pidsOf(children);
    let stopped: Promise<void> | undefined;
    return { ...up, pids, stop: (hurry) => (stopped ??= stop(hurry)) };
  } catch (error) {
    // What an earlier `up` ran for its users goes on; what was started here does not.
    const host = children.get('host');
    if (host?.adopted) {
      host.leave();
      children.delete('host');
    }
    await stop();
    throw error;
  }
}

/** What others read of it. */
function whereIs(
  server: TemporalServer | undefined,
  { ui, uiKey }: Opened,
  { env, settings, external = '' }: Pick<Start, 'env' | 'settings' | 'external'>,
): Omit<UpFile, 'metricsUrl' | 'hooksUrl' | 'hooksToken' | 'data'> {
  const people = {
    uiUrl: ui ? uiUrlOf(settings, ui, uiKey) : null,
    uiKey: uiKey?.key ?? null,
  };
  const rest = { ...people, taskQueue: settings.taskQueue, ...ownIdentity() };
  if (server === undefined) {
    const namespace = env['TEMPORAL_NAMESPACE'] ?? 'default';
    return { ...rest, address: external, profile: null, namespace };
  }
  const profile = server.private?.profile ?? null;
  return { ...rest, address: addressOf(server), profile, namespace: 'default' };
}

interface Start {
  options: EmbeddedOptions;
  env: Environment;
  settings: WorkerSettings;
  external: string | undefined;
  data: string;
  children: Map<ChildName, Supervised>;
  opened: Opened;
  file: UpRecord;
}

/** Starts the server and the local host side by side, then the worker. Returns the server if it is ours. */
async function startAll(start: Start): Promise<TemporalServer | undefined> {
  const { options, settings, external, data, children } = start;
  const say = options.say ?? (() => undefined);
  const signal = options.signal ?? new AbortController().signal;
  const portOffset = options.portOffset ?? 0;
  const file = new ChildrenFile(data);
  const watch = (name: ChildName): Watcher => ({
    say,
    launched: (identity) => {
      file.record(name, identity, portOffset);
    },
  });
  const left = hostLeft(file, data, portOffset);
  await endLeftovers(file, say);
  const server = external === undefined ? await prepareServer(start, say, signal) : undefined;
  const env = childEnvironment(start, server);
  const standIns = options.standIns ?? {};

  const hostArgs = { data, portOffset, names: settings.allowedHosts };
  const host = hostChild(hostArgs, env, standIns, watch('host'));
  const first = [startChild('host', host, left)];
  if (left) say(`adopting the local host (pid ${left.pid}) that an earlier \`up\` left`);
  if (server) {
    announce(server, say);
    first.push(startChild('temporal', temporalChild(server, data, env, watch('temporal'))));
  }
  // All of them end before anything is thrown, so that no start goes on behind a stop.
  const failed = (await Promise.allSettled(first)).find((one) => one.status === 'rejected');
  if (failed) throw failed.reason;
  say('starting the worker ...');
  const serving = (url: string | null): void => {
    start.file.serving({ metricsUrl: url });
  };
  await startChild('worker', workerChild(data, env, standIns, watch('worker'), serving));
  if (options.hooksPort !== undefined) {
    const hooks = { ...env, ...tokenOf(start.env), FAIRLEAD_HOOKS_PORT: String(options.hooksPort) };
    const told = (where: Pick<UpFile, 'hooksUrl' | 'hooksToken'>): void => {
      start.file.serving(where);
    };
    await startChild('hooks', hooksChild(data, hooks, watch('hooks'), told));
  }
  return server;

  async function startChild(
    name: ChildName,
    child: Supervised,
    adopted?: { pid: number; startTime: number },
  ): Promise<void> {
    await child.start(signal, adopted);
    children.set(name, child);
  }
}

function externalAddress(options: EmbeddedOptions, env: Environment): string | undefined {
  const address = env['TEMPORAL_ADDRESS'];
  if (options.port !== undefined || address === undefined || address === '') return undefined;
  if (options.private === true) {
    throw new StartFailure(
      2,
      `--private is for a server of our own, and TEMPORAL_ADDRESS says to use ${address}; give --port too, or leave --private out`,
    );
  }
  if (options.uiPort === undefined) return address;
  throw new StartFailure(
    2,
    `--ui-port is for a server of our own, and TEMPORAL_ADDRESS says to use ${address}; give --port too, or leave --ui-port out`,
  );
}

function childEnvironment(start: Start, server: TemporalServer | undefined): Environment {
  const { data, options } = start;
  const { [HOOKS_TOKEN]: _, ...env } = start.env;
  const asked = options.metricsPort ?? (env['FAIRLEAD_METRICS_PORT'] || 0);
  const more = { FAIRLEAD_DATA: data, FAIRLEAD_METRICS_PORT: String(asked) };
  if (!server) return { ...env, ...more };
  const { client } = server.private ?? {};
  return { ...clientEnvironment(env, addressOf(server), data, client), ...more };
}

/** The token for alerts is for nobody but the hooks. */
function tokenOf(env: Environment): Environment {
  const token = env[HOOKS_TOKEN];
  return token === undefined ? {} : { [HOOKS_TOKEN]: token };
}

function pidsOf(children: Map<ChildName, Supervised>): Partial<Record<ChildName, number>> {
  const pids: Partial<Record<ChildName, number>> = {};
  for (const [name, child] of children) if (child.pid !== undefined) pids[name] = child.pid;
  return pids;
}
