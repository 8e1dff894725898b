// Removes backups, for whoever retention runs as: it gets the store's removal beside its reading, and who makes backups
// gets none of it. What is removed is decided in domain/backup/retention.ts.
import type { BackupRemovalPort } from '../ports/backups.ts';
import type { ObjectInfo, ObjectRemovalPort, ObjectsPort } from '../ports/objects.ts';
import { folderOf, MANIFEST } from './catalogue.ts';

export function createBackupRemoval(
  objects: Pick<ObjectsPort, 'list'> & ObjectRemovalPort,
): BackupRemovalPort {
  return {
    remove: async (id, { signal, beat }) => {
      const folder = folderOf(id);
      const all = await objects.list(folder);
      // The manifest first: what is left after a crash is no backup, and found again by the next attempt.
      const isManifest = ({ key }: ObjectInfo): boolean => key === `${folder}${MANIFEST}`;
      const inOrder = [...all.filter(isManifest), ...all.filter((one) => !isManifest(one))];
      let bytes = 0;
      for (const { key, etag, size } of inOrder) {
        signal.throwIfAborted();
        await objects.remove({ key, etag });
        bytes += size;
        beat({ removed: bytes });
      }
      return { objects: inOrder.length, bytes };
    },
  };
}
