// The key that whoever checks a record trusts: a file with a public key, or a fingerprint (`--key`).
import { readFileSync } from 'node:fs';
import { keyFingerprint, type SignedHead } from '../../domain/record/evidence-chain.ts';
import { EXIT, ExitError } from '../exit.ts';

/** A fingerprint; `undefined` when nobody named a key. */
export type Trusted = string | undefined;

const FINGERPRINT = /^(?:sha256:)?([0-9a-f]{64})$/i;

/** Throws bad input for what is neither a public key nor a fingerprint. */
export function trustedKey(named: string | undefined): Trusted {
  if (named === undefined) return undefined;
  const hex = FINGERPRINT.exec(named)?.[1];
  if (hex !== undefined) return `sha256:${hex.toLowerCase()}`;
  let text: string;
  try {
    text = readFileSync(named, 'utf8');
  } catch (error) {
    const said = error instanceof Error ? error.message : String(error);
    throw badInput(`--key ${named}: ${said}; ${ALLOWED}`);
  }
  if (text.includes('PRIVATE KEY')) {
    throw badInput(`--key ${named} is a private key, which nobody should hand around; ${ALLOWED}`);
  }
  const fingerprint = keyFingerprint(text);
  if (fingerprint === undefined) throw badInput(`--key ${named} is no public key; ${ALLOWED}`);
  return fingerprint;
}

const ALLOWED =
  'allowed: a public key in PEM, as keys/evidence.pub in the data folder of the worker, or its fingerprint, sha256: and 64 hex digits';

export interface JudgedKey {
  /** Set when it is another key than the one that is trusted. */
  altered: string | null;
  key: { fingerprint: string; trusted: boolean } | null;
  words: string;
}

export function judgeKey(signed: SignedHead | null, trusted: Trusted): JudgedKey {
  if (signed === null) return { altered: null, key: null, words: '' };
  const fingerprint = keyFingerprint(signed.publicKey) ?? 'a key that cannot be read';
  const key = { fingerprint, trusted: fingerprint === trusted };
  if (trusted === undefined) {
    const words = `${fingerprint}; nobody vouched for that key: compare it with one that you know, or name yours with --key`;
    return { altered: null, key, words };
  }
  if (key.trusted) return { altered: null, key, words: `${fingerprint}, the one you named` };
  const altered = `it is signed by the key ${fingerprint}, not by ${trusted}, the one you named`;
  return { altered, key, words: fingerprint };
}

export function keyWords(words: string): string {
  return `signed by the key ${words}`;
}

function badInput(message: string): ExitError {
  return new ExitError(EXIT.badInput, message);
}
