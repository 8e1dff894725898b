// Loopback ports: which are free, who holds one that is not (from Linux's /proc), and, when a person asks for
// it, freeing one. Used by the local host and by what `up` starts.
import { readFileSync, readdirSync, readlinkSync } from 'node:fs';
import { createServer, isIPv4 } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { Failure } from '../domain/failure.ts';
import {
  allPids,
  commandOf,
  isAlive,
  programOf,
  signalProcess,
  startTimeOf,
  type ProcessIdentity,
} from './process-identity.ts';

export interface PortHolder {
  port: number;
  /** Null when the holder cannot be seen (another user's process). */
  pid: number | null;
  command: string;
}

const LISTENING = '0A';
/** `::ffff:` as in /proc. */
const IPV4_IN_IPV6 = '0000000000000000FFFF0000';

/** Listens for a moment on the loopback and returns the port; port 0 finds a free one. Rejects when it is taken. */
export async function tryListening(port: number): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen({ port, host: '127.0.0.1', exclusive: true }, resolve);
  });
  const address = server.address();
  await new Promise((resolve) => server.close(resolve));
  return typeof address === 'object' && address !== null ? address.port : port;
}

/** Sockets that listen on `port`: all, or only those that keep others from listening on `host`. */
function listeningInodes(port: number, host?: string): Set<string> {
  const wanted = port.toString(16).toUpperCase().padStart(4, '0');
  const inodes = new Set<string>();
  for (const table of ['/proc/net/tcp', '/proc/net/tcp6']) {
    for (const line of linesOf(table).slice(1)) {
      const [, local = '', , state, , , , , , inode = ''] = line.trim().split(/\s+/);
      const [address = '', localPort] = local.split(':');
      if (state !== LISTENING || localPort !== wanted || !excludes(address, host)) continue;
      inodes.add(`socket:[${inode}]`);
    }
  }
  return inodes;
}

/** `address` as in /proc: hexadecimal, in the machine's own order of bytes. All zeros are every address. */
function excludes(address: string, host: string | undefined): boolean {
  if (host === undefined || /^0+$/.test(address) || host === '0.0.0.0' || host === '::')
    return true;
  const bytes = host.split('.').map((one) => Number(one).toString(16).padStart(2, '0'));
  const written = bytes.reverse().join('').toUpperCase();
  return isIPv4(host) && [written, `${IPV4_IN_IPV6}${written}`].includes(address);
}

function linesOf(table: string): string[] {
  try {
    return readFileSync(table, 'utf8').split('\n');
  } catch {
    return []; // no IPv6 here
  }
}

/** A socket that a process holds. */
export interface HeldSocket {
  pid: number;
  fd: string;
  socket: string;
}

/** It is still held: nobody else has a socket of this number meanwhile. */
export function isHeld({ pid, fd, socket }: HeldSocket): boolean {
  try {
    return readlinkSync(`/proc/${pid}/fd/${fd}`) === socket;
  } catch {
    return false;
  }
}

/** Those of the sockets that the process holds; undefined when that cannot be seen: another user's process, or a guarded one. */
function heldBy(pid: number, sockets: ReadonlySet<string>): HeldSocket[] | undefined {
  let open: string[];
  try {
    open = readdirSync(`/proc/${pid}/fd`);
  } catch {
    return undefined;
  }
  return open.flatMap((fd) => {
    try {
      const socket = readlinkSync(`/proc/${pid}/fd/${fd}`);
      return sockets.has(socket) ? [{ pid, fd, socket }] : [];
    } catch {
      return []; // closed meanwhile
    }
  });
}

function holdsOneOf(pid: number, sockets: ReadonlySet<string>): boolean {
  return (heldBy(pid, sockets)?.length ?? 0) > 0;
}

/**
 * The sockets by which these processes listen on a port of the loopback, each of `pids` asked only while one is missing.
 * Null when somebody else listens there too; undefined when nobody can tell: no listener is seen, or not what one of them holds.
 */
export function listenersAmong(
  port: number,
  pids: Iterable<number>,
): HeldSocket[] | null | undefined {
  const sockets = listeningInodes(port, '127.0.0.1');
  if (sockets.size === 0) return undefined;
  const found = new Map<string, HeldSocket>();
  let isHidden = false;
  for (const pid of pids) {
    const held = heldBy(pid, sockets);
    isHidden ||= held === undefined;
    for (const one of held ?? []) found.set(one.socket, one);
    if (found.size === sockets.size) return [...found.values()];
  }
  return isHidden ? undefined : null;
}

