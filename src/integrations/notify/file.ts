// The channel `file`: one line of JSON per notice, in the data folder.
import { join } from 'node:path';
import { appendLine } from './deliveries.ts';
import type { Sender } from './sender.ts';

export const sendToFile: Sender = async ({ name, key, notice }, { folder }) => {
  await appendLine(join(folder, `${name}.jsonl`), { key, ...notice });
  return { delivered: true };
};
