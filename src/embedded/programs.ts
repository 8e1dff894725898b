// How Fairlead's own processes are started: the file beside this one with the suffix that runs now
// (`.ts` under tsx from a clone, `.js` from dist).
import { extname } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Environment } from '../config/environment.ts';
import type { Program } from './running-process.ts';

/** The URL of an entry, named as its path in src without suffix: `worker`, `platforms/local/daemon`. */
export function entryUrl(entry: string): string {
  return new URL(`../${entry}${extname(import.meta.url)}`, import.meta.url).href;
}

export function nodeProgram(entry: string, args: string[], env: Environment): Program {
  const url = entryUrl(entry);
  const loader = url.endsWith('.ts') ? ['--import', import.meta.resolve('tsx')] : [];
  return {
    command: process.execPath,
    args: [...loader, fileURLToPath(url), ...args],
    env: { ...env },
  };
}
