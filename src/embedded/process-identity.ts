// Which process is meant: a pid alone may belong to somebody else by now, a pid with its start time cannot.
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { z } from 'zod';

/** `startTime` is in clock ticks since boot where /proc tells it, else milliseconds since 1970. */
export const processIdentity = z.object({
  pid: z.number().int().positive(),
  startTime: z.number(),
});
export type ProcessIdentity = z.output<typeof processIdentity>;

/** When the process with this pid was started; undefined when there is none (a zombie is none). */
export function startTimeOf(pid: number): number | undefined {
  if (process.platform !== 'linux') return startTimeFromPs(pid);
  try {
    // The name, in parentheses, may hold anything; the fields that count come after the last one.
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    if (fields[0] === 'Z' || fields[0] === 'X') return undefined;
    return Number(fields[19]);
  } catch {
    return undefined;
  }
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

/** Sends the signal if the process is still the one that is meant. */
export function signalProcess(identity: ProcessIdentity, signal: NodeJS.Signals): boolean {
  if (!isAlive(identity)) return false;
  try {
    return process.kill(identity.pid, signal);
  } catch {
    return false;
  }
}

export function ownIdentity(): ProcessIdentity {
  return { pid: process.pid, startTime: startTimeOf(process.pid) ?? 0 };
}
