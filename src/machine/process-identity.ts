// Which process is meant: a pid alone may belong to somebody else by now, a pid with its start time cannot.
// From Linux's /proc; elsewhere `ps` tells what it can.
import { execFileSync } from 'node:child_process';
import { readFileSync, readdirSync, readlinkSync } from 'node:fs';
import { z } from 'zod';

const INTERPRETER = /(?:^|\/)(?:node|python|ruby|perl|php|java|bash|sh|dash|deno|bun)[\d.]*$/;

/** `startTime` is in clock ticks since boot where /proc tells it, else milliseconds since 1970. */
export const processIdentity = z.object({
  pid: z.number().int().positive(),
  startTime: z.number(),
});
export type ProcessIdentity = z.output<typeof processIdentity>;

interface Stat {
  state: string;
  parent: number;
  group: number;
  startTime: number;
}

function stat(pid: number): Stat | undefined {
  try {
    // The name, in parentheses, may hold anything; the fields that count come after the last one.
    const text = readFileSync(`/proc/${pid}/stat`, 'utf8');
    const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
    const [state = '', parent, group] = fields;
    const startTime = Number(fields[19]);
    return { state, parent: Number(parent), group: Number(group), startTime };
  } catch {
    return undefined;
  }
}

/** When the process with this pid was started; undefined when there is none (a zombie is none). */
export function startTimeOf(pid: number): number | undefined {
  if (process.platform !== 'linux') return startTimeFromPs(pid);
  const found = stat(pid);
  return found === undefined || /[ZXx]/.test(found.state) ? undefined : found.startTime;
}

function startTimeFromPs(pid: number): number | undefined {
  try {
    const out = execFileSync('ps', ['-o', 'stat=,lstart=', '-p', String(pid)], {
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'ignore'],
    }).trim();
    const [state = '', ...started] = out.split(/\s+/);
    return state.startsWith('Z') ? undefined : Date.parse(started.join(' '));
  } catch {
    return undefined;
  }
}

export function isAlive(identity: ProcessIdentity): boolean {
  return startTimeOf(identity.pid) === identity.startTime;
}

export function ownIdentity(): ProcessIdentity {
  return { pid: process.pid, startTime: startTimeOf(process.pid) ?? 0 };
}

/** Sends the signal if the process is still the one that is meant; false when it could not be sent. */
export function signalProcess(identity: ProcessIdentity, signal: NodeJS.Signals): boolean {
  if (!isAlive(identity)) return false;
  try {
    return process.kill(identity.pid, signal);
  } catch {
    return false;
  }
}

/** Signals a whole process group; a group that is gone is fine. */
export function signalGroup(group: number, signal: NodeJS.Signals): void {
  if (group <= 1) return; // 0 would be our own group, 1 everybody
  try {
    process.kill(-group, signal);
  } catch {
    // nobody left in it
  }
}

/** The program and arguments of a process on one line; empty when they cannot be seen. */
export function commandOf(pid: number): string {
  return wordsOf(pid).join(' ').replaceAll(/\s+/g, ' ').trim();
}

/**
 * The program of a process, and the script that an interpreter runs; empty when they cannot be seen. For records: other arguments
 * of other programs may be secrets.
 */
export function programOf(pid: number): string {
  const [program = '', script = ''] = wordsOf(pid);
  const isScript = INTERPRETER.test(program) && !script.startsWith('-');
  return `${program}${isScript ? ` ${script}` : ''}`.trim().slice(0, 120);
}

/** The program and arguments of a process; none when they cannot be seen. */
export function wordsOf(pid: number): string[] {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8').replace(/\0$/, '').split('\0');
  } catch {
    return [];
  }
}

export function allPids(): number[] {
  return readdirSync('/proc')
    .filter((entry) => /^\d+$/.test(entry))
    .map(Number);
}

/** Children of the process, their children and so on, as they are now. */
export function descendantsOf(ancestor: number): ProcessIdentity[] {
  const parents = new Map(allPids().map((pid) => [pid, stat(pid)?.parent]));
  const found = new Set([ancestor]);
  // A child may have a smaller pid than its parent: until nothing is new.
  for (let before = 0; before < found.size;) {
    before = found.size;
    for (const [pid, parent] of parents)
      if (parent !== undefined && found.has(parent)) found.add(pid);
  }
  found.delete(ancestor);
  return [...found].flatMap(identityOf);
}

/** Everyone of whom `holds` is true; it is given the entries (`NAME=value`) of the environment, none where they cannot be read. */
export function processesWhere(
  holds: (pid: number, environment: readonly string[]) => boolean,
): ProcessIdentity[] {
  return allPids()
    .filter((pid) => pid !== process.pid && holds(pid, entriesOf(pid)))
    .flatMap(identityOf);
}

/** True when the standard output or error of the process is the file. */
export function writesTo(pid: number, file: string): boolean {
  return [1, 2].some((fd) => {
    try {
      return readlinkSync(`/proc/${pid}/fd/${fd}`) === file;
    } catch {
      return false; // gone meanwhile, another user's, or closed
    }
  });
}

function identityOf(pid: number): ProcessIdentity[] {
  const startTime = startTimeOf(pid);
  return startTime === undefined ? [] : [{ pid, startTime }];
}

export function groupIdOf(pid: number): number | undefined {
  return stat(pid)?.group;
}

/** The value of `name` in the environment that the process was started with. */
export function environmentOf(pid: number, name: string): string | undefined {
  const entry = entriesOf(pid).find((one) => one.startsWith(`${name}=`));
  return entry?.slice(name.length + 1);
}

/** Process groups of everyone whose environment has `entry` (`NAME=value`) and none of `except`. */
export function groupsWithEnvironment(
  entry: string,
  except: ReadonlySet<string> = new Set(),
): Set<number> {
  const groups = new Set<number>();
  for (const pid of allPids()) {
    const entries = entriesOf(pid);
    if (!entries.includes(entry) || entries.some((one) => except.has(one))) continue;
    const group = stat(pid)?.group;
    if (group !== undefined && group > 1) groups.add(group);
  }
  return groups;
}

function entriesOf(pid: number): string[] {
  try {
    return readFileSync(`/proc/${pid}/environ`, 'utf8').split('\0');
  } catch {
    return []; // gone meanwhile, or another user's
  }
}
