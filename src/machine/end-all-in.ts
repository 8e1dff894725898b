// Ends everything that works in a folder, and everything in the pid namespaces that were begun there: how copies and
// isolated targets are ended, also those of a worker that was killed.
import { readlinkSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { Failure } from '../domain/failure.ts';
import { allPids, startTimeOf, type ProcessIdentity } from './process-identity.ts';
import { killProcess, processesIn } from './processes-in.ts';

const LOOK_AGAIN_MS = 20;
const GONE_WITHIN_MS = 10_000;

/** Kills what works in `folder` until nothing is left, as children end after their server. Throws Unavailable after 10 s. */
export async function endAllIn(folder: string, signal: AbortSignal): Promise<void> {
  const until = performance.now() + GONE_WITHIN_MS;
  const own = pidNamespace('self');
  const namespaces = new Set<string>();
  for (;;) {
    const inFolder = processesIn(folder);
    for (const { pid } of inFolder) {
      const its = pidNamespace(pid);
      if (its !== undefined && its !== own) namespaces.add(its);
    }
    // A process of such a namespace may work anywhere; it dies with the namespace's first one, a moment later.
    const left = [...inFolder, ...processesOf(namespaces)];
    if (left.length === 0) return;
    if (performance.now() > until) {
      const pids = [...new Set(left.map(({ pid }) => pid))].join(', ');
      const message = `ending what runs in ${folder}: ${pids} did not end within ${GONE_WITHIN_MS / 1000} s; look at them, then try again`;
      throw new Failure('Unavailable', message);
    }
    for (const one of inFolder) killProcess(one);
    await sleep(LOOK_AGAIN_MS, undefined, { signal });
  }
}

function processesOf(namespaces: ReadonlySet<string>): ProcessIdentity[] {
  if (namespaces.size === 0) return [];
  return allPids().flatMap((pid) => {
    const its = pidNamespace(pid);
    const startTime = its !== undefined && namespaces.has(its) ? startTimeOf(pid) : undefined;
    return startTime === undefined ? [] : [{ pid, startTime }];
  });
}

function pidNamespace(pid: number | 'self'): string | undefined {
  try {
    return readlinkSync(`/proc/${pid}/ns/pid`);
  } catch {
    return undefined; // gone meanwhile, another user's, or no Linux
  }
}
