// Keeps the services' logs bounded: what is over the limit moves to `<log>.1`, and the log starts anew. The
// services write on through their open, appending file, so it is copied and cut instead of renamed.
import { copyFile, readdir, stat, truncate } from 'node:fs/promises';
import { join } from 'node:path';

export async function boundLogs(folder: string, mostBytes: number): Promise<void> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true }).catch(() => []);
  for (const entry of entries) {
    if (!entry.isFile() || !entry.name.endsWith('.log')) continue;
    const path = join(entry.parentPath, entry.name);
    const { size } = await stat(path);
    if (size <= mostBytes) continue;
    await copyFile(path, `${path}.1`);
    await truncate(path, 0);
  }
}
