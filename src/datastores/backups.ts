// The backups port over an object store and the kinds of datastores: names objects, encrypts, writes manifests, reads
// them back. Every attempt writes below a name of its own and the manifest is put last, once: of two attempts that run
// at the same time (a stopped worker that wakes up) neither touches what the other wrote, and one of them is the backup.
import { randomUUID } from 'node:crypto';
import type { BackupsPort, CopyPlacement, CopyRef, DatastoreRef } from '../ports/backups.ts';
import type { BindingsPort } from '../ports/bindings.ts';
import type { ObjectsPort } from '../ports/objects.ts';
import type { Clock } from '../ports/clock.ts';
import type { RunRef } from '../domain/operation/operation.ts';
import type { Waiting } from '../ports/waiting.ts';
import type { BackupManifest } from '../domain/backup/backup.ts';
import { catalogueFolder, placeOfKey } from '../domain/backup/backup-id.ts';
import { plainBytes } from '../domain/backup/backup.ts';
import { roomForCopy } from '../domain/recovery/preflight.ts';
import { sizeOf } from '../domain/text/amounts.ts';
import { Failure } from '../domain/failure.ts';
import type { SecretSources } from '../integrations/secret-value.ts';
import { UNDISTURBED } from '../integrations/json-objects.ts';
import { artefactOf, createWriter } from './artefact.ts';
import { boundStore, createBindings, placedAt } from './bindings.ts';
import {
  folderOf,
  listCatalogue,
  nameOf,
  readEntry,
  readManifest,
  writeManifest,
  writeMark,
} from './catalogue.ts';
import { createCopies, type Copies, type NewCopy } from './copies.ts';
import { elsewhereOr } from './exchanges.ts';
import { examineArtefact } from './examine.ts';
import { unlessFull } from './full-disk.ts';
import { loadCopy, newCopy, releaseIn } from './load-copy.ts';
import { createProgress, endWhole, type Progress } from './progress.ts';
import { asking, besideOr, lookInto } from './look-into.ts';
import type { Scratch, Store, Stores } from './store.ts';

/** For the note of what is stored: a worker that is stopped has not much longer. */
const NOTE_MS = 3_000;

export interface BackupsInput {
  objects: ObjectsPort;
  stores: Stores;
  /** Absolute folder for copies; needs room for 2.2 times the data. */
  copies: string;
  secrets: SecretSources;
  clock: Pick<Clock, 'now'>;
}

/** `bindings`: what is live is looked for where it is today, and copies are called as that is. */
type Wired = BackupsInput & { bindings: BindingsPort };

export function createBackups(given: BackupsInput): BackupsPort {
  const input: Wired = { ...given, bindings: createBindings(given.objects) };
  const { objects, stores, secrets, clock, bindings } = input;
  const copies = createCopies(input.copies, { release: releaseIn(stores, bindings) });
  const scratchFor = (store: DatastoreRef, backup: string, waiting: Waiting, owner?: RunRef) =>
    scratchIn(copies, scratchCopy({ store, backup, owner }, clock), waiting);
  return {
    capabilities: (store) => stores[store.settings.kind].capabilities,
    backup: (asked, waiting) =>
      backUp(input, asked, waiting, scratchFor(asked.store, asked.id, waiting, asked.owner)),
    list: (place, waiting) => listCatalogue(objects, place, waiting),
    read: (id, waiting) => readEntry(objects, id, waiting),
    mark: (id, mark, waiting) => writeMark(objects, id, mark, waiting),
    examine: async ({ store, id }, waiting) => {
      const manifest = await readManifest(objects, id, waiting);
      const artefact = await artefactOf({ objects, manifest, store, secrets });
      return examineArtefact(artefact, storeFor(stores, manifest, store), waiting);
    },
    restore: (asked, waiting) => restore(input, asked, waiting, copies),
    empty: async (target, waiting) => {
      const store = await boundStore(bindings, target.store, waiting);
      const kind = stores[store.settings.kind];
      const fill = (folder: string) => kind.empty(store, folder, waiting);
      const backup = `empty:${store.system}/${store.datastore}`;
      return loadCopy(copies, kind, newCopy(target, backup, clock), fill, waiting);
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
        const scratch = scratchFor(target, `${system}/${datastore}`, waiting, owner);
        const live = await boundStore(bindings, target, waiting);
        return stores[settings.kind].fingerprint(live, waiting, scratch);
      }
      const { folder } = await copies.find(target.copy);
      return stores[target.store.settings.kind].fingerprintCopy(folder, waiting);
    },
    ...ofLive(input),
    room: () => copies.room(),
    ...asking({ stores, bindings, copies }),
    ...lookInto({ stores, bindings, copies }),
    discard: (copy, waiting) => copies.discard(copy, waiting),
    copies: () => copies.list(),
  };
}

/** What is asked of the live datastore itself. */
function ofLive({ stores, bindings }: Wired): Pick<BackupsPort, 'place' | 'serviceBackups'> {
  return {
    place: async (store) =>
      stores[store.settings.kind].place(await boundStore(bindings, store, UNDISTURBED)),
    serviceBackups: async (store, waiting) => {
      const { serviceBackups } = stores[store.settings.kind];
      return serviceBackups?.(await boundStore(bindings, store, waiting), waiting);
    },
  };
}

