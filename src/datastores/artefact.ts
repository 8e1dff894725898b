// Writing and reading the objects of one backup: what is measured, compressed and encrypted on the way.
import type { Bytes, DatastoreRef, ObjectsPort } from '../activities/ports-data.ts';
import type { Waiting } from '../activities/ports.ts';
import type { BackupManifest } from '../domain/backup.ts';
import { Failure } from '../domain/failure.ts';
import { identitiesIn } from '../integrations/age-encryption.ts';
import { secretValue } from '../integrations/secret-value.ts';
import type { SecretSources } from '../integrations/secret-value.ts';
import { checked, decoded, encoded, measuring } from './byte-streams.ts';
import type { Coding } from './byte-streams.ts';
import { folderOf } from './catalogue.ts';
import type { Artefact, Write } from './store.ts';

/** `folder` ends with a slash and is this attempt's own. */
export function createWriter(
  objects: ObjectsPort,
  folder: string,
  coding: Coding,
  waiting: Waiting,
): Write {
  return async (name, body, path) => {
    const isPlain = coding.compression === 'none' && coding.recipients.length === 0;
    // As it is, the store's own SHA-256 is the plain one: a second would be half the work again.
    const plain = isPlain ? undefined : measuring(body);
    const stored = plain === undefined ? body : encoded(plain.body, coding);
    const { size, sha256 } = await objects.put({ key: `${folder}${name}`, body: stored }, waiting);
    return {
      name,
      size,
      sha256,
      plain: plain?.result() ?? { size, sha256 },
      ...(path !== undefined && { path }),
    };
  };
}

export interface ArtefactInput {
  objects: ObjectsPort;
  manifest: BackupManifest;
  store: DatastoreRef;
  secrets: SecretSources;
}

/** Throws BadInput when it is encrypted and the private key is not to be had. */
export async function artefactOf(input: ArtefactInput): Promise<Artefact> {
  const { objects, manifest, store } = input;
  const identities = manifest.encryption === null ? undefined : await identitiesFor(input);
  const folder = folderOf(manifest.id);
  return {
    manifest,
    store,
    read: async function* (object, waiting): Bytes {
      const key = `${folder}${object.attempt ?? manifest.attempt}/${object.name}`;
      const { body } = await objects.get(key, waiting);
      const coding = { compression: manifest.compression, ...(identities && { identities }) };
      // The stored bytes are checked by whoever examines; what a restore gets is checked as it comes out.
      const what = `${manifest.id}, ${object.name}`;
      try {
        for await (const chunk of checked(decoded(body, coding), object.plain, what)) {
          waiting.signal.throwIfAborted();
          yield chunk;
        }
      } catch (error) {
        // What was cut off looks damaged to whoever unpacks it.
        waiting.signal.throwIfAborted();
        throw error;
      }
    },
  };
}

async function identitiesFor({ manifest, store, secrets }: ArtefactInput): Promise<string[]> {
  const reference = store.settings.backup.encryption?.identity;
  if (reference === undefined) {
    const message = `${manifest.id} is encrypted, and datastores.${store.datastore}.backup.encryption.identity does not say where a private key is`;
    throw new Failure('BadInput', message);
  }
  const found = await secretValue(reference, store.directory, secrets);
  if ('problem' in found) {
    const message = `${manifest.id} is encrypted, and its private key is in ${found.problem}`;
    throw new Failure('BadInput', message);
  }
  return identitiesIn(found.secret, `datastores.${store.datastore}.backup.encryption.identity`);
}
