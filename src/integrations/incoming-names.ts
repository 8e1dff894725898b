// Names of what is being put into a folder of objects: each says which process writes it, so that what a killed process left is
// known at once. Only a process of the same kernel and the same pid namespace can tell; to others it is a name.
import { createHash, randomUUID } from 'node:crypto';
import { readFileSync, readlinkSync } from 'node:fs';
import { textAt } from '../domain/json.ts';
import { startTimeOf, type ProcessIdentity } from '../machine/process-identity.ts';

const NAME = /^[0-9a-f-]{36}~([0-9a-f]{16})~(\d{1,10})~(\d{1,16})$/;

interface Writer extends ProcessIdentity {
  /** Within what a pid means one process: a boot of the kernel, and a pid namespace. */
  pids: string;
}

/** This process; null where nobody could tell later whether it is there. */
let own: Writer | null | undefined;

function ownWriter(): Writer | null {
  if (own === undefined) own = readOwn();
  return own;
}

export function incomingName(): string {
  const writer = ownWriter();
  if (writer === null) return randomUUID();
  return `${randomUUID()}~${writer.pids}~${writer.pid}~${writer.startTime}`;
}

/** Whether the process that wrote a file of this name is known to be gone; false where nobody can tell. */
export function isWriterGone(name: string): boolean {
  const [, pids, pid, startTime] = NAME.exec(name) ?? [];
  if (pids === undefined || pids !== ownWriter()?.pids) return false;
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

function readOwn(): Writer | null {
  const startTime = startTimeOf(process.pid);
  if (startTime === undefined) return null;
  try {
    const boot = readFileSync('/proc/sys/kernel/random/boot_id', 'utf8');
    const namespace = readlinkSync('/proc/self/ns/pid');
    const pids = createHash('sha256').update(`${boot}${namespace}`).digest('hex').slice(0, 16);
    return { pid: process.pid, startTime, pids };
  } catch {
    return null;
  }
}