/** Where these processes listen, as `127.0.0.1:8001` or `[::1]:8001`, in order; without what cannot be seen. */
export function addressesOf(pids: Iterable<number>): string[] {
  const listening = new Map<string, string>();
  for (const table of ['/proc/net/tcp', '/proc/net/tcp6']) {
    for (const line of linesOf(table).slice(1)) {
      const [, local = '', , state, , , , , , inode = ''] = line.trim().split(/\s+/);
      if (state === LISTENING) listening.set(`socket:[${inode}]`, addressIn(local));
    }
  }
  const sockets = new Set(listening.keys());
  const held = [...pids].flatMap((pid) => heldBy(pid, sockets) ?? []);
  return [...new Set(held.flatMap(({ socket }) => listening.get(socket) ?? []))].sort();
}

/** `0100007F:1F40` as people write it. */
function addressIn(local: string): string {
  const [hex = '', port = ''] = local.split(':');
  const words = (hex.match(/.{8}/g) ?? []).map((word) => (word.match(/../g) ?? []).reverse());
  const bytes = words.flat();
  const isShort = bytes.length === 4 || hex.startsWith(IPV4_IN_IPV6);
  const dotted = bytes
    .slice(-4)
    .map((byte) => parseInt(byte, 16))
    .join('.');
  const groups = bytes.join('').toLowerCase().match(/.{4}/g) ?? [];
  const host = isShort ? dotted : new URL(`http://[${groups.join(':')}]`).hostname;
  return `${host}:${parseInt(port, 16)}`;
}

/** Who listens on the port; null when nobody does, or nobody who keeps others from `host`. Changes nothing. */
export function portHolder(port: number, host?: string): PortHolder | null {
  const sockets = listeningInodes(port, host);
  if (sockets.size === 0) return null;
  const pid = allPids().find((candidate) => holdsOneOf(candidate, sockets)) ?? null;
  return { port, pid, command: pid === null ? '' : commandOf(pid) };
}

export function describeHolder(holder: PortHolder | null): string {
  if (holder === null) return 'nobody any more';
  if (holder.pid === null) return 'an unknown process';
  return `process ${holder.pid} (${programOf(holder.pid) || 'unknown command'})`;
}

/** What listening threw, with who holds the port where it is taken. */
export function whyNotListening(
  { host, port }: { host: string; port: number },
  error: unknown,
): string {
  const said = error instanceof Error ? error.message : String(error);
  const holder = /in use/i.test(said) ? ` (held by ${describeHolder(portHolder(port, host))})` : '';
  return `${said}${holder}`;
}

/**
 * Ends whoever holds the port: SIGTERM and, `patience` ms later, SIGKILL. Returns the holder that was
 * there, null when the port was free. Only for a person who asked for it: nothing calls this by itself.
 */
export async function endHolder(port: number, patience = 5000): Promise<PortHolder | null> {
  const sockets = listeningInodes(port);
  const holder = portHolder(port);
  if (holder === null) return null;
  const found = endable(holder);
  if (found === null) {
    throw new Failure(
      'Refused',
      `freeing port ${port}: it is held by ${describeHolder(holder)}, which cannot be ended from here; end it yourself or choose another port`,
    );
  }
  for (const signal of ['SIGTERM', 'SIGKILL'] as const) {
    signalProcess(found, signal);
    const until = performance.now() + patience;
    while (performance.now() < until && (isAlive(found) || listens(port, sockets))) await sleep(25);
    if (!isAlive(found)) return holder;
  }
  throw new Failure('Broken', `freeing port ${port}: ${describeHolder(holder)} survived SIGKILL`);
}

/** A process that counts as dead keeps its sockets for a moment: its other threads end after its first one. */
function listens(port: number, sockets: Set<string>): boolean {
  return [...listeningInodes(port)].some((socket) => sockets.has(socket));
}

function endable({ pid }: PortHolder): ProcessIdentity | null {
  if (pid === null || pid === 1 || pid === process.pid) return null;
  const startTime = startTimeOf(pid);
  return startTime === undefined ? null : { pid, startTime };
}
