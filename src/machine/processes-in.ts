// Which processes work in a folder, from Linux's /proc: how everything that runs on a copy is found, also what a
// killed worker started and what changed its name and its environment since.
import { readlinkSync } from 'node:fs';
import { allPids, signalProcess, startTimeOf, type ProcessIdentity } from './process-identity.ts';

/** The processes whose working directory is `folder` or lies in it. */
export function processesIn(folder: string): ProcessIdentity[] {
  if (process.platform !== 'linux') return [];
  return allPids().flatMap((pid) => {
    const startTime = startTimeOf(pid);
    const at = workingDirectory(pid);
    if (startTime === undefined || at === undefined) return [];
    return at === folder || at.startsWith(`${folder}/`) ? [{ pid, startTime }] : [];
  });
}

export function killProcess(identity: ProcessIdentity): void {
  signalProcess(identity, 'SIGKILL');
}

function workingDirectory(pid: number): string | undefined {
  try {
    return readlinkSync(`/proc/${pid}/cwd`);
  } catch {
    return undefined; // gone meanwhile, or another user's
  }
}
