// Where a path leads, also one that is not there yet: the kernel names folders of processes by their real paths, and what
// is compared with them (processes-in.ts) has to be one. Used where the worker's folders are settled.
import { realpathSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { textAt } from '../domain/json.ts';

/** `path` is absolute. */
export function realPathOf(path: string): string {
  try {
    return realpathSync(path);
  } catch (error) {
    const above = dirname(path);
    if (textAt(error, 'code') !== 'ENOENT' || above === path) throw error;
    return join(realPathOf(above), basename(path));
  }
}
