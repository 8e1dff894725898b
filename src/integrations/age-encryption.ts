// Encryption with age (age-encryption.org): any one of the recipients' private keys reads it, and whoever writes needs
// none of them. 64 KiB at a time, each authenticated: what is cut or altered is an error, never other bytes. The library
// is loaded when it is needed: a worker starts, and takes over, without it.
import { ReadableStream } from 'node:stream/web';
import type { Bytes } from '../ports/objects.ts';
import { Failure } from '../domain/failure.ts';

const KEY = /^AGE-SECRET-KEY-[A-Z0-9-]+$/;

/** Throws BadInput for a recipient that is none. */
export async function* encrypted(body: Bytes, recipients: readonly string[]): Bytes {
  const { Encrypter } = await import('age-encryption');
  const encrypter = new Encrypter();
  for (const recipient of recipients) {
    try {
      encrypter.addRecipient(recipient);
    } catch {
      const shown = recipient.startsWith('age1') ? recipient : 'one of them';
      throw new Failure('BadInput', `${shown} is no recipient of age; write a public key, age1...`);
    }
  }
  yield* await encrypter.encrypt(webStream(body));
}

/** Throws Refused when none of the keys fits, CheckFailed when it is cut or altered. */
export async function* decrypted(body: Bytes, identities: readonly string[]): Bytes {
  const { Decrypter } = await import('age-encryption');
  const decrypter = new Decrypter();
  for (const identity of identities) {
    try {
      decrypter.addIdentity(identity);
    } catch {
      throw new Failure(
        'BadInput',
        'a private key of age (backup.encryption.identity) is damaged: its letters do not fit its checksum; copy it again',
      );
    }
  }
  let opened = false;
  try {
    const plain = await decrypter.decrypt(webStream(body));
    opened = true;
    yield* plain;
  } catch (error) {
    if (error instanceof Failure) throw error;
    const said = error instanceof Error ? error.message : String(error);
    if (opened) throw new Failure('CheckFailed', `decrypting: ${said}; it is cut or altered`);
    const kind = /no identity matched/.test(said) ? 'Refused' : 'CheckFailed';
    throw new Failure(
      kind,
      `decrypting: ${said}. Is the private key (backup.encryption.identity) one of the recipients' that it was made for?`,
    );
  }
}

/** The private keys in the text of a key file; its other lines are comments. Throws BadInput without any. */
export function identitiesIn(text: string, where: string): string[] {
  const keys = text
    .split(/\r?\n/)
    .map((line) => line.trim())
    .filter((line) => KEY.test(line));
  if (keys.length > 0) return keys;
  throw new Failure('BadInput', `${where} holds no private key of age (AGE-SECRET-KEY-1...)`);
}

function webStream(body: Bytes): ReadableStream<Uint8Array> {
  const stream: ReadableStream<Uint8Array> = ReadableStream.from(body);
  return stream;
}
