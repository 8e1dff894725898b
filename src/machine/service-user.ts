// Who the processes of a service, and the commands of a system file, run as. Where the local host is root: the user that the system file names, else the owner of
// the folder that the program is started in, so that a service reads neither Fairlead's keys nor its records. Where it is not,
// everything runs as its own user.
import { readFile, stat } from 'node:fs/promises';
import { userInfo } from 'node:os';
import { Failure } from '../domain/failure.ts';

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

/** Undefined where it runs as the local host itself. Throws NotFound for a user whom nobody knows, Refused where another one's processes cannot be started. */
export async function serviceUser({ user, directory }: Owned): Promise<ServiceUser | undefined> {
  const own = process.getuid?.();
  if (own === undefined) return undefined;
  if (own !== 0) return asOneself(user, own);
  const found = user === undefined ? await ownerOf(directory) : await named(user);
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

/** The folder that a start does not find is told by the start. */
async function ownerOf(directory: string): Promise<ServiceUser> {
  const { uid, gid } = await stat(directory).catch(() => ({ uid: 0, gid: 0 }));
  const entry = (await entries()).find((one) => one.uid === uid);
  return { uid, gid: entry?.gid ?? gid, environment: environmentOf(entry) };
}

async function named(user: string): Promise<ServiceUser> {
  const isNumber = /^\d+$/.test(user);
  const found = (await entries()).find((one) =>
    isNumber ? one.uid === Number(user) : one.name === user,
  );
  if (found !== undefined) return { ...found, environment: environmentOf(found) };
  if (isNumber) return { uid: Number(user), gid: Number(user), environment: environmentOf() };
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
  const text = await readFile('/etc/passwd', 'utf8').catch(() => '');
  return text.split('\n').flatMap((line) => {
    const [name = '', , uid = '', gid = '', , home = ''] = line.split(':');
    return /^\d+$/.test(uid) ? [{ name, uid: Number(uid), gid: Number(gid), home }] : [];
  });
}

function environmentOf(entry?: Entry): Record<string, string> {
  return { HOME: entry?.home ?? '/', ...(entry && { USER: entry.name }) };
}
