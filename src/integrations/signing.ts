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
import { mkdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { SignerPort } from '../ports/signer.ts';
import { Failure } from '../domain/failure.ts';
import { keepFile, keepFirst } from '../machine/keep-file.ts';
import { signedText, type SignedHead } from '../domain/record/evidence-chain.ts';

interface KeyPair {
  key: KeyObject;
  publicKey: string;
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
