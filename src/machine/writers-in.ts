// Which processes hold files of a folder open for writing, from Linux's /proc. What was mapped into memory and closed
// again does not show, nor does what another machine has open.
import { readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { allPids } from './process-identity.ts';

export interface WritersSeen {
  writers: { pid: number; file: string }[];
  /** Processes that belong to somebody else, and could not be looked at. */
  unseen: number;
}

/** `folder` by its real path. None, and none unseen, where there is no /proc. */
export function writersIn(folder: string): WritersSeen {
  const seen: WritersSeen = { writers: [], unseen: 0 };
  if (process.platform !== 'linux') return seen;
  for (const pid of allPids()) {
    const open = descriptorsOf(pid);
    if (open === undefined) seen.unseen += 1;
    for (const fd of open ?? []) {
      const file = fileOf(pid, fd);
      if (!file.startsWith(`${folder}/`) || !writes(pid, fd)) continue;
      seen.writers.push({ pid, file });
    }
  }
  return seen;
}

/** Undefined for a process of somebody else's; empty for one that is gone. */
function descriptorsOf(pid: number): string[] | undefined {
  try {
    return readdirSync(`/proc/${pid}/fd`);
  } catch (error) {
    const isGone = error instanceof Error && 'code' in error && error.code !== 'EACCES';
    return isGone ? [] : undefined;
  }
}

function fileOf(pid: number, fd: string): string {
  try {
    return readlinkSync(`/proc/${pid}/fd/${fd}`);
  } catch {
    return '';
  }
}

/** The access mode is the last two bits of the flags, which are octal. */
function writes(pid: number, fd: string): boolean {
  try {
    const [, flags = '0'] =
      /^flags:\s*([0-7]+)/m.exec(readFileSync(`/proc/${pid}/fdinfo/${fd}`, 'utf8')) ?? [];
    return (Number.parseInt(flags, 8) & 3) !== 0;
  } catch {
    return false;
  }
}
