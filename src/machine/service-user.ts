// Who the processes of a service, and the commands of a system file, run as. Where the local host is root: whoever owns the folder
// that the program is started in, or one that leads to it, so that a service reads neither Fairlead's keys nor its records;
// in a folder that only root can exchange, the user that the system file names, else root. Where the local host is not root,
// everything runs as its own user.
import { lstat, readlink, realpath } from 'node:fs/promises';
import { userInfo } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { Failure } from '../domain/failure.ts';
import { textAt } from '../domain/json.ts';
import { users } from './account-names.ts';

/** As many as Linux follows. */
const MOST_LINKS = 40;

export interface ServiceUser {
  uid: number;
  gid: number;
  /** What stands in its environment. */
  environment: Record<string, string>;
}

interface Owned {
  user?: string;
  /** Where it runs, absolute. */
  directory: string;
}

/**
 * Undefined where it runs as the local host itself. Throws NotFound for a user whom nobody knows and a folder that is not there,
 * Refused where another one's processes cannot be started, and where not only one user and root can exchange the folder.
 */
export async function serviceUser({ user, directory }: Owned): Promise<ServiceUser | undefined> {
  const own = process.getuid?.();
  if (own === undefined) return undefined;
  if (own !== 0) return asOneself(user, own);
  const owner = await ownerOf(resolve(directory));
  if (user === undefined) return owner === 0 ? undefined : identityOf(owner);
  const found = await named(user);
  if (owner !== 0 && found.uid !== owner) {
    throw new Failure(
      'Refused',
      `its processes are to run as ${user}, and user ${owner} can exchange ${directory}: in the folder of another user than root they run as its owner; leave \`user\` out, or give the system's folder and those above it to root`,
    );
  }
  return found.uid === 0 ? undefined : found;
}

/** The number of the user who owns a folder, where root is to act for them; undefined for root, and where this is not root. */
export async function actsFor(directory: string): Promise<number | undefined> {
  if (process.getuid?.() !== 0) return undefined;
  return (await serviceUser({ directory }))?.uid;
}

async function asOneself(user: string | undefined, own: number): Promise<undefined> {
  if (user === undefined || (await named(user)).uid === own) return undefined;
  throw new Failure(
    'Refused',
    `its processes are to run as ${user}, and the local host runs as ${nameOfOwn(own)}: only root starts processes of others; start \`up\` as root or as ${user}, or leave \`user\` out`,
  );
}

function nameOfOwn(own: number): string {
  try {
    return userInfo().username;
  } catch {
    return String(own);
  }
}

/** The one user who can exchange a folder besides root; 0 where there is none. */
async function ownerOf(directory: string): Promise<number> {
  const owners = new Set<number>();
  await addOwners(directory, owners).catch((error: unknown) => {
    const kind = textAt(error, 'code') === 'ENOENT' ? 'NotFound' : 'Unavailable';
    throw new Failure(kind, `looking whose ${directory} is: ${String(error)}`);
  });
  const [owner = 0, ...others] = owners;
  if (others.length === 0) return owner;
  throw new Failure(
    'Refused',
    `users ${[...owners].join(' and ')} can each exchange ${directory}: as whom root is to act there is not clear; give it, and the folders and links that lead to it, to one of them or to root`,
  );
}

/** Adds whoever besides root owns a folder, one above it, or a link on the way there: each of them decides what is found there. */
async function addOwners(path: string, owners: Set<number>, links = 0): Promise<void> {
  if (links > MOST_LINKS) throw new Error('too many links');
  let at = '/';
  for (const part of ['', ...path.split('/').filter((one) => one !== '')]) {
    at = join(at, part);
    const stats = await lstat(at);
    if (stats.uid !== 0) owners.add(stats.uid);
    if (!stats.isSymbolicLink()) continue;
    const target = resolve(await realpath(dirname(at)), await readlink(at));
    await addOwners(target, owners, links + 1);
  }
}

async function identityOf(uid: number): Promise<ServiceUser> {
  const entry = (await entries()).find((one) => one.uid === uid);
  return { uid, gid: entry?.gid ?? uid, environment: environmentOf(entry) };
}

async function named(user: string): Promise<ServiceUser> {
  if (/^\d+$/.test(user)) return identityOf(Number(user));
  const found = (await entries()).find(({ name }) => name === user);
  if (found !== undefined) {
    return { uid: found.uid, gid: found.gid, environment: environmentOf(found) };
  }
  throw new Failure(
    'NotFound',
    `there is no user ${user} in /etc/passwd of this machine: make one (useradd --system ${user}), or write a number`,
  );
}

interface Entry {
  name: string;
  uid: number;
  gid: number;
  home: string;
}

async function entries(): Promise<Entry[]> {
  return (await users()).map(({ name, id: uid, more: [gid, , home = ''] }) => {
    return { name, uid, gid: Number(gid ?? ''), home };
  });
}

function environmentOf(entry?: Entry): Record<string, string> {
  return { HOME: entry?.home ?? '/', ...(entry && { USER: entry.name }) };
}
