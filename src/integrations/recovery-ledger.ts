// What the last check of each system's recoverability came to: `<dir>/<system>.json`, replaced whole. Lost, people are told
// once more. Written by the activity checkRecovery; read by it, and by the worker's gauges.
import { randomUUID } from 'node:crypto';
import { mkdir, open, readdir, readFile, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import type { RecoveryLedgerPort } from '../activities/ports-recovery.ts';
import { Failure } from '../domain/failure.ts';
import { textAt } from '../domain/json.ts';
import type { RecoverySeen } from '../domain/recovery-seen.ts';

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
  const read = async (system: string): Promise<RecoverySeen | undefined> => {
    const file = join(directory, `${system}.json`);
    try {
      const seen = seenSchema.safeParse(JSON.parse(await readFile(file, 'utf8'))).data;
      return seen?.system === system ? seen : undefined;
    } catch (error) {
      if (error instanceof SyntaxError || textAt(error, 'code') === 'ENOENT') return undefined;
      throw unavailable('reading', file, error);
    }
  };
  return {
    read,
    write: (seen) => replace(join(directory, `${seen.system}.json`), seen),
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

async function replace(file: string, value: unknown): Promise<void> {
  const mine = `${file}.${randomUUID()}.tmp`;
  try {
    await mkdir(join(file, '..'), { recursive: true, mode: 0o750 });
    const handle = await open(mine, 'wx', 0o640);
    try {
      await handle.writeFile(`${JSON.stringify(value, null, 2)}\n`);
      await handle.sync();
    } finally {
      await handle.close();
    }
    await rename(mine, file);
  } catch (error) {
    await rm(mine, { force: true }).catch(() => undefined);
    throw unavailable('writing', file, error);
  }
}

function unavailable(doing: string, file: string, error: unknown): Failure {
  const said = error instanceof Error ? error.message : String(error);
  return new Failure(
    'Unavailable',
    `${doing} ${file}: ${said}. Check that the folder is there, writable and has space.`,
  );
}
