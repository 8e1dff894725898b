// Whether a place can be reached from here: connects and nothing more, opens a folder and reads nothing of it. Run on
// both sides of the fence, so that both are judged alike.
import { opendir, readFile, stat } from 'node:fs/promises';
import { connect } from 'node:net';
import { textAt } from '../../../domain/json.ts';
import type { Look, ProbedPlace } from './protocol.ts';

/** An answer, or that no way leads there. Everything else may be different next time, and proves nothing. */
const REFUSALS = ['ECONNREFUSED', 'ENETUNREACH', 'EADDRNOTAVAIL', 'EACCES', 'EPERM'];
const NO_FOLDER = ['ENOENT', 'ENOTDIR', 'EACCES', 'EPERM'];

/** As the kernel's table says it: it accepts connections. */
const LISTENS = '00010000';

export function lookAt(place: ProbedPlace, timeoutMs: number): Promise<Look> {
  return place.kind === 'folder'
    ? lookAtFolder(place.path, timeoutMs)
    : lookAtAddresses(place.addresses, place.port, timeoutMs);
}

async function lookAtAddresses(
  addresses: readonly string[],
  port: number,
  timeoutMs: number,
): Promise<Look> {
  if (addresses.length === 0) return { reach: 'silent', said: 'its name leads to no address' };
  const looks = await Promise.all(addresses.map((one) => lookAtAddress(one, port, timeoutMs)));
  // One that can be reached counts, whatever the others are.
  const found = (['reached', 'silent', 'refused'] as const).map((reach) =>
    looks.find((look) => look.reach === reach),
  );
  return found.find((look) => look !== undefined) ?? { reach: 'silent', said: 'nothing was tried' };
}

function lookAtAddress(host: string, port: number, timeoutMs: number): Promise<Look> {
  return new Promise((resolve) => {
    const socket = connect({ host, port });
    const timer = setTimeout(() => {
      done({ reach: 'silent', said: `no answer within ${timeoutMs} ms` });
    }, timeoutMs);
    const done = (look: Look): void => {
      clearTimeout(timer);
      socket.destroy();
      resolve(look);
    };
    socket.once('connect', () => {
      done({ reach: 'reached', said: 'it took a connection' });
    });
    socket.on('error', (error) => {
      const code = textAt(error, 'code') ?? error.message;
      done({ reach: REFUSALS.includes(code) ? 'refused' : 'silent', said: code });
    });
  });
}

async function lookAtFolder(path: string, timeoutMs: number): Promise<Look> {
  const late = new Promise<Look>((resolve) => {
    setTimeout(() => {
      resolve({ reach: 'silent', said: `no answer within ${timeoutMs} ms` });
    }, timeoutMs).unref();
  });
  return Promise.race([openFolder(path), late]);
}

async function openFolder(path: string): Promise<Look> {
  try {
    const { dev, ino } = await stat(path, { bigint: true });
    await (await opendir(path)).close();
    return { reach: 'reached', said: 'it can be opened', identity: `${dev}:${ino}` };
  } catch (error) {
    const code = textAt(error, 'code') ?? String(error);
    return { reach: NO_FOLDER.includes(code) ? 'refused' : 'silent', said: code };
  }
}

const SOCKET = /^\S+ +\S+ +\S+ +(\S+) +\S+ +\S+ +\S+ (.+)$/;

/** Paths of Unix sockets that somebody listens on here. */
export async function listeningSockets(): Promise<string[]> {
  const table = await readFile('/proc/net/unix', 'utf8').catch(() => '');
  const paths = table.split('\n').flatMap((line) => {
    // Num RefCount Protocol Flags Type St Inode Path: a path may have blanks in it.
    const [, flags, path] = SOCKET.exec(line) ?? [];
    return flags === LISTENS && path?.startsWith('/') === true ? [path] : [];
  });
  return [...new Set(paths)];
}
