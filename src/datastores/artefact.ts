// Writing and reading the objects of one backup: what is measured, compressed and encrypted on the way.
import type { Bytes, ObjectsPort } from '../ports/objects.ts';
import type { DatastoreRef } from '../ports/backups.ts';
import type { Waiting } from '../ports/waiting.ts';
import type { BackupManifest, StreamedManifest } from '../domain/backup/backup.ts';
import { Failure } from '../domain/failure.ts';
import { identitiesIn } from '../integrations/age-encryption.ts';
import { secretValue, type SecretSources } from '../integrations/secret-value.ts';
import { checked, decoded, encoded, measuring, type Coding } from './byte-streams.ts';
import { folderOf } from './catalogue.ts';
import type { Artefact, StreamedArtefact, Write } from './store.ts';

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

/**
 * The backup that a manifest describes. Throws Refused when the system file asks for encryption and the manifest says
 * otherwise, BadInput when it is encrypted and the private key is not to be had.
 */
export async function artefactOf(input: ArtefactInput): Promise<Artefact> {
  const { manifest, store } = input;
  refuseUnencrypted(input);
  if (manifest.artefact === 'external') return { manifest, store };
  return streamedArtefact({ ...input, manifest });
}

/** Whoever can write to the store can write a manifest too: whether a backup is encrypted is the system file's to say. */
function refuseUnencrypted({ manifest, store }: ArtefactInput): void {
  const asked = store.settings.backup.encryption?.recipients ?? [];
  if (asked.length === 0) return;
  const given = manifest.artefact === 'streamed' ? manifest.encryption : null;
  if (given?.recipients.some((recipient) => asked.includes(recipient))) return;
  const how =
    given === null ? 'is not encrypted' : 'is encrypted for none of the recipients that it names';
  throw new Failure(
    'Refused',
    `${manifest.id} ${how}, and datastores.${store.datastore}.backup.encryption asks for it: somebody may have put it into the store. Take a new backup; to read one of before the encryption was asked for, or its keys changed, use a system file that says what it was made with`,
  );
}

/** Throws Unsupported for a backup that only the service which made it could read. */
export function streamed(artefact: Artefact): StreamedArtefact {
  if ('read' in artefact) return artefact;
  const { id, kind, location } = artefact.manifest;
  throw new Failure(
    'Unsupported',
    `${id} lies in ${location}, where a service of its own put it, and a datastore of kind ${kind} reads only what Fairlead streamed`,
  );
}

/** The bytes of a backup's one object. Throws CheckFailed where it holds none of this name. */
export function dumpIn(artefact: Artefact, name: string, waiting: Waiting): Bytes {
  const { manifest, read } = streamed(artefact);
  const dump = manifest.objects.find((object) => object.name === name);
  if (dump !== undefined) return read(dump, waiting);
  throw new Failure('CheckFailed', `${manifest.id} holds no object ${name}`);
}

type StreamedInput = ArtefactInput & { manifest: StreamedManifest };

async function streamedArtefact(input: StreamedInput): Promise<StreamedArtefact> {
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

async function identitiesFor({ manifest, store, secrets }: StreamedInput): Promise<string[]> {
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
