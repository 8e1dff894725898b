// How the processes of a target are started: the file beside this one with the suffix that runs now (`.ts` under tsx
// from a clone, `.js` from dist).
import { extname } from 'node:path';
import { fileURLToPath } from 'node:url';

/** Node and its arguments. */
export function nodeCommand(entry: 'inside/runner' | 'relay'): [string, ...string[]] {
  const suffix = extname(import.meta.url);
  const loader = suffix === '.ts' ? ['--import', import.meta.resolve('tsx')] : [];
  const file = fileURLToPath(new URL(`./${entry}${suffix}`, import.meta.url));
  return [process.execPath, ...loader, file];
}
