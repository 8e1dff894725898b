// Loopback ports: which are free, and who holds one that is not.
import { readFileSync, readdirSync, readlinkSync } from 'node:fs';
import { createServer } from 'node:net';
import { errorCode, sentence, StartFailure } from './start-failure.ts';

const LOOPBACK = '127.0.0.1';

/** Listens for a moment; the port that was listened on. Port 0 finds a free one. */
async function tryListening(port: number): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen({ port, host: LOOPBACK, exclusive: true }, resolve);
  });
  const address = server.address();
  await new Promise((resolve) => server.close(resolve));
  return typeof address === 'object' && address !== null ? address.port : port;
}

/** Ports that nobody listens on now; different from each other. */
export async function freePorts(count: number): Promise<number[]> {
  const found = new Set<number>();
  while (found.size < count) found.add(await tryListening(0));
  return [...found];
}

/** Throws StartFailure (2), naming who holds the port where that can be seen. */
export async function assertFree(port: number, what: string, remedy: string): Promise<void> {
  try {
    await tryListening(port);
  } catch (error) {
    if (errorCode(error) === 'EADDRINUSE') {
      const holder = holderOf(port);
      const by = holder ? `${holder.name} (pid ${holder.pid})` : 'another process';
      throw new StartFailure(2, `port ${port} for ${what} is taken by ${by}; ${remedy}`);
    }
    throw new StartFailure(2, `port ${port} for ${what} cannot be used: ${sentence(error)}`);
  }
}

export interface Holder {
  pid: number;
  name: string;
}

/** Who listens on the port, as far as /proc lets us see it. */
export function holderOf(port: number): Holder | undefined {
  const inodes = listeningInodes(port);
  if (inodes.size === 0) return undefined;
  for (const entry of readFolder('/proc')) {
    if (/^\d+$/.test(entry) && holdsSocket(entry, inodes)) {
      return { pid: Number(entry), name: nameOf(entry) };
    }
  }
  return undefined;
}

function listeningInodes(port: number): Set<string> {
  const hex = port.toString(16).toUpperCase().padStart(4, '0');
  const inodes = new Set<string>();
  for (const table of ['/proc/net/tcp', '/proc/net/tcp6']) {
    for (const line of readText(table).split('\n').slice(1)) {
      const fields = line.trim().split(/\s+/);
      const listening = fields[3] === '0A' && fields[1]?.endsWith(`:${hex}`) === true;
      if (listening && fields[9] !== undefined) inodes.add(`socket:[${fields[9]}]`);
    }
  }
  return inodes;
}

function holdsSocket(pid: string, inodes: Set<string>): boolean {
  return readFolder(`/proc/${pid}/fd`).some((fd) => {
    try {
      return inodes.has(readlinkSync(`/proc/${pid}/fd/${fd}`));
    } catch {
      return false;
    }
  });
}

function nameOf(pid: string): string {
  const words = readText(`/proc/${pid}/cmdline`).split('\0').filter(Boolean);
  const name = words.slice(0, 3).join(' ') || readText(`/proc/${pid}/comm`).trim();
  return name.length > 80 ? `${name.slice(0, 77)}...` : name;
}

function readText(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}

function readFolder(path: string): string[] {
  try {
    return readdirSync(path);
  } catch {
    return [];
  }
}
