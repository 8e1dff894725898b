// What the last check of each system's recoverability came to: `<dir>/<system>.json`, replaced whole. Lost, people are told
// once more. Written by the activity checkRecovery; read by it, and by the worker's gauges.
import { mkdir, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import type { RecoveryLedgerPort } from '../activities/ports-recovery.ts';
import { parsedJson, textAt } from '../domain/json.ts';
import type { RecoverySeen } from '../domain/recovery-seen.ts';
import { replaceJson, textOf, unavailable } from './kept-files.ts';

const seenSchema: z.ZodType<RecoverySeen> = z.object({
  schema: z.literal('fairlead/recovery-seen/v1'),
  system: z.string(),
  checkedAt: z.iso.datetime(),
  state: z.enum(['proven', 'unproven']),
  codes: z.array(z.string()),
  changedAt: z.iso.datetime(),
  told: z.boolean(),
  backups: z.array(
    z.object({ datastore: z.string(), pointAt: z.iso.datetime().nullable(), rpoMs: z.number() }),
  ),
  lastDrillAt: z.iso.datetime().nullable(),
});

export function createRecoveryLedger(directory: string): RecoveryLedgerPort {
  const fileOf = (system: string): string => join(directory, `${system}.json`);
  const read = async (system: string): Promise<RecoverySeen | undefined> => {
    const text = await textOf(fileOf(system));
    const seen = seenSchema.safeParse(parsedJson(text)).data;
    return seen?.system === system ? seen : undefined;
  };
  return {
    read,
    write: async (seen) => {
      const file = fileOf(seen.system);
      await mkdir(directory, { recursive: true, mode: 0o750 }).catch((error: unknown) => {
        throw unavailable('writing', file, error);
      });
      await replaceJson(file, seen);
    },
    list: async () => {
      const names = await readdir(directory).catch((error: unknown) => {
        if (textAt(error, 'code') === 'ENOENT') return [];
        throw unavailable('reading', directory, error);
      });
      const systems = names.filter((name) => name.endsWith('.json'));
      const all = await Promise.all(systems.map((name) => read(name.slice(0, -'.json'.length))));
      return all.filter((one) => one !== undefined);
    },
  };
}
