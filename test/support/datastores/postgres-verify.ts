// Verifies a database of the test's Postgres as the product does: taken, examined, loaded into a copy, compared.
import type { TestContext } from 'node:test';
import type { Call } from '../../../src/activities/call.ts';
import { compareCopy, examineBackup, restoreCopy } from '../../../src/activities/data/backups.ts';
import { takeBackup } from '../../../src/activities/data/take-backup.ts';
import { withClient } from '../../../src/datastores/postgres/connection.ts';
import { backupId } from '../../../src/domain/backup/backup-id.ts';
import type { RungResult } from '../../../src/domain/backup/ladder.ts';
import type { BackupRemovalPort } from '../../../src/ports/backups.ts';
import { waiting } from '../local-daemon.ts';
import { clock, type onePostgres } from './postgres-backups.ts';

type World = NonNullable<Awaited<ReturnType<ReturnType<typeof onePostgres>>>>;

const callNow = (): Call => ({
  ...waiting(),
  operation: 'verify/shop/orders',
  step: 'step',
  run: { workflowId: 'verify/shop/orders', runId: 'run' },
  kept: null,
  urgent: false,
  attempt: 1,
  previous: undefined,
  givenUp: () => false,
  token: () =>
    Promise.resolve({ operation: 'verify/shop/orders', step: '', epoch: 1, sequence: 1 }),
});

let count = 0;

/** A database of its own with these statements in it, one after the other; `options` are those of CREATE DATABASE. */
export async function databaseWith(
  t: TestContext,
  it: World,
  statements: readonly string[],
  options = "LOCALE 'C.UTF-8'",
): Promise<string> {
  const database = `case_${(count += 1)}`;
  const { query, address } = it.postgres;
  await query(`CREATE DATABASE ${database} TEMPLATE template0 ENCODING 'UTF8' ${options}`);
  t.after(() => query(`DROP DATABASE IF EXISTS ${database} WITH (FORCE)`));
  await withClient({ ...address, database }, waiting().signal, async (client) => {
    for (const statement of statements) await client.query(statement);
  });
  return database;
}

/** What a backup of a database says when it is taken, and its rungs up to `correct`. */
export async function verified(
  it: World,
  database: string,
  between: (id: string) => Promise<void> = () => Promise.resolve(),
): Promise<{ detail: string; rungs: RungResult[] }> {
  const store = { ...it.store, settings: { ...it.store.settings, database } };
  const id = backupId('shop', 'orders', 1_700_000_000_000 + (count += 1));
  const target = { copy: `copy-${count}`, store };
  const { backups } = it;
  const call = callNow();
  const removal: BackupRemovalPort = {
    remove: () => Promise.reject(new Error('none')),
    removeLeft: () => Promise.resolve({ objects: 0, bytes: 0 }),
  };
  const ports = { backups, clock, removal };
  try {
    const input = { store, id, systemDigest: 'd'.repeat(64) };
    const { detail } = await takeBackup(input, call, ports);
    await between(id);
    const rungs = [
      await examineBackup({ store, id }, call, ports),
      await restoreCopy({ id, target }, call, ports),
      ...(await compareCopy({ id, target, rungs: ['complete', 'correct'] }, call, ports)),
    ];
    return { detail, rungs };
  } finally {
    await backups.discard(target.copy, waiting());
  }
}
