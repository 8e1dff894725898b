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
import { hostInUrl } from '../machine/host-in-url.ts';
import { withCache, type Say } from './download.ts';
import { assertFree, freePorts } from './ports.ts';
import { listPages } from '../workflows/messages.ts';
import { hiddenLoopback, openDoor, type Door } from '../machine/http-door.ts';
import { ownIdentity } from '../machine/process-identity.ts';
import { sentence, StartFailure } from './start-failure.ts';
import { warnOfOthers } from './other-users.ts';
import { UpRecord, type UpFile } from './up-record.ts';
import type { Supervised, Watcher } from './supervised.ts';
import { findTemporalCli, SOURCES, type Source } from './temporal-cli.ts';
import { addressOf, clientEnvironment, type TemporalServer } from './temporal-server.ts';

export interface EmbeddedOptions {
  /** The data folder; made when it is not there. */
  data: string;
  /** Somebody chose that folder: it is not the one that lies where `up` was started. */
  named?: boolean;
  /** The port of a server of our own, 0 for a free one. Without it TEMPORAL_ADDRESS's server, else one of our own on 7233. */
  port?: number;
  /** Without it, `port` + 1000. */
  uiPort?: number;
  /** Added to every port that the local host opens. */
  portOffset?: number;
  /** The port of the worker's metrics; without it FAIRLEAD_METRICS_PORT, else a free one at each start of the worker. */
  metricsPort?: number;
  /** Where alerts are taken, 0 for a free port; without it they are not. */
  hooksPort?: number;
  /** `key=value` for the server's dynamic configuration. */
  dynamicConfig?: string[];
  env?: Environment;
  /** Gets a line for each thing worth knowing. */
  say?: Say;
  /** Aborts the start. */
  signal?: AbortSignal;
  standIns?: StandIns;
  cliSources?: readonly Source[];
}

export interface Embedded extends UpFile {
  /** Pids of the processes that run now, without a server that `up` did not start. */
  pids(): Partial<Record<ChildName, number>>;
  /** Ends all processes, the worker first, as a rule within 8 s; without draining when `hurry` fires. */
  stop(hurry?: AbortSignal): Promise<void>;
}

const DEFAULT_PORT = 7233;
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
  const data = prepareDataFolder(options.data, options);
  const lock = lockDataFolder(data);
  const children = new Map<ChildName, Supervised>();
  const doors: Door[] = [];
  const file = new UpRecord(join(data, 'up.json'));
  // An `up` that was killed left it; what it says is out of date.
  file.remove();
  const stop = async (hurry?: AbortSignal) => {
    file.remove();
    for (const door of doors) door.close();
    for (const names of STOP_ORDER) {
      const ends = names.map(async (name) => children.get(name)?.stop(hurry));
      await Promise.all(ends);
    }
    lock.release();
  };
  try {
    const server = await startAll({
      ...{ options, env, settings, external, data, children, doors, file },
    });
    const [door] = doors;
    const up = file.write({
      address: server ? addressOf(server) : (external ?? ''),
      uiUrl: door ? uiUrlOf(settings, door) : null,
      namespace: server ? 'default' : (env['TEMPORAL_NAMESPACE'] ?? 'default'),
      taskQueue: settings.taskQueue,
      ...ownIdentity(),
      data,
    });
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

interface Start {
  options: EmbeddedOptions;
  env: Environment;
  settings: WorkerSettings;
  external: string | undefined;
  data: string;
  children: Map<ChildName, Supervised>;
  /** What was opened for people, and is closed first. */
  doors: Door[];
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
    warnOfOthers(addressOf(server), say);
    say(`starting Temporal's server on ${addressOf(server)} ...`);
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

/** Checks the ports, finds the program, and opens the door to its Web UI; starts nothing yet. */
async function prepareServer(
  { options, env, settings, data, doors }: Start,
  say: Say,
  signal: AbortSignal,
): Promise<TemporalServer> {
  const [anyPort = 0, anyUiPort = 0, innerPort = 0] = await freePorts(3);
  const port = (options.port ?? DEFAULT_PORT) || anyPort;
  const uiPort = uiPortOf(options, port, anyUiPort);
  await assertFree(port, "Temporal's server", 'stop that one, or choose another with --port');
  await assertFree(uiPort, "Temporal's Web UI", 'stop that one, or choose another with --ui-port');
  const getting = { env: withCache(env, data), say, signal };
  const cli = await findTemporalCli(getting, options.cliSources ?? SOURCES);
  const hidden = { host: hiddenLoopback(), port: innerPort };
  const server: TemporalServer = { cli, port, uiHost: hidden.host, uiPort: innerPort, data };
  doors.push(await openUi(settings, uiPort, hidden));
  if (options.dynamicConfig) server.dynamicConfig = options.dynamicConfig;
  return server;
}

function openUi(
  { uiHost: host, allowedHosts: names }: WorkerSettings,
  port: number,
  target: { host: string; port: number },
): Promise<Door> {
  const shortcuts = listPages('default');
  const door = { host, port, names, target, what: "Temporal's Web UI", shortcuts };
  return openDoor(door).catch((error: unknown) => {
    throw new StartFailure(
      2,
      `opening Temporal's Web UI at ${host}:${port}: ${sentence(error)}; choose another address by --ui-port or FAIRLEAD_UI_HOST`,
    );
  });
}

/** As a browser on this machine reaches it. */
function uiUrlOf({ uiHost }: WorkerSettings, { port }: Door): string {
  const host = uiHost === '0.0.0.0' || uiHost === '::' ? '127.0.0.1' : uiHost;
  return `http://${hostInUrl(host)}:${port}`;
}

function uiPortOf(options: EmbeddedOptions, port: number, anyPort: number): number {
  if (options.uiPort !== undefined) return options.uiPort || anyPort;
  if (options.port === 0) return anyPort;
  if (port + 1000 <= 65_535) return port + 1000;
  throw new StartFailure(
    2,
    `with --port ${port} the Web UI would be on ${port + 1000}, which is no port; give --ui-port too`,
  );
}

function externalAddress(options: EmbeddedOptions, env: Environment): string | undefined {
  const address = env['TEMPORAL_ADDRESS'];
  if (options.port !== undefined || address === undefined || address === '') return undefined;
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
  return { ...clientEnvironment(env, addressOf(server), data), ...more };
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
