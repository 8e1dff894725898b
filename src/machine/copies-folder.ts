// Where copies of a data folder's worker go, and what runs there.
import { createHash } from 'node:crypto';
import { lstatSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';

/** Where root keeps copies whose servers, which run as nobody, cannot pass through the data folder. */
const OF_ROOT = '/var/lib/fairlead';

/**
 * Where copies of the data folder's worker go unless a setting says where: in the data folder. Root's is its own, and so
 * is its home: nobody else passes through, and servers do not run as root.
 */
export function copiesFolder(data: string): string {
  const usual = join(data, 'copies');
  // A link says where they are to go.
  const isLink = lstatSync(usual, { throwIfNoEntry: false })?.isSymbolicLink() === true;
  if (isLink || process.getuid?.() !== 0 || isPassable(usual)) return usual;
  const key = createHash('sha256').update(data).digest('hex').slice(0, 12);
  return join(OF_ROOT, `copies-${key}`);
}

/** Whether everybody may pass through a folder and those above it; what is not there yet is made passable. */
function isPassable(folder: string): boolean {
  const stats = statSync(folder, { throwIfNoEntry: false });
  if (stats !== undefined && (stats.mode & 0o001) === 0) return false;
  const parent = dirname(folder);
  return parent === folder || isPassable(parent);
}
