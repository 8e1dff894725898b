// Names of what is being put into a folder of objects: each says which process writes it, so that what a killed process left is
// known at once. Only a process of the same kernel and the same pid namespace can tell; to others it is a name.
import { createHash, randomUUID } from 'node:crypto';
import { readFileSync, readlinkSync } from 'node:fs';
import { textAt } from '../domain/json.ts';
import { startTimeOf } from '../machine/process-identity.ts';

const NAME = /^[0-9a-f-]{36}~([0-9a-f]{16})~(\d{1,10})~(\d{1,16})$/;

const own = { pid: process.pid, startTime: startTimeOf(process.pid), pids: ownPids() };

export function incomingName(): string {
  const { pids, pid, startTime } = own;
  if (pids === undefined || startTime === undefined) return randomUUID();
  return `${randomUUID()}~${pids}~${pid}~${startTime}`;
}

/** Whether the process that wrote a file of this name is known to be gone; false where nobody can tell. */
export function isWriterGone(name: string): boolean {
  const [, pids, pid, startTime] = NAME.exec(name) ?? [];
  if (pids === undefined || pids !== own.pids) return false;
  const found = startTimeOf(Number(pid));
  return found === undefined ? isNobodys(Number(pid)) : found !== Number(startTime);
}

/** A process of another user may be hidden in /proc, and is there. */
function isNobodys(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return false;
  } catch (error) {
    return textAt(error, 'code') === 'ESRCH';
  }
}

/** Within what a pid means one process: this boot of the kernel, and the namespace; undefined where that cannot be told. */
function ownPids(): string | undefined {
  try {
    const boot = readFileSync('/proc/sys/kernel/random/boot_id', 'utf8');
    const namespace = readlinkSync('/proc/self/ns/pid');
    return createHash('sha256').update(`${boot}${namespace}`).digest('hex').slice(0, 16);
  } catch {
    return undefined;
  }
}
