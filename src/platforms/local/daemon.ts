// The local host's process: `daemon --data DIR [--port N] [--port-offset N] [--allowed-host NAME]...`. One per data folder; it
// outlives the worker and whoever started it, and takes up its services again after its own crash.
import { copyFile, readdir, readFile, stat, truncate } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { pino } from 'pino';
import { Failure } from '../../domain/failure.ts';
import { Addresses } from './addresses.ts';
import { createControl, createMetrics } from './control.ts';
import { closeFolder, listenOnSocket } from './control-socket.ts';
import { listen, portOf } from './listeners.ts';
import { LocalHost } from './local-host.ts';
import { Marks } from './marks.ts';
import { HostMetrics } from './metrics.ts';
import { DiskReserve } from '../../machine/disk-reserve.ts';
import { keepFile } from '../../machine/keep-file.ts';
import { lockFile } from '../../machine/lock-file.ts';
import { closeToOthers } from '../../machine/own-umask.ts';
import { describeHolder, portHolder } from '../../machine/port-holder.ts';
import { ownIdentity } from '../../machine/process-identity.ts';
import { hostFileSchema, hostPaths, type HostFile } from './protocol.ts';
import { Services } from './services.ts';
import { openState } from './state.ts';

const LOG_BYTES = 10_000_000;
/** Between two looks at the logs and the room that is held back (ms). */
const LOOK_EVERY = 5000;
/** Together under 6 s: open requests, then SIGTERM to SIGKILL. */
const LAST_DRAIN = 3000;
const LAST_GRACE = 1500;

const log = pino({ name: 'local-host' });

interface Settings {
  data: string;
  port: number | null;
  offset: number;
  /** What its metrics may be asked by besides the loopback's names. */
  names: string[];
}

function settingsFrom(args: string[]): Settings {
  const { values } = parseArgs({
    args,
    options: {
      data: { type: 'string' },
      port: { type: 'string' },
      'port-offset': { type: 'string' },
      'allowed-host': { type: 'string', multiple: true, default: [] },
    },
  });
  if (values.data === undefined)
    throw new Failure('BadInput', 'starting the local host: --data DIR is missing');
  return {
    data: resolve(values.data),
    port: values.port === undefined ? null : wholeNumber('--port', values.port),
    offset: wholeNumber('--port-offset', values['port-offset'] ?? '0'),
    names: values['allowed-host'],
  };
}

function wholeNumber(flag: string, text: string): number {
  if (/^\d{1,5}$/.test(text) && Number(text) <= 65_535) return Number(text);
  throw new Failure(
    'BadInput',
    `starting the local host: ${flag} ${text} is no number from 0 to 65535`,
  );
}

/** In a folder that is its user's alone: one that others may use is not written to, and nothing in it is believed. */
async function lock(data: string, reserve: DiskReserve): Promise<void> {
  const { folder, lock: path } = hostPaths(data);
  await closeFolder(folder);
  const taken = reserve.spendSync(() => lockFile(path));
  if ('holder' in taken) {
    throw new Failure(
      'Refused',
      `starting the local host in ${data}: one is running there already (process ${taken.holder.pid}); use it, or end it first`,
    );
  }
  process.on('exit', taken.release);
}

async function readHostFile(path: string): Promise<HostFile | null> {
  try {
    return hostFileSchema.parse(JSON.parse(await readFile(path, 'utf8')));
  } catch {
    return null;
  }
}

/** The port asked for, else the one it had before (so that metrics keep their address), else any. */
async function openMetrics(
  server: ReturnType<typeof createMetrics>,
  settings: Settings,
  last: HostFile | null,
) {
  const host = '127.0.0.1';
  if (settings.port !== null && settings.port !== 0) {
    const { port } = settings;
    await listen(server, { host, port }).catch((error: unknown) => {
      throw new Failure(
        'Refused',
        `starting the local host: the port ${port} for its metrics cannot be had (${String(error)}), it is held by ${describeHolder(portHolder(port))}; choose another --port`,
      );
    });
    return;
  }
  const before = last ? Number(new URL(last.url).port) : 0;
  await listen(server, { host, port: before }).catch(() => listen(server, { host, port: 0 }));
}

