// The backups port over an object store and the kinds of datastores: names objects, encrypts, writes manifests, reads
// them back. Every attempt writes below a name of its own and the manifest is put last, once: of two attempts that run
// at the same time (a stopped worker that wakes up) neither touches what the other wrote, and one of them is the backup.
import { randomUUID } from 'node:crypto';
import type { BackupsPort, CopyRef, DatastoreRef, ObjectsPort } from '../activities/ports-data.ts';
import type { Clock, RunRef, Waiting } from '../activities/ports.ts';
import type { DatastoreKind } from '../config/datastores.ts';
import type { BackupManifest } from '../domain/backup.ts';
import { Failure } from '../domain/failure.ts';
import type { SecretSources } from '../integrations/secret-value.ts';
import { artefactOf, createWriter } from './artefact.ts';
import {
  folderOf,
  listCatalogue,
  nameOf,
  readEntry,
  readManifest,
  writeManifest,
  writeMark,
} from './catalogue.ts';
import { createCopies, type Copies } from './copies.ts';
import { examineArtefact } from './examine.ts';
import { unlessFull } from './full-disk.ts';
import { loadCopy } from './load-copy.ts';
import { createProgress, type Progress } from './progress.ts';
import type { Scratch, Store } from './store.ts';

/** For the note of what is stored: a worker that is stopped has not much longer. */
const NOTE_MS = 3_000;

export type Stores = Record<DatastoreKind, Store>;

export interface BackupsInput {
  objects: ObjectsPort;
  stores: Stores;
  /** Absolute folder for copies; needs room for 2.2 times the data. */
  copies: string;
  secrets: SecretSources;
  clock: Pick<Clock, 'now'>;
}

export function createBackups(input: BackupsInput): BackupsPort {
  const { objects, stores, secrets, clock } = input;
  const copies = createCopies(input.copies);
  return {
    backup: (asked, waiting) =>
      backUp(input, asked, waiting, scratchIn(copies, asked.id, input, waiting, asked.owner)),
    list: (place, waiting) => listCatalogue(objects, place, waiting),
    read: (id, waiting) => readEntry(objects, id, waiting),
    mark: (id, mark, waiting) => writeMark(objects, id, mark, waiting),
    examine: async ({ store, id }, waiting) => {
      const manifest = await readManifest(objects, id, waiting);
      const artefact = await artefactOf({ objects, manifest, store, secrets });
      return examineArtefact(artefact, storeFor(stores, manifest, store), waiting);
    },
    restore: async ({ id, target }, waiting) => {
      const manifest = await readManifest(objects, id, waiting);
      const kind = storeFor(stores, manifest, target.store);
      const { copy, store, owner } = target;
      const begun = { copy, backup: id, createdAt: clock.now(), ...(owner && { owner }) };
      const fill = async (folder: string): Promise<void> =>
        kind.restore(await artefactOf({ objects, manifest, store, secrets }), folder, waiting);
      return loadCopy(copies, kind, begun, fill, waiting);
    },
    empty: ({ copy, store, owner }, waiting) => {
      const kind = stores[store.settings.kind];
      const backup = `empty:${store.system}/${store.datastore}`;
      const begun = { copy, backup, createdAt: clock.now(), ...(owner && { owner }) };
      const fill = (folder: string) => kind.empty(store, folder, waiting);
      return loadCopy(copies, kind, begun, fill, waiting);
    },
    handOver: async ({ copy, store }, waiting) => {
      const { folder } = await copies.find(copy);
      const kind = stores[store.settings.kind];
      const address = await kind.address(folder, waiting);
      await kind.handOver?.(folder, waiting);
      return address;
    },
    fingerprint: async (target, waiting, owner) => {
      if (!isCopy(target)) {
        const { system, datastore, settings } = target;
        const scratch = scratchIn(copies, `${system}/${datastore}`, input, waiting, owner);
        return stores[settings.kind].fingerprint(target, waiting, scratch);
      }
      const { folder } = await copies.find(target.copy);
      return stores[target.store.settings.kind].fingerprintCopy(folder, waiting);
    },
    place: (store) => stores[store.settings.kind].place(store),
    room: () => copies.room(),
    ask: async ({ target, query }, waiting) => {
      const { folder } = await copies.find(target.copy);
      return stores[target.store.settings.kind].ask(folder, query, waiting);
    },
    discard: (copy, waiting) => copies.discard(copy, waiting),
    copies: () => copies.list(),
  };
}

