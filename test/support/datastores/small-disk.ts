// A disk that is soon full: a tmpfs of a given size, mounted for as long as a test uses it. Takes root.
import { execFileSync } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { closeSync, openSync, writeSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { textAt } from '../../../src/domain/json.ts';
import { endAllIn } from '../../../src/machine/end-all-in.ts';
import { passableFolder } from './datastores.ts';

/** `size` as mount takes it: `24k`, `1m`. The test is skipped where nothing can be mounted. */
export async function withSmallDisk(
  t: TestContext,
  size: string,
  work: (folder: string) => Promise<void>,
): Promise<void> {
  const folder = await passableFolder('fairlead-small-disk-');
  try {
    const options = ['-t', 'tmpfs', '-o', `size=${size},mode=711`, 'tmpfs', folder];
    try {
      execFileSync('mount', options, { stdio: 'pipe' });
    } catch (error) {
      t.skip(`no small disk can be mounted here, which takes root: ${String(error)}`);
      return;
    }
    try {
      await work(folder);
    } finally {
      // A test that failed may have left a server there.
      await endAllIn(folder, new AbortController().signal);
      execFileSync('umount', [folder]);
    }
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** Fills the disk of `folder` to its last block, by a file of its own. */
export function fillDisk(folder: string): void {
  const file = openSync(join(folder, randomUUID()), 'wx');
  try {
    for (let size = 64 * 1024; size >= 512;) {
      try {
        writeSync(file, Buffer.alloc(size));
      } catch (error) {
        if (textAt(error, 'code') !== 'ENOSPC') throw error;
        size /= 2;
      }
    }
  } finally {
    closeSync(file);
  }
}
