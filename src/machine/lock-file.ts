// A lock as a file in a folder that nobody else may write to. It names its holder by pid and start time: what a killed
// process leaves is taken over, and what anybody else does on the machine (a socket, a name in /tmp) cannot take it.
import { randomUUID } from 'node:crypto';
import { linkSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { parsedJson, textAt } from '../domain/json.ts';
import { isAlive, ownIdentity, processIdentity, type ProcessIdentity } from './process-identity.ts';

export type Locking = { release: () => void } | { holder: ProcessIdentity };

/** Takes the lock, or says which living process has it. Throws what the file system throws. */
export function lockFile(path: string): Locking {
  const own = ownIdentity();
  const mine = `${path}.${randomUUID()}`;
  writeFileSync(mine, JSON.stringify(own), { mode: 0o600, flag: 'wx' });
  try {
    // As a hard link, which only one process can make, and which is never there half written.
    while (!tryLink(mine, path)) {
      const found = textOf(path);
      if (found === undefined) continue;
      const holder = holderIn(found);
      if (holder && isAlive(holder)) return { holder };
      const taken = takeOver(path, mine, found);
      if (taken === 'taken') break;
      if (taken !== 'changed') return taken;
    }
    return {
      release: () => {
        release(path, own);
      },
    };
  } finally {
    rmSync(mine, { force: true });
  }
}

/** The living process that holds the lock, if one does. */
export function lockHolder(path: string): ProcessIdentity | undefined {
  const holder = holderIn(textOf(path) ?? '');
  return holder && isAlive(holder) ? holder : undefined;
}

/** Only who holds the lock on a dead one's lock may replace it: of two that saw it dead, one is late, and sees who was first. */
function takeOver(
  path: string,
  mine: string,
  dead: string,
): 'taken' | 'changed' | { holder: ProcessIdentity } {
  const { pid, startTime } = holderIn(dead) ?? { pid: 0, startTime: 0 };
  const right = lockFile(`${path}.after-${pid}-${startTime}`);
  if ('holder' in right) return right;
  try {
    if (textOf(path) !== dead) return 'changed';
    renameSync(mine, path);
    return 'taken';
  } finally {
    right.release();
  }
}

function release(path: string, own: ProcessIdentity): void {
  const holder = holderIn(textOf(path) ?? '');
  if (holder?.pid === own.pid && holder.startTime === own.startTime) rmSync(path, { force: true });
}

/** False when the link is there already. */
function tryLink(from: string, to: string): boolean {
  try {
    linkSync(from, to);
    return true;
  } catch (error) {
    if (textAt(error, 'code') === 'EEXIST') return false;
    throw error;
  }
}

function textOf(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    if (textAt(error, 'code') === 'ENOENT') return undefined;
    throw error;
  }
}

function holderIn(text: string): ProcessIdentity | undefined {
  return processIdentity.safeParse(parsedJson(text)).data;
}
