// What operations stood on, and what was noted of their notices, removed from the object store once no run is known that
// could ask for it. Used by the janitor alone.
import type { ObjectInfo, ObjectRemovalPort, ObjectsPort } from '../ports/objects.ts';
import type { KeptRemovalPort } from '../ports/snapshots.ts';
import { infoOf } from './json-objects.ts';
import { NOTES } from './notify/deliveries.ts';
import { newestKey, newestNote, snapshotKey } from './snapshots.ts';
import { isSharedByServers } from './store-id.ts';

/** The folders of notes that are named by a run; others (of what is not proven) are named by what they are about. */
const RUN = /^_notices\/([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})\//;

export function createKeptRemoval(
  objects: ObjectsPort & Pick<ObjectRemovalPort, 'remove'>,
): KeptRemovalPort {
  /** What has this prefix and is old; nothing where a run that one server does not know may be another one's. */
  const oldIn = async (prefix: string, before: number): Promise<ObjectInfo[]> => {
    if (await isSharedByServers(objects)) return [];
    const old = (await objects.list(prefix)).filter(({ modifiedAt }) => modifiedAt < before);
    return old.sort((one, other) => one.modifiedAt - other.modifiedAt);
  };
  return {
    putBefore: async (kind, before) =>
      (await oldIn(snapshotKey(kind, '').replace(/\.json$/, ''), before)).map(({ key }) =>
        key.slice(key.lastIndexOf('/') + 1).replace(/\.json$/, ''),
      ),
    remove: async (kind, digest) => {
      const info = await infoOf(objects, snapshotKey(kind, digest));
      if (info !== undefined) await objects.remove(info);
      const notes = kind === 'system' ? await objects.list(newestKey()) : [];
      for (const note of notes.filter(({ key }) => newestNote(key)?.digest === digest))
        await objects.remove(note);
    },
    notedBefore: async (before) => {
      const old = await oldIn(NOTES, before);
      const newest = await objects.list(NOTES);
      const young = new Set(
        newest.filter(({ modifiedAt }) => modifiedAt >= before).map(({ key }) => runIn(key)),
      );
      return [...new Set(old.flatMap(({ key }) => runIn(key) ?? []))].filter(
        (run) => !young.has(run),
      );
    },
    removeNotes: async (runId) => {
      const notes = await objects.list(`${NOTES}${runId}/`);
      for (const note of notes) await objects.remove(note);
      return notes.length;
    },
  };
}

function runIn(key: string): string | undefined {
  return RUN.exec(key)?.[1];
}
