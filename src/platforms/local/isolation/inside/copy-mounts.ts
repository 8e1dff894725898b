// Puts copies where a service looks for its live data: a folder over the live path, a port on the loopback that leads
// through a relay to the copy's server. Called by the runner; asked twice for the same it changes nothing.
import { readFile, realpath, symlink, writeFile } from 'node:fs/promises';
import { isIP } from 'node:net';
import { join, relative } from 'node:path';
import { Failure } from '../../../../domain/failure.ts';
import { textAt } from '../../../../domain/json.ts';
import { carryingTo } from '../../../../machine/carry.ts';
import type { AddressMount, FolderMount } from '../protocol.ts';
import { HOSTS, isWithin, type Enclosure } from './enclosure.ts';
import { holdFolder, putFolder, runTool } from './mounts.ts';

export interface CopyMounts {
  folder(mount: FolderMount): Promise<void>;
  address(mount: AddressMount): Promise<void>;
}

export function createCopyMounts(fence: Enclosure): CopyMounts {
  const mounted = new Map<string, string>();
  const named: string[] = [];
  /** False when it is mounted already. */
  const take = (place: string, copy: string): boolean => {
    const there = mounted.get(place);
    if (there === copy) return false;
    if (there === undefined) return true;
    const message = `mounting ${copy} at ${place}: ${there} is mounted there; close the target and open it anew`;
    throw new Failure('Refused', message);
  };
  const folder: CopyMounts['folder'] = async ({ path, copy }) => {
    const place = await realpath(path).catch(() => path);
    if (!take(place, copy)) return;
    await putCopy(fence, place, copy);
    mounted.set(place, copy);
  };
  const address: CopyMounts['address'] = async ({ host, port, relay }) => {
    const place = `${host}:${port}`;
    if (!take(place, relay)) return;
    for (const one of await addressesFor(host, named)) await forward(one, port, relay);
    mounted.set(place, relay);
  };
  // One after the other: an attempt that was given up may still be at it.
  let last: Promise<unknown> = Promise.resolve();
  const inTurn = <Mount>(put: (mount: Mount) => Promise<void>) => {
    return (mount: Mount): Promise<void> => {
      const next = last.then(() => put(mount));
      last = next.catch(() => undefined);
      return next;
    };
  };
  return { folder: inTurn(folder), address: inTurn(address) };
}

async function putCopy(
  { copies, generations }: Enclosure,
  place: string,
  copy: string,
): Promise<void> {
  try {
    const generation = generations.get(place);
    const path = generation === undefined ? place : join(place, generation);
    if (copies !== undefined && isWithin(copy, copies.path)) {
      await putFolder(copies.held, path, { within: relative(copies.path, copy), writable: true });
    } else {
      const held = await holdFolder(copy);
      await putFolder(held, path, { writable: true }).finally(() => held.close());
    }
    if (generation !== undefined) await symlink(generation, join(place, 'current'));
  } catch (error) {
    if (error instanceof Failure) throw error;
    const message = `mounting the copy ${copy} over ${place}: ${String(error)}; are both folders there?`;
    throw new Failure('NotFound', message);
  }
}

/** Where inside a connection to `host` arrives. A name gets a loopback address of its own: two may share a port. */
async function addressesFor(host: string, named: string[]): Promise<string[]> {
  if (host === 'localhost') return ['127.0.0.1', '::1'];
  const family = isIP(host);
  if (family === 0) {
    if (!named.includes(host)) {
      named.push(host);
      const lines = named.map((name, index) => `127.77.0.${index + 1} ${name}\n`);
      const others = await readFile(HOSTS, 'utf8');
      await writeFile(HOSTS, `${lines.at(-1) ?? ''}${others}`);
    }
    return [`127.77.0.${named.indexOf(host) + 1}`];
  }
  if (!host.startsWith('127.') && host !== '::1') {
    const whole = `${host}/${family === 4 ? 32 : 128}`;
    await runTool('ip', ['address', 'replace', whole, 'dev', 'lo']);
  }
  return [host];
}

/** The relay's socket is found from the runner's working folder, which is hidden by its path. */
function forward(address: string, port: number, relay: string): Promise<void> {
  const server = carryingTo({ path: relay });
  return new Promise((resolve, reject) => {
    server.once('error', (error) => {
      // A machine without IPv6.
      if (address === '::1' && textAt(error, 'code') !== 'EADDRINUSE') resolve();
      else
        reject(new Failure('Refused', `listening on ${address}:${port} inside: ${error.message}`));
    });
    server.listen({ host: address, port }, resolve);
  });
}
