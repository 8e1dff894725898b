// What is made of a new set of namespaces before anything runs in it: a loopback and no other network, everything
// read-only, live folders and everybody's meeting places beneath empty folders in memory. Called by the runner.
import {
  chmod,
  mkdir,
  readFile,
  readlink,
  realpath,
  writeFile,
  type FileHandle,
} from 'node:fs/promises';
import { join } from 'node:path';
import { Failure } from '../../../../domain/failure.ts';
import { textAt } from '../../../../domain/json.ts';
import type { EncloseRequest } from '../protocol.ts';
import {
  hideFolder,
  hideSocket,
  holdFolder,
  makeAllReadOnly,
  putFolder,
  runTool,
} from './mounts.ts';

/** Sockets of live servers, memory and files that processes share lie here. */
const MEETING_PLACES = ['/run', '/var/run', '/tmp', '/var/tmp', '/dev/shm'];
/** Those of them that everybody may write to. */
const EVERYBODYS = ['/tmp', '/var/tmp', '/dev/shm'];
const HOME = '/tmp/home';
export const HOSTS = '/run/hosts';

export interface Enclosure {
  /** Undefined where there is no copy at all. */
  copies: { path: string; held: FileHandle } | undefined;
  /** Live folders with generations: the path, and where its `current` leads. */
  generations: ReadonlyMap<string, string>;
}

/** Throws Unavailable with what the machine said: then nothing of the target may be used. */
export async function encloseTarget(request: EncloseRequest): Promise<Enclosure> {
  await runTool('ip', ['link', 'set', 'lo', 'up']);
  await runTool('mount', ['-t', 'proc', 'proc', '/proc']);
  const directory = await realpath(request.directory).catch(() => {
    const message = `isolating the system in ${request.directory}: there is no such folder`;
    throw new Failure('NotFound', message);
  });
  const live = await Promise.all(request.live.map(actual));
  const hidden = await Promise.all([...MEETING_PLACES, ...request.hide].map(actual));
  const generations = await generationsOf(live);
  const system = await holdFolder(directory);
  const copies = await held(request.copies);
  const hosts = await readFile('/etc/hosts', 'utf8').catch(() => undefined);
  await makeAllReadOnly();
  // The system's folder lies on top of what hides its surroundings, and beneath what is hidden of it.
  const around = hidden.filter((path) => isWithin(directory, path));
  const inward = hidden.filter((path) => !around.includes(path));
  await hideAll(around);
  if (around.length > 0) await putFolder(system, directory, { writable: false });
  await hideAll([...inward, await actual(request.copies), ...live]);
  for (const socket of request.sockets) await hideSocket(socket);
  await mkdir(HOME, { recursive: true });
  await chmod(HOME, 0o1777);
  if (hosts !== undefined) await takeOverHosts(hosts);
  await system.close();
  return { copies, generations };
}

export function isWithin(path: string, folder: string): boolean {
  return path === folder || path.startsWith(`${folder}/`);
}

/** Outer ones first: what lies in one that is hidden already is not there any more. */
async function hideAll(paths: readonly string[]): Promise<void> {
  const sorted = [...new Set(paths)].sort((one, other) => one.length - other.length);
  for (const path of sorted) await hideFolder(path, EVERYBODYS.includes(path) ? '1777' : '0755');
}

/** Without symbolic links; one that is not there is as it is. */
async function actual(path: string): Promise<string> {
  return realpath(path).catch(() => path);
}

async function held(path: string): Promise<Enclosure['copies']> {
  const real = await actual(path);
  try {
    return { path: real, held: await holdFolder(real) };
  } catch (error) {
    if (textAt(error, 'code') === 'ENOENT') return undefined;
    throw new Failure('Unavailable', `opening the folder of copies ${path}: ${String(error)}`);
  }
}

async function generationsOf(live: readonly string[]): Promise<Map<string, string>> {
  const found = new Map<string, string>();
  for (const path of live) {
    const leads = await readlink(join(path, 'current')).catch(() => undefined);
    const name = /^(?:\.\/)?(gen-\d+)$/.exec(leads ?? '')?.[1];
    if (name !== undefined) found.set(path, name);
  }
  return found;
}

/** A file of the target's own over /etc/hosts, so that `mount` can say where a name leads. */
async function takeOverHosts(content: string): Promise<void> {
  await mkdir('/run', { recursive: true });
  await writeFile(HOSTS, content);
  await runTool('mount', ['--bind', HOSTS, '/etc/hosts']);
}
