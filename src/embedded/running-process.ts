// One process that runs in a group of its own: launched here or left by an earlier `up`, watched and ended.
// Output goes to a file and not to a pipe, so that the process outlives whoever launched it.
import { spawn, type ChildProcess } from 'node:child_process';
import { closeSync, constants, fstatSync, openSync, readSync, renameSync, statSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { ownProgram } from '../machine/own-modules.ts';
import { withUsualUmask } from '../machine/own-umask.ts';
import {
  isAlive,
  signalProcess,
  startTimeOf,
  type ProcessIdentity,
} from '../machine/process-identity.ts';

export interface Program {
  command: string;
  args: string[];
  env: NodeJS.ProcessEnv;
  /** Permissions that its files are made without; without it the umask that whoever launches it was started with. */
  umask?: number;
}

/** A module of Fairlead's own as a program, named as its path in src without suffix. */
export function ownNode(module: string, args: string[], env: NodeJS.ProcessEnv): Program {
  return { command: process.execPath, args: [...ownProgram(module), ...args], env: { ...env } };
}

export interface RunningProcess {
  identity: ProcessIdentity;
  adopted: boolean;
  /** Resolves when the process is gone, with how it ended. */
  ended: Promise<Ending>;
}

export interface Ending {
  /** As people read it: `ended with code 1`, `was killed by SIGKILL`, ... */
  how: string;
  code: number | null;
}

const APPEND = constants.O_WRONLY | constants.O_APPEND | constants.O_CREAT | constants.O_NOFOLLOW;
const POLL_MS = 100;
const LOG_LIMIT = 16 * 1024 * 1024;

/** Starts the program; throws when there is no such program. */
export async function launch(program: Program, logFile: string): Promise<RunningProcess> {
  const log = openSync(logFile, APPEND, 0o600);
  try {
    const child = spawned(program, log);
    const ended = new Promise<Ending>((resolve) => {
      child.once('exit', (code, signal) => {
        const how = signal === null ? `ended with code ${String(code)}` : `was killed by ${signal}`;
        resolve({ how, code });
      });
    });
    await new Promise<void>((resolve, reject) => {
      child.once('spawn', resolve);
      child.once('error', reject);
    });
    const pid = child.pid ?? 0;
    // Gone already: nothing will ever match this identity, and `ended` says why.
    return { identity: { pid, startTime: startTimeOf(pid) ?? -1 }, adopted: false, ended };
  } finally {
    closeSync(log);
  }
}

function spawned({ command, args, env, umask }: Program, log: number): ChildProcess {
  return withUsualUmask(() => {
    const before = umask === undefined ? undefined : process.umask(umask);
    try {
      return spawn(command, args, { env, stdio: ['ignore', log, log], detached: true });
    } finally {
      if (before !== undefined) process.umask(before);
    }
  });
}

/** Watches a process that somebody else launched, until `signal` is aborted. */
export function adopt(identity: ProcessIdentity, signal: AbortSignal): RunningProcess {
  const ended = (async () => {
    while (isAlive(identity) && !signal.aborted) {
      await sleep(POLL_MS, undefined, { signal }).catch(() => undefined);
    }
    return { how: 'is gone', code: null };
  })();
  return { identity, adopted: true, ended };
}

export interface Ends {
  graceMs: number;
  hurry?: AbortSignal | undefined;
  /** The signal that makes it hurry; without it, SIGKILL, after which processes of its own would live on. */
  hurryBy?: NodeJS.Signals | undefined;
}

/** SIGTERM, then SIGKILL after `graceMs`; resolves when it is gone. */
export async function end(identity: ProcessIdentity, ends: Ends): Promise<void> {
  const { graceMs, hurry, hurryBy = 'SIGKILL' } = ends;
  signalProcess(identity, 'SIGTERM');
  const deadline = performance.now() + graceMs;
  let hurried = false;
  while (isAlive(identity) && performance.now() < deadline) {
    if (hurry?.aborted === true && !hurried) hurried = signalProcess(identity, hurryBy);
    await sleep(20);
  }
  signalProcess(identity, 'SIGKILL');
  while (isAlive(identity)) await sleep(20);
}

/** How long the log is now: where the output of the next launch begins. A log grown large is put aside. */
export function logPosition(logFile: string): number {
  try {
    const { size } = statSync(logFile);
    if (size < LOG_LIMIT) return size;
    renameSync(logFile, `${logFile}.1`);
    return 0;
  } catch {
    return 0;
  }
}

/** What was written to the log since `position`, at most its last 64 kB. */
export function readLog(logFile: string, position: number): string {
  try {
    const file = openSync(logFile, 'r');
    try {
      const { size } = fstatSync(file);
      const from = Math.max(position, size - 65_536);
      const buffer = Buffer.alloc(Math.max(0, size - from));
      readSync(file, buffer, 0, buffer.length, from);
      return buffer.toString('utf8');
    } finally {
      closeSync(file);
    }
  } catch {
    return '';
  }
}
