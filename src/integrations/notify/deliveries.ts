// What became of each notice, on disk: <dir>/<run>.jsonl, one line per key, so that what was delivered is not sent
// again by an activity that is tried again, by this worker or another. Between a delivery and its line a crash
// leaves a gap: then it is sent twice, never not at all.
import { mkdir, open } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { z } from 'zod';
import type { Delivery } from '../../activities/ports.ts';
import { parsedJson } from '../../domain/json.ts';
import { encodeName } from '../evidence-files.ts';
import { textOf, unavailable } from '../kept-files.ts';

const line = z.object({
  key: z.string(),
  delivery: z.union([
    z.object({ delivered: z.literal(true) }),
    z.object({ delivered: z.literal(false), reason: z.string() }),
  ]),
});

export interface Deliveries {
  find(key: string): Promise<Delivery | undefined>;
  note(key: string, delivery: Delivery): Promise<void>;
}

export function createDeliveries(directory: string): Deliveries {
  return {
    find: async (key) => {
      const content = await textOf(fileOf(directory, key));
      for (const text of content.split('\n')) {
        const found = line.safeParse(parsedJson(text));
        if (found.success && found.data.key === key) return found.data.delivery;
      }
      return undefined;
    },
    note: (key, delivery) =>
      appendLine(fileOf(directory, key), { key, delivery, at: new Date().toISOString() }),
  };
}

/** One line of JSON at the end of a file, on disk when this resolves; after half a line, on a line of its own. */
export async function appendLine(file: string, value: unknown): Promise<void> {
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

/** Keys begin with the id of their run. */
function fileOf(directory: string, key: string): string {
  return join(directory, `${encodeName(key.split('/')[0] ?? '')}.jsonl`);
}
