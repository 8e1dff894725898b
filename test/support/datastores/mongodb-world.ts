// Backups of a live MongoDB, and copies of them, for one test.
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { createBackups } from '../../../src/datastores/backups.ts';
import { createBindings } from '../../../src/datastores/bindings.ts';
import { createHeartbeats } from '../../../src/datastores/heartbeats.ts';
import { createNamedFiles } from '../../../src/datastores/named-files.ts';
import { createStores } from '../../../src/datastores/registry.ts';
import { backupId } from '../../../src/domain/backup/backup-id.ts';
import type { CopyRef } from '../../../src/ports/backups.ts';
import { passableFolder } from './datastores.ts';
import { MISSING, startTestMongo } from './mongodb.ts';
import { waiting } from '../local-daemon.ts';
import { createMemoryObjects } from '../memory/memory-objects.ts';

export const clock = {
  now: () => Date.now(),
  sleep: (ms: number, signal: AbortSignal) => sleep(ms, undefined, { signal }),
};

/** `programs`: folders in which programs are looked for first. */
export async function mongoWorld(t: TestContext, programs: string[] = []) {
  const server = await startTestMongo();
  if (server === undefined) {
    t.skip(MISSING);
    return undefined;
  }
  const root = await passableFolder('fairlead-mongodb-backups-');
  const { env, store, db } = server;
  const secrets = { env, readFile: () => Promise.reject(new Error('none')), reader: 'the test' };
  const stores = createStores({ clock, secrets, programs: [...programs, ...server.programs] });
  const objects = createMemoryObjects();
  const copies = join(root, 'copies');
  const backups = createBackups({ objects, stores, copies, secrets, clock });
  const target: CopyRef = { copy: 'copy', store };
  t.after(async () => {
    await backups.discard('copy', waiting());
    await server.stop();
    await rm(root, { recursive: true, force: true });
  });
  const id = backupId('shop', 'orders', 1_700_000_000_000);
  const input = { store, id, systemDigest: 'd'.repeat(64) };
  const named = createNamedFiles({ stores, bindings: createBindings(objects), copies, clock });
  const heartbeats = createHeartbeats({ stores, bindings: createBindings(objects), copies });
  return {
    server,
    db,
    root,
    stores,
    objects,
    backups,
    target,
    id,
    input,
    store,
    named,
    heartbeats,
  };
}
