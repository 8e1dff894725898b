// How the processes of a target are started: its own programs are files beside this one with the suffix that runs now
// (`.ts` under tsx from a clone, `.js` from dist), the machine's tools are found on PATH.
import { extname } from 'node:path';
import { fileURLToPath } from 'node:url';

/** Node and its arguments. */
export function nodeCommand(entry: 'inside/runner' | 'relay'): [string, ...string[]] {
  const suffix = extname(import.meta.url);
  const loader = suffix === '.ts' ? ['--import', import.meta.resolve('tsx')] : [];
  const file = fileURLToPath(new URL(`./${entry}${suffix}`, import.meta.url));
  return [process.execPath, ...loader, file];
}

/** People who are not root often have no folder of system tools on their PATH. */
export function toolEnvironment(): Record<string, string | undefined> {
  return { ...process.env, PATH: `${process.env['PATH'] ?? ''}:/usr/sbin:/sbin` };
}