async function restore(
  { objects, bindings, stores, secrets, clock }: Wired,
  { id, target, into }: Parameters<BackupsPort['restore']>[0],
  waiting: Waiting,
  copies: Copies,
): Promise<void> {
  const manifest = await readManifest(objects, id, waiting);
  const store = await boundStore(bindings, target.store, waiting);
  const kind = storeFor(stores, manifest, store);
  const begin = await beginningOf(kind, store, manifest, into);
  const fill = async (folder: string): Promise<void> => {
    if (begin === undefined) await requireRoom(copies, manifest);
    const artefact = await artefactOf({ objects, manifest, store, secrets });
    await begin?.(folder);
    await kind.restore(artefact, folder, waiting);
  };
  await loadCopy(copies, kind, newCopy(target, id, clock), fill, waiting);
}

/** What makes the place of a copy; undefined for one apart from everything live. */
async function beginningOf(
  kind: Store,
  store: DatastoreRef,
  manifest: BackupManifest,
  into: CopyPlacement,
): Promise<((folder: string) => Promise<void>) | undefined> {
  if (into === 'scratch') return undefined;
  const bytes = manifest.liveBytes ?? plainBytes(manifest);
  if (into === 'beside') {
    const beside = await besideOr(kind, store);
    return (folder) => beside.begin(store, folder, bytes);
  }
  const elsewhere = elsewhereOr(kind, store);
  const there = placedAt(store, into.elsewhere);
  return (folder) => elsewhere.begin(there, folder, bytes, manifest.contents.locale);
}

/** Before anything is loaded: what fills the disk of the copies may fill that of others too. */
async function requireRoom(copies: Copies, manifest: BackupManifest): Promise<void> {
  const { liveBytes } = manifest;
  const needed = roomForCopy({
    bytes: plainBytes(manifest),
    ...(liveBytes !== undefined && { liveBytes }),
  });
  const free = await copies.room();
  if (free >= needed) return;
  throw new Failure(
    'Refused',
    `loading ${manifest.id}: there is no room where copies go (${sizeOf(free)} are free, ${sizeOf(needed)} are needed), and nothing was loaded; make room, or name another folder in FAIRLEAD_COPIES`,
  );
}

async function backUp(
  { objects, bindings, stores, clock }: Wired,
  { store, id, systemDigest, owner: _, ...noted }: Parameters<BackupsPort['backup']>[0],
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
  const { compression } = backup;
  const coding = { compression, recipients };
  const startedAt = new Date(clock.now()).toISOString();
  const folder = folderOf(id);
  const after = await laterThan(objects, store, id);
  const write = createWriter(objects, `${folder}${attempt}/`, coding, waiting);
  const progress = createProgress({ objects, folder, attempt, coding }, waiting);
  const live = await boundStore(bindings, store, waiting);
  const taken = await stores[kind]
    .backup(live, { write, ...progress }, waiting, scratch)
    .catch((error: unknown) => unfinished(progress, error, waiting));
  const base = {
    schema: 'fairlead/backup/v1' as const,
    ...{ id, system, datastore, kind, systemDigest, startedAt },
    ...noted,
    ...after,
    endedAt: new Date(clock.now()).toISOString(),
  };
  const encryption =
    recipients.length === 0 ? null : { scheme: 'age' as const, recipients: [...recipients] };
  const manifest: BackupManifest =
    taken.artefact === 'external'
      ? { ...base, ...taken }
      : { ...base, attempt, encryption, compression, ...taken };
  try {
    await endWhole(objects, folder, manifest, waiting);
    await writeManifest(objects, manifest, waiting);
    return manifest;
  } catch (error) {
    // Another attempt was first: its backup is the backup, and this one's objects are nobody's.
    const first = await finished(objects, id, waiting);
    if (first === undefined) throw error;
    return first;
  }
}

/** Backups that are there and have later names: some clock is off, and who looks later could not tell in which order they were made. */
async function laterThan(
  objects: ObjectsPort,
  store: DatastoreRef,
  id: string,
): Promise<Pick<BackupManifest, 'after'>> {
  const infos = await objects.list(catalogueFolder(store.system, store.datastore));
  const ids = infos.flatMap(({ key }) => placeOfKey(key)?.id ?? []);
  const after = [...new Set(ids)].filter((other) => other > id).sort();
  return after.length === 0 ? {} : { after };
}

/** Notes what an attempt stored, so that the next one need not store it again, and throws why it ended; an object store that is away may not take the note either. */
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

/** The scratch copy of one backup or comparison, with a new name each time it is asked for. */
function scratchCopy(
  { store, backup, owner }: { store: DatastoreRef; backup: string; owner: RunRef | undefined },
  clock: Pick<Clock, 'now'>,
): () => NewCopy {
  return () => {
    const copy = `scratch-${randomUUID().slice(0, 8)}`;
    return newCopy({ copy, store, ...(owner && { owner }) }, backup, clock);
  };
}

/** Listed like a copy, so that a janitor finds what a killed worker left. */
function scratchIn(copies: Copies, fresh: () => NewCopy, waiting: Waiting): Scratch {
  return async (work) => {
    const begun = fresh();
    const { copy, backup } = begun;
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
