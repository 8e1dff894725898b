// Removes backups, for whoever retention runs as, and what attempts at a backup left: it gets the store's removal beside its
// reading, and who makes backups gets none of it. Which backup is removed is decided in domain/backup/retention.ts.
import type { BackupRemovalPort } from '../ports/backups.ts';
import type { ObjectInfo, ObjectRemovalPort, ObjectsPort } from '../ports/objects.ts';
import type { Waiting } from '../ports/waiting.ts';
import type { BackupManifest } from '../domain/backup/backup.ts';
import { folderOf, MANIFEST, readManifestIn } from './catalogue.ts';
import { endAttempt, END } from './progress.ts';

type Objects = Pick<ObjectsPort, 'list' | 'get' | 'put'> & ObjectRemovalPort;
type Removed = Awaited<ReturnType<BackupRemovalPort['remove']>>;

/** The folder of an attempt as backups.ts names it; marks lie beside it in `verified/` and others. */
const ATTEMPT = /^[0-9a-f]{8}$/;

export function createBackupRemoval(objects: Objects): BackupRemovalPort {
  return {
    remove: async (id, waiting) => {
      const folder = folderOf(id);
      const all = await objects.list(folder);
      // The manifest first: what is left after a crash is no backup, and found again by the next attempt.
      const isManifest = ({ key }: ObjectInfo): boolean => key === `${folder}${MANIFEST}`;
      const inOrder = [...all.filter(isManifest), ...all.filter((one) => !isManifest(one))];
      return removeAll(objects, inOrder, waiting);
    },
    removeLeft: async (id, waiting) => {
      // Of processes that are gone, whatever they wrote: what is written now is not among it.
      await objects.sweep(0);
      return removeAll(objects, await leftOf(objects, folderOf(id), waiting), waiting);
    },
  };
}

/**
 * What attempts left that no backup will ever be made of. An attempt that still runs (a worker that was stopped wakes up)
 * may go on to write, and cannot be harmed:
 * - Once the manifest is there, it stays and no other is taken: what it does not name, nobody asks for.
 * - Before that, only dumps go, and only of an attempt that is given up. It cannot put its manifest any more, since it would
 *   have to say first that it is whole, and the store takes only one of the two words. One that said so earlier keeps all.
 *   No other attempt names a dump of it either: only files are taken over.
 */
async function leftOf(objects: Objects, folder: string, waiting: Waiting): Promise<ObjectInfo[]> {
  const all = await objects.list(folder);
  const inAttempts = all.flatMap((info) => {
    const [attempt = '', ...names] = info.key.slice(folder.length).split('/');
    return ATTEMPT.test(attempt) ? [{ info, attempt, names }] : [];
  });
  if (all.some(({ key }) => key === `${folder}${MANIFEST}`)) {
    const manifest = await readManifestIn(objects, folder, waiting);
    // What cannot be read may name anything.
    if (manifest === undefined) return [];
    const named = keysNamed(folder, manifest);
    return inAttempts.map(({ info }) => info).filter(({ key }) => !named.has(key));
  }
  const left: ObjectInfo[] = [];
  const dumps = inAttempts.filter(({ names }) => names.length === 1 && names[0] !== END);
  for (const attempt of new Set(dumps.map((one) => one.attempt))) {
    waiting.signal.throwIfAborted();
    const end = await endAttempt(objects, { folder, attempt, end: 'given up' }, waiting);
    if (end !== 'given up') continue;
    left.push(...dumps.filter((one) => one.attempt === attempt).map(({ info }) => info));
  }
  return left;
}

function keysNamed(folder: string, manifest: BackupManifest): Set<string> {
  if (manifest.artefact === 'external') return new Set();
  const keyOf = (attempt: string, name: string): string => `${folder}${attempt}/${name}`;
  return new Set(
    manifest.objects.map(({ name, attempt }) => keyOf(attempt ?? manifest.attempt, name)),
  );
}

async function removeAll(
  objects: ObjectRemovalPort,
  infos: readonly ObjectInfo[],
  { signal, beat }: Waiting,
): Promise<Removed> {
  let bytes = 0;
  for (const { key, etag, size } of infos) {
    signal.throwIfAborted();
    await objects.remove({ key, etag });
    bytes += size;
    beat({ removed: bytes });
  }
  return { objects: infos.length, bytes };
}
