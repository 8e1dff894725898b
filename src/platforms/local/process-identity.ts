// A process is its pid and its start time: a pid alone may be somebody else by now. From Linux's /proc.
import { readFileSync, readdirSync } from 'node:fs';

export interface ProcessIdentity {
  pid: number;
  /** Clock ticks since boot: field 22 of /proc/<pid>/stat. */
  startTime: number;
}

interface Stat {
  state: string;
  group: number;
  startTime: number;
}

function stat(pid: number): Stat | null {
  let text: string;
  try {
    text = readFileSync(`/proc/${pid}/stat`, 'utf8');
  } catch {
    return null;
  }
  // The command in field 2 may hold blanks and brackets: fields are counted from the last one.
  const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
  return { state: fields[0] ?? '', group: Number(fields[2]), startTime: Number(fields[19]) };
}

/** Null when there is no such process, or only its remains (a zombie). */
export function startTimeOf(pid: number): number | null {
  const found = stat(pid);
  return found === null || /[ZXx]/.test(found.state) ? null : found.startTime;
}

export function isAlive(identity: ProcessIdentity): boolean {
  return startTimeOf(identity.pid) === identity.startTime;
}

export function commandOf(pid: number): string {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ').trim();
  } catch {
    return '';
  }
}

export function allPids(): number[] {
  return readdirSync('/proc')
    .filter((entry) => /^\d+$/.test(entry))
    .map(Number);
}

/** Process groups of everyone whose environment has `entry` (`NAME=value`), for finding lost children. */
export function groupsWithEnvironment(entry: string): Set<number> {
  const groups = new Set<number>();
  for (const pid of allPids()) {
    try {
      if (!`\0${readFileSync(`/proc/${pid}/environ`, 'utf8')}`.includes(`\0${entry}\0`)) continue;
    } catch {
      continue; // gone meanwhile, or another user's
    }
    const group = stat(pid)?.group;
    if (group !== undefined && group > 1) groups.add(group);
  }
  return groups;
}

/** Signals a whole process group; one that is gone is fine. */
export function signalGroup(group: number, signal: NodeJS.Signals): void {
  if (group <= 1) return; // 0 would be our own group, 1 everybody
  try {
    process.kill(-group, signal);
  } catch {
    // nobody left in it
  }
}