async function main(settings: Settings): Promise<void> {
  closeToOthers();
  const paths = hostPaths(settings.data);
  const reserve = new DiskReserve(paths.reserve);
  await lock(settings.data, reserve);
  const file = await openState(paths.state, reserve);
  const note = (message: string): void => {
    log.warn(message);
  };
  const metrics: HostMetrics = new HostMetrics(() => services.rows());
  const marks = new Marks();
  const router = { metrics, marks };
  const addresses = new Addresses({ router, offset: settings.offset, note });
  let url = '';
  const services = new Services({
    file,
    logs: paths.logs,
    addresses,
    appeared: (spec) => {
      metrics.expect(spec);
    },
    removed: (spec) => {
      metrics.forget(spec);
    },
    note,
  });
  const metricsUrl = (): string => `${url}/metrics`;
  const host = new LocalHost({ file, services, addresses, marks, metricsUrl, note });
  const control = createControl({ host, note });
  const metricsServer = createMetrics(() => metrics.text(), settings.names);
  onEnd(async (hurry) => {
    addresses.stopAccepting();
    await services.shutDown({ drain: LAST_DRAIN, grace: LAST_GRACE, hurry });
    addresses.closeConnections();
    control.closeAllConnections();
    metricsServer.closeAllConnections();
  });
  // Users first: whoever waits for the control address may count on the services being back.
  await services.resume();
  const last = await readHostFile(paths.host);
  await openMetrics(metricsServer, settings, last);
  url = `http://127.0.0.1:${portOf(metricsServer)}`;
  const socket = await listenOnSocket(control, paths.folder, last?.socket);
  const self: HostFile = { url, socket, ...ownIdentity() };
  await reserve.spend(() => keepFile(paths.host, JSON.stringify(self), { mode: 0o600 }));
  await reserve.hold();
  setInterval(() => {
    void reserve.hold();
    boundLogs(paths.logs, LOG_BYTES).catch((error: unknown) => {
      note(`bounding the logs: ${String(error)}`);
    });
  }, LOOK_EVERY).unref();
  log.info({ url, socket, data: settings.data }, 'ready');
}

/** The first signal ends it, any after that hurries: nothing is drained, and services are killed. */
function onEnd(end: (hurry: AbortSignal) => Promise<void>): void {
  const hurry = new AbortController();
  let ending = false;
  const asked = (): void => {
    if (ending) {
      hurry.abort();
      return;
    }
    ending = true;
    end(hurry.signal).then(
      () => process.exit(0),
      (error: unknown) => {
        log.error(`ending: ${String(error)}`);
        process.exit(1);
      },
    );
  };
  process.on('SIGTERM', asked);
  process.on('SIGINT', asked);
}

try {
  await main(settingsFrom(process.argv.slice(2)));
} catch (error) {
  const said = error instanceof Error ? error.message : String(error);
  process.stderr.write(`${said}\n`);
  process.exit(error instanceof Failure && error.kind === 'Refused' ? 6 : 2);
}

/**
 * Keeps the services' logs bounded: what is over the limit moves to `<log>.1`, and the log starts anew. The services
 * write on through their open, appending file, so it is copied and cut instead of renamed.
 */
async function boundLogs(folder: string, mostBytes: number): Promise<void> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true }).catch(() => []);
  for (const entry of entries) {
    if (!entry.isFile() || !entry.name.endsWith('.log')) continue;
    const path = join(entry.parentPath, entry.name);
    const { size } = await stat(path);
    if (size <= mostBytes) continue;
    await copyFile(path, `${path}.1`);
    await truncate(path, 0);
  }
}
