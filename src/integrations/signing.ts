// Ed25519 signatures of records. The worker signs with the key of its data folder (`keys/evidence.key`, made by whoever
// comes first, readable by its owner only); `fairlead report verify` checks with a public key and nothing else.
import {
  createPrivateKey,
  createPublicKey,
  generateKeyPairSync,
  sign,
  verify,
  type KeyObject,
} from 'node:crypto';
import { mkdir, readFile, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { SignerPort } from '../ports/signer.ts';
import { Failure } from '../domain/failure.ts';
import { PUBLIC_KEY } from '../domain/text/names.ts';
import { keepFile, keepFirst } from '../machine/keep-file.ts';
import { signedText, type SignedHead } from '../domain/record/evidence-chain.ts';

interface KeyPair {
  key: KeyObject;
  publicKey: string;
}

const KEY_PREFIX = 'ed25519:';

/** The key with which a person signs answers. */
export interface PersonalKey {
  /** As a system file names it. */
  publicKey: string;
  /** The signature over a text, base64. */
  sign: (text: string) => string;
}

/** `folder` is `<data>/keys`; the key is made with the first signature. */
export function createSigner(folder: string): SignerPort {
  let kept: KeyPair | undefined;
  const pair = async (): Promise<KeyPair> => (kept ??= await readOrMakeKey(folder));
  return {
    unable: async () => {
      try {
        await pair();
        return undefined;
      } catch (error) {
        return saidBy(error);
      }
    },
    verifies: isVoteSignedBy,
    sign: async (head) => {
      const { key, publicKey } = await pair();
      const signature = sign(null, Buffer.from(signedText(head)), key).toString('base64');
      return { head, signature, publicKey };
    },
  };
}

/** Where the signature of an evidence file lies. */
export function signatureFileOf(evidenceFile: string): string {
  return `${evidenceFile.replace(/\.jsonl$/, '')}.sig.json`;
}

/** Does the signature belong to this head and this key? What is no key or no signature does not. */
export function isSignedBy({ head, signature, publicKey }: SignedHead): boolean {
  try {
    const key = createPublicKey(publicKey);
    const bytes = Buffer.from(signature, 'base64');
    // Decoders pass over what does not belong there: written as Fairlead writes them, there is one text for each.
    const isPlain = bytes.toString('base64') === signature && pemOf(key) === publicKey;
    if (!isPlain || key.asymmetricKeyType !== 'ed25519') return false;
    return verify(null, Buffer.from(signedText(head)), key, bytes);
  } catch {
    return false;
  }
}

/** Is this signature (base64) of a person's key (`ed25519:` and 32 bytes in base64) over this text? What is no key or no signature is not. */
export function isVoteSignedBy(key: string, text: string, signature: string): boolean {
  if (!PUBLIC_KEY.test(key)) return false;
  try {
    const bytes = Buffer.from(signature, 'base64');
    if (bytes.toString('base64') !== signature) return false;
    const x = Buffer.from(key.slice(KEY_PREFIX.length), 'base64').toString('base64url');
    const publicKey = createPublicKey({ key: { kty: 'OKP', crv: 'Ed25519', x }, format: 'jwk' });
    return verify(null, Buffer.from(text), publicKey, bytes);
  } catch {
    return false;
  }
}

/** What checks the signatures of records and of the answers in them. */
export const SIGNATURES = { isSignedBy, verifies: isVoteSignedBy };

/** The key of a person, which lies in `file` and is readable by its owner only. Throws BadInput where it is not, NotFound where there is none. */
export async function personalKey(file: string): Promise<PersonalKey> {
  const text = await textOf(file);
  const made = 'make one with: fairlead key new';
  if (text === undefined) throw new Failure('NotFound', `there is no key in ${file}: ${made}`);
  const { mode } = await stat(file);
  if ((mode & 0o077) !== 0) {
    const said = (mode & 0o777).toString(8);
    throw new Failure(
      'BadInput',
      `the key ${file} can be read by others (mode ${said}): chmod 600 ${file}`,
    );
  }
  const key = privateKeyIn(text);
  if (key === undefined)
    throw new Failure('BadInput', `${file} holds no Ed25519 key: move it away and ${made}`);
  return {
    publicKey: lineOf(key),
    sign: (said) => sign(null, Buffer.from(said), key).toString('base64'),
  };
}

/** Makes the key of a person where there is none. Throws BadInput where there is one: who has lost it from a system file wants its line, and not a new one. */
export async function makePersonalKey(file: string): Promise<PersonalKey> {
  if ((await textOf(file)) !== undefined) {
    throw new Failure(
      'BadInput',
      `there is a key in ${file} already: fairlead key show prints its line; move it away for a new one`,
    );
  }
  await mkdir(dirname(file), { recursive: true, mode: 0o700 });
  await makeKey(file);
  return personalKey(file);
}

function privateKeyIn(text: string): KeyObject | undefined {
  try {
    const key = createPrivateKey(text);
    return key.asymmetricKeyType === 'ed25519' ? key : undefined;
  } catch {
    return undefined;
  }
}

function lineOf(key: KeyObject): string {
  const { x = '' } = createPublicKey(key).export({ format: 'jwk' });
  return `${KEY_PREFIX}${Buffer.from(x, 'base64url').toString('base64')}`;
}

function pemOf(publicKey: KeyObject): string {
  return publicKey.export({ type: 'spki', format: 'pem' }).toString();
}

async function readOrMakeKey(folder: string): Promise<KeyPair> {
  const file = join(folder, 'evidence.key');
  try {
    await mkdir(folder, { recursive: true, mode: 0o700 });
    const text = (await textOf(file)) ?? (await makeKey(file));
    const key = createPrivateKey(text);
    if (key.asymmetricKeyType !== 'ed25519') throw new Error('it is no Ed25519 key');
    const publicKey = pemOf(createPublicKey(key));
    await keepPublicKey(join(folder, 'evidence.pub'), publicKey);
    return { key, publicKey };
  } catch (error) {
    throw new Failure(
      'Unavailable',
      `the key ${file}, which signs records, cannot be had: ${saidBy(error)}. Bring it back from a backup, or move it away: then a new one is made, which whoever checks reports has to be told of.`,
    );
  }
}

/** Where somebody else was first, theirs is the key. */
async function makeKey(file: string): Promise<string> {
  const { privateKey } = generateKeyPairSync('ed25519');
  const pem = privateKey.export({ type: 'pkcs8', format: 'pem' });
  await keepFirst(file, pem.toString(), { mode: 0o600 });
  return readFile(file, 'utf8');
}

/** Writes the file of the public key anew when it is gone or is another key's. */
async function keepPublicKey(file: string, text: string): Promise<void> {
  if ((await textOf(file)) === text) return;
  await keepFile(file, text, { mode: 0o644 });
}

async function textOf(file: string): Promise<string | undefined> {
  try {
    return await readFile(file, 'utf8');
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined;
    throw error;
  }
}

function saidBy(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
