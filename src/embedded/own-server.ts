// The server of Temporal that `up` starts: its ports, its program, the doors to it.
import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import type { Environment, WorkerSettings } from '../config/environment.ts';
import { hostInUrl } from '../machine/host-in-url.ts';
import { ownName } from '../machine/http/door-key.ts';
import {
  hiddenLoopback,
  openDoor,
  type Door,
  type DoorOptions,
} from '../machine/http/http-door.ts';
import { listPages } from '../workflows/messages.ts';
import { withCache, type Say } from './download.ts';
import { warnOfOthers } from './other-users.ts';
import { assertFree, freePorts } from './ports.ts';
import { makeCertificates } from './private/certificates.ts';
import {
  networkOfItsOwn,
  openPrivateDoor,
  socketIn,
  socketsFolder,
} from './private/private-server.ts';
import { sentence, StartFailure } from './start-failure.ts';
import { findTemporalCli, SOURCES, type Source } from './temporal-cli.ts';
import { addressOf, PROFILE, type TemporalServer } from './temporal-server.ts';

/** What `up` is asked of its server. */
export interface ServerOptions {
  /** The port of a server of our own, 0 for a free one. Without it TEMPORAL_ADDRESS's server, else one of our own on 7233. */
  port?: number;
  /** Without it, `port` + 1000. */
  uiPort?: number;
  /** The server in a network of its own, behind a door that asks for a certificate of this data folder. */
  private?: boolean;
  /** `key=value` for the server's dynamic configuration. */
  dynamicConfig?: string[];
  cliSources?: readonly Source[];
}

interface UiKey {
  key: string;
  name: string;
}

/** The doors to a server. */
export interface Opened {
  /** For people: closed first. */
  ui?: Door;
  /** What a browser has to show at it, and under which name it asks; absent where it asks for nothing. */
  uiKey?: UiKey;
  /** For workers and commands, where the server is private: closed last, for a worker that ends needs its server. */
  temporal?: { close: () => void };
}

interface Preparing {
  options: ServerOptions;
  env: Environment;
  settings: WorkerSettings;
  data: string;
  opened: Opened;
}

const DEFAULT_PORT = 7233;
const KEY_BYTES = 24;
const KEY_HINT =
  'Open the link with a key that `fairlead up --private` printed; it is in up.json of the data folder too.';

/** Checks the ports, finds the program, and opens the door to its Web UI; starts nothing yet. */
export async function prepareServer(
  { options, env, settings, data, opened }: Preparing,
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
  if (options.private === true) {
    const { socketPath } = await enclose(server, { data, opened });
    const key = { key: randomBytes(KEY_BYTES).toString('base64url'), name: ownName() };
    opened.ui = await openUi(settings, uiPort, { ...hidden, socketPath }, key);
    opened.uiKey = key;
  } else opened.ui = await openUi(settings, uiPort, hidden);
  if (options.dynamicConfig) server.dynamicConfig = options.dynamicConfig;
  return server;
}

/** Says where it starts, and who else reaches it there. */
export function announce(server: TemporalServer, say: Say): void {
  if (server.private === undefined) warnOfOthers(addressOf(server), say);
  say(`starting Temporal's server on ${addressOf(server)} ...`);
}

/** Puts the server into a network of its own, and opens the door to it. Resolves with the socket of its Web UI. */
async function enclose(
  server: TemporalServer,
  { data, opened }: Pick<Preparing, 'data' | 'opened'>,
): Promise<{ socketPath: string }> {
  const namespaces = await networkOfItsOwn();
  const sockets = socketsFolder(data);
  const { client, door } = makeCertificates(join(data, 'tls'));
  const socket = socketIn(sockets);
  opened.temporal = await openPrivateDoor(server.port, socket('temporal'), door);
  server.private = { sockets, namespaces, client, profile: join(data, PROFILE) };
  return { socketPath: socket('ui') };
}

function openUi(
  { uiHost: host, allowedHosts: names }: WorkerSettings,
  port: number,
  target: DoorOptions['target'],
  key?: UiKey,
): Promise<Door> {
  const shortcuts = listPages('default');
  const door: DoorOptions = { host, port, names, target, what: "Temporal's Web UI", shortcuts };
  if (key !== undefined) door.key = { ...key, hint: KEY_HINT };
  return openDoor(door).catch((error: unknown) => {
    throw new StartFailure(
      2,
      `opening Temporal's Web UI at ${host}:${port}: ${sentence(error)}; choose another address by --ui-port or FAIRLEAD_UI_HOST`,
    );
  });
}

/** As a browser on this machine reaches it. */
export function uiUrlOf({ uiHost }: WorkerSettings, { port }: Door, key?: UiKey): string {
  if (key !== undefined) return `http://${key.name}:${port}`;
  const host = uiHost === '0.0.0.0' || uiHost === '::' ? '127.0.0.1' : uiHost;
  return `http://${hostInUrl(host)}:${port}`;
}

function uiPortOf(options: ServerOptions, port: number, anyPort: number): number {
  if (options.uiPort !== undefined) return options.uiPort || anyPort;
  if (options.port === 0) return anyPort;
  if (port + 1000 <= 65_535) return port + 1000;
  throw new StartFailure(
    2,
    `with --port ${port} the Web UI would be on ${port + 1000}, which is no port; give --ui-port too`,
  );
}
