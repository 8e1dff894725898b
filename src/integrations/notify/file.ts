// The channel `file`: one line of JSON per notice, in the data folder.
import { mkdir, open } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { unavailable } from '../objects-folder.ts';
import type { Sender } from './sender.ts';

export const sendToFile: Sender = async ({ name, key, notice }, { folder }) => {
  await appendLine(join(folder, `${name}.jsonl`), { key, ...notice });
  return { delivered: true };
};

/** Adds one line of JSON at the end of a file, on disk when this resolves; after half a line, on a line of its own. */
async function appendLine(file: string, value: unknown): Promise<void> {
  try {
    await mkdir(dirname(file), { recursive: true, mode: 0o750 });
    const handle = await open(file, 'a+', 0o640);
    try {
      const { size } = await handle.stat();
      const last = Buffer.alloc(1, '\n');
      if (size > 0) await handle.read(last, 0, 1, size - 1);
      const start = last.toString() === '\n' ? '' : '\n';
      await handle.writeFile(`${start}${JSON.stringify(value)}\n`);
      await handle.sync();
    } finally {
      await handle.close();
    }
  } catch (error) {
    throw unavailable('writing', file, error);
  }
}
