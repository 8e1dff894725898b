// Backups of a real Postgres over an object store in memory, for the tests of its datastore.
import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, type TestContext } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import type { ObjectsPort } from '../../../src/ports/objects.ts';
import { createBackups } from '../../../src/datastores/backups.ts';
import { createStores } from '../../../src/datastores/registry.ts';
import { backupId } from '../../../src/domain/backup/backup-id.ts';
import { datastoreRef, passableFolder } from './datastores.ts';
import { waiting } from '../local-daemon.ts';
import { createMemoryObjects } from '../memory/memory-objects.ts';
import { startPostgres, type TestPostgres } from './postgres.ts';

export const clock = {
  now: () => Date.now(),
  sleep: (ms: number, signal: AbortSignal) => sleep(ms, undefined, { signal }),
};

export function refTo({ address }: TestPostgres) {
  const { host, port, database, user } = address;
  const password = { env: 'PGSECRET' };
  const settings = { kind: 'postgres', host, port, database, user, password } as const;
  return datastoreRef('orders', '/', settings);
}

export const secretsOf = ({ address }: TestPostgres) => ({
  env: { PGSECRET: address.password },
  readFile: () => Promise.reject(new Error('none')),
  reader: 'the test',
});

/** One server for the tests of a file, each with backups of its own; without Postgres they skip. */
export function onePostgres() {
  let postgres: TestPostgres | undefined;
  before(async () => {
    postgres = await startPostgres();
  });
  after(() => postgres?.stop());
  return (t: TestContext, programs?: readonly string[]) => postgresWorld(t, postgres, programs);
}

/** Backups of the server, with the programs of a folder before the real ones. */
async function postgresWorld(
  t: TestContext,
  postgres: TestPostgres | undefined,
  programs: readonly string[] = [],
) {
  if (postgres === undefined) {
    t.skip('missing part: Postgres (looked in /usr/lib/postgresql and on PATH)');
    return undefined;
  }
  const root = await passableFolder('fairlead-pg-backups-');
  const secrets = secretsOf(postgres);
  const objects = createMemoryObjects();
  const stores = createStores({ clock, secrets, programs });
  const over = (on: ObjectsPort) =>
    createBackups({ objects: on, stores, copies: root, secrets, clock });
  const backups = over(objects);
  t.after(async () => {
    await backups.discard('copy', waiting());
    await rm(root, { recursive: true, force: true });
  });
  const store = refTo(postgres);
  const id = backupId('shop', 'orders', 1_700_000_000_000);
  const input = { store, id, systemDigest: 'd'.repeat(64) };
  const target = { copy: 'copy', store };
  return { postgres, objects, over, backups, store, id, input, root, target };
}

/** A folder with one program that does as it is told. */
export async function programThat(t: TestContext, name: string, script: string): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'fairlead-program-'));
  t.after(() => rm(folder, { recursive: true, force: true }));
  await writeFile(join(folder, name), `#!/bin/sh\n${script}\n`);
  await chmod(join(folder, name), 0o755);
  return folder;
}
