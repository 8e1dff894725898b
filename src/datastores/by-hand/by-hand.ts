// The port to what a person types over the kinds of datastores: finds where the objects of a backup lie and how they are
// read without Fairlead, and has the kind say the rest. Made once, by the worker.
import { isAbsolute, join, resolve } from 'node:path';
import type { ByHandPort } from '../../ports/by-hand.ts';
import type { ObjectsPort } from '../../ports/objects.ts';
import type { BindingsPort } from '../../ports/bindings.ts';
import type { DatastoreRef } from '../../ports/backups.ts';
import {
  line,
  secretWord,
  type ByHand,
  type DatastoreByHand,
} from '../../domain/by-hand/by-hand.ts';
import type { BackupManifest, BackupObject, StreamedManifest } from '../../domain/backup/backup.ts';
import { Failure } from '../../domain/failure.ts';
import { shellWord } from '../../domain/text/command-text.ts';
import { boundStore } from '../bindings.ts';
import { folderOf, readManifest } from '../catalogue.ts';
import type { HandBackup, HandObject, Stores } from '../store.ts';

export interface ByHandInput {
  objects: ObjectsPort;
  /** Absolute folder of the object store. */
  folder: string;
  stores: Stores;
  bindings: BindingsPort;
}

export function createByHand({ objects, folder, stores, bindings }: ByHandInput): ByHandPort {
  return {
    datastore: async (store, id, waiting) => {
      const there = await boundStore(bindings, store, waiting);
      const manifest = id === undefined ? undefined : await readManifest(objects, id, waiting);
      const backup = manifest && handBackup(manifest, there, folder);
      const said = await stores[there.settings.kind].byHand(there, backup);
      return { ...(backup && { artefact: seenWhole(backup) }), ...said } satisfies DatastoreByHand;
    },
  };
}

function handBackup(manifest: BackupManifest, store: DatastoreRef, folder: string): HandBackup {
  if (manifest.artefact === 'external') {
    const message = `${manifest.id} lies in ${manifest.location}: only the service that made it reads it back, by its own commands`;
    throw new Failure('Unsupported', message);
  }
  return {
    manifest,
    objects: manifest.objects.map((one) => handObject(one, manifest, store, folder)),
  };
}

function handObject(
  object: BackupObject,
  manifest: StreamedManifest,
  store: DatastoreRef,
  folder: string,
): HandObject {
  const key = `${folderOf(manifest.id)}${object.attempt ?? manifest.attempt}/${object.name}`;
  const file = join(folder, key);
  const stages = [
    ...(manifest.encryption === null ? [] : [decrypting(store)]),
    ...(manifest.compression === 'gzip' ? ['gzip -dc'] : []),
  ];
  const [first = 'cat', ...rest] = stages;
  return { ...object, file, read: [`${first} < ${shellWord(file)}`, ...rest].join(' | ') };
}

/** Whoever types it has the key: in a file, or in a variable. */
function decrypting({ directory, settings }: DatastoreRef): string {
  const identity = settings.backup.encryption?.identity;
  if (identity === undefined) return 'age --decrypt --identity KEY_OF_A_RECIPIENT';
  const resolved = (path: string): string => (isAbsolute(path) ? path : resolve(directory, path));
  if ('file' in identity) return line('age', '--decrypt', '--identity', resolved(identity.file));
  return `age --decrypt --identity <(printf '%s\\n' ${secretWord(identity, resolved)})`;
}

function seenWhole({ objects }: HandBackup): ByHand {
  return {
    type: ['# nothing: what is stored is only looked at'],
    see: [
      `sha256sum --check --quiet <<'SUMS'`,
      ...objects.map(({ file, sha256 }) => `${sha256}  ${file}`),
      'SUMS',
    ],
  };
}