async function backUp(
  { objects, stores, clock }: BackupsInput,
  { store, id, systemDigest }: { store: DatastoreRef; id: string; systemDigest: string },
  waiting: Waiting,
  scratch: Scratch,
): Promise<BackupManifest> {
  const { system, datastore } = nameOf(id);
  if (system !== store.system || datastore !== store.datastore) {
    const message = `${id} is no name for a backup of ${store.system}/${store.datastore}`;
    throw new Failure('BadInput', message);
  }
  const there = await finished(objects, id, waiting);
  if (there !== undefined) return there;
  const { kind, backup } = store.settings;
  const attempt = randomUUID().slice(0, 8);
  const recipients = backup.encryption?.recipients ?? [];
  const coding = { compression: backup.compression, recipients };
  const startedAt = new Date(clock.now()).toISOString();
  const folder = folderOf(id);
  const write = createWriter(objects, `${folder}${attempt}/`, coding, waiting);
  const progress = createProgress({ objects, folder, attempt, coding }, waiting);
  const taken = await stores[kind]
    .backup(store, { write, ...progress }, waiting, scratch)
    .catch((error: unknown) => unfinished(progress, error, waiting));
  const manifest: BackupManifest = {
    schema: 'fairlead/backup/v1',
    ...{ id, system, datastore, kind, systemDigest, attempt, startedAt },
    endedAt: new Date(clock.now()).toISOString(),
    encryption: recipients.length === 0 ? null : { scheme: 'age', recipients },
    compression: backup.compression,
    ...taken,
  };
  try {
    await writeManifest(objects, manifest, waiting);
    return manifest;
  } catch (error) {
    // Another attempt was first: its backup is the backup, and this one's objects are nobody's.
    const first = await finished(objects, id, waiting);
    if (first === undefined) throw error;
    return first;
  }
}

/** What is stored need not be stored again; the store that would not take the rest may not take the note either. */
async function unfinished(progress: Progress, error: unknown, waiting: Waiting): Promise<never> {
  // With a signal of its own: the other one may be why it is unfinished.
  const signal = AbortSignal.timeout(NOTE_MS);
  await progress.flush({ ...waiting, signal }).catch(() => undefined);
  throw error;
}

async function finished(
  objects: ObjectsPort,
  id: string,
  waiting: Waiting,
): Promise<BackupManifest | undefined> {
  const entry = await readEntry(objects, id, waiting).catch((error: unknown) => {
    if (error instanceof Failure && error.kind === 'NotFound') return undefined;
    throw error;
  });
  return entry?.state === 'complete' ? entry.manifest : undefined;
}

/** A backup goes back into a store of its own kind; the binding in the system file may have changed since. */
function storeFor(stores: Stores, { id, kind }: BackupManifest, { settings }: DatastoreRef): Store {
  if (kind === settings.kind) return stores[settings.kind];
  throw new Failure(
    'Refused',
    `${id} was taken from a datastore of kind ${kind}, and the system file says ${settings.kind} now; restore it with the file it was taken with`,
  );
}

function isCopy(target: DatastoreRef | CopyRef): target is CopyRef {
  return 'copy' in target;
}

/** Listed like a copy, so that a janitor finds what a killed worker left. */
function scratchIn(
  copies: Copies,
  backup: string,
  { clock }: BackupsInput,
  waiting: Waiting,
  owner?: RunRef,
): Scratch {
  return async (work) => {
    const copy = `scratch-${randomUUID().slice(0, 8)}`;
    const begun = { copy, backup, createdAt: clock.now(), ...(owner && { owner }) };
    const { folder } = await unlessFull(copies, backup, () => copies.begin(begun, waiting));
    try {
      // It looks at the room that is left before what fills it is removed.
      return await unlessFull(copies, backup, () => work(folder));
    } finally {
      // Also when it was cancelled: nothing of it is worth keeping.
      await copies.discard(copy, { ...waiting, signal: new AbortController().signal });
    }
  };
}
