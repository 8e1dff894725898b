// Temporal's dev server: how it is started, when it answers, and how long it remembers.
import { connect } from 'node:net';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Environment } from '../config/environment.ts';
import { SEARCH_ATTRIBUTES } from '../workflows/messages.ts';
import { writeWhole } from './data-folder.ts';
import { run } from './download.ts';
import type { ClientFiles } from './private/certificates.ts';
import { enclosed } from './private/private-server.ts';
import type { Program } from './running-process.ts';
import { sentence } from './start-failure.ts';

/** Where a server is that has a network of its own. */
export interface PrivatePlace {
  /** The folder of its sockets. */
  sockets: string;
  /** Arguments of unshare that made the network. */
  namespaces: readonly string[];
  /** What a client shows at the door to it. */
  client: ClientFiles;
  /** The profile that says so, as Temporal's tools read it. */
  profile: string;
}

export interface TemporalServer {
  cli: string;
  port: number;
  /** Where its Web UI listens, which checks nothing: `up` lets people come through a door of its own. */
  uiHost: string;
  uiPort: number;
  /** The folder of `temporal.db`; without it everything is kept in memory. */
  data?: string;
  /** `key=value`, as `--dynamic-config-value` takes them. */
  dynamicConfig?: string[];
  private?: PrivatePlace;
}

/** The profile of clients, in the data folder. */
export const PROFILE = 'temporal.toml';

export function addressOf(server: TemporalServer): string {
  return `127.0.0.1:${server.port}`;
}

/**
 * The server opens an HTTP API too, on a port of its choice, and takes posts of any web page there. gRPC is all that is used:
 * a name that no browser can ask for is the only one that is answered.
 */
const NO_HTTP_API = 'frontend.httpAllowedHosts=["off.invalid"]';

/**
 * The dev server keeps all workflows in one shard of its history, and each of a shard's queues is read at most 20 times
 * a second: a workflow's next task waits up to 50 ms for that, an operation for half of its time.
 */
const QUEUE_READS = ['transfer', 'timer', 'visibility'].map(
  (queue) => `history.${queue}ProcessorMaxPollRPS=1000`,
);

/** Flags for a database in a file; without the two pragmas it does a quarter of the work. */
function database(data: string): string[] {
  const file = ['--db-filename', join(data, 'temporal.db')];
  return [...file, '--sqlite-pragma', 'journal_mode=wal', '--sqlite-pragma', 'synchronous=normal'];
}

export function serverProgram(server: TemporalServer, env: Environment): Program {
  const attributes = SEARCH_ATTRIBUTES.flatMap((name) => ['--search-attribute', `${name}=Keyword`]);
  const settings = [NO_HTTP_API, ...QUEUE_READS, ...(server.dynamicConfig ?? [])];
  const args = [
    ...['server', 'start-dev', '--ip', '127.0.0.1'],
    ...['--port', String(server.port)],
    ...['--ui-ip', server.uiHost, '--ui-port', String(server.uiPort)],
    ...['--ui-disable-news-fetch', '--log-level', 'warn'],
    ...(server.data === undefined ? [] : database(server.data)),
    ...attributes,
    ...settings.flatMap((pair) => ['--dynamic-config-value', pair]),
  ];
  const places = { temporal: addressOf(server), ui: `${server.uiHost}:${server.uiPort}` };
  const started =
    server.private === undefined
      ? { command: server.cli, args }
      : enclosed(server.private, places, [server.cli, ...args]);
  // Its database holds what people wrote into reasons.
  return { ...started, env: environmentOf(env), umask: 0o077 };
}

/**
 * The environment of Temporal's program, which does not start without a user's name and home, as under a number that has
 * neither; it looks for nothing there.
 */
function environmentOf(env: Environment): NodeJS.ProcessEnv {
  return { USER: 'fairlead', HOME: '/nonexistent', ...withoutTemporal(env) };
}

/** Leaves out what the operator's environment says about another server of Temporal. */
function withoutTemporal(env: Environment): NodeJS.ProcessEnv {
  const kept = Object.entries(env).filter(([name]) => !name.startsWith('TEMPORAL_'));
  return { ...Object.fromEntries(kept), TEMPORAL_CONFIG_FILE: '/dev/null' };
}

/**
 * The environment of a client of this server. The SDK wants a profile: `folder` gets one, with what a client shows at the
 * door of a private server.
 */
export function clientEnvironment(
  env: Environment,
  address: string,
  folder: string,
  client?: ClientFiles,
): NodeJS.ProcessEnv {
  const file = join(folder, PROFILE);
  writeWhole(file, `[profile.default]\n${client === undefined ? '' : profileOf(address, client)}`);
  return {
    ...withoutTemporal(env),
    TEMPORAL_CONFIG_FILE: file,
    TEMPORAL_ADDRESS: address,
    TEMPORAL_NAMESPACE: 'default',
  };
}

/** As Temporal's tools read it: with `TEMPORAL_CONFIG_FILE` set to it they reach the server too. */
function profileOf(address: string, { authority, certificate, key }: ClientFiles): string {
  const lines = {
    ...{ server_ca_cert_path: authority },
    ...{ client_cert_path: certificate, client_key_path: key },
    // An address is no name to ask a server for (RFC 6066).
    server_name: 'localhost',
  };
  const tls = Object.entries(lines).map(([name, value]) => `${name} = ${JSON.stringify(value)}`);
  return [`address = ${JSON.stringify(address)}`, '[profile.default.tls]', ...tls, ''].join('\n');
}

/** Resolves when the server answers requests; rejects when `signal` is aborted. */
export async function awaitServer(server: TemporalServer, signal: AbortSignal): Promise<void> {
  // The port first: asking by the program takes a process each time. (The door to a private server is open before it.)
  while (!(await opens(server.port))) await sleep(50, undefined, { signal });
  for (;;) {
    try {
      await ask(server, ['operator', 'cluster', 'health']);
      return;
    } catch {
      await sleep(100, undefined, { signal });
    }
  }
}

/**
 * Raises how long closed runs of the namespace `default` are kept, which the dev server forgets after a day, and adds the
 * search attributes that a database of an earlier version lacks.
 */
export async function prepareNamespace(server: TemporalServer, signal: AbortSignal): Promise<void> {
  const update = ['operator', 'namespace', 'update', '--namespace', 'default'];
  const create = ['operator', 'search-attribute', 'create', '--namespace', 'default'];
  const named = SEARCH_ATTRIBUTES.flatMap((name) => ['--name', name, '--type', 'Keyword']);
  let last: unknown;
  for (let attempt = 0; attempt < 20; attempt += 1) {
    try {
      await ask(server, [...update, '--retention', '90d']);
      if (server.data !== undefined) await ask(server, [...create, ...named]);
      return;
    } catch (error) {
      last = error;
      await sleep(250, undefined, { signal });
    }
  }
  throw new Error(
    `preparing the namespace default (90 days of memory, search attributes): ${sentence(last)}`,
  );
}

async function ask(server: TemporalServer, args: string[]): Promise<string> {
  const env = environmentOf(process.env);
  const { client } = server.private ?? {};
  const shown = client && [
    ...['--tls-ca-path', client.authority],
    ...['--tls-cert-path', client.certificate, '--tls-key-path', client.key],
  ];
  const all = [...args, '--address', addressOf(server), ...(shown ?? [])];
  return run(server.cli, all, { env, timeoutMs: 10_000 });
}

async function opens(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1');
    socket.once('connect', () => {
      socket.destroy();
      resolve(true);
    });
    socket.once('error', () => {
      resolve(false);
    });
  });
}
