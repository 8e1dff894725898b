// What is signed of a record: the hash of its last entry, which covers all of them, with a word on what it is, so that
// no signature of something else fits. Signed by integrations/signing.ts, shown by reports.
import { sha256 } from '@noble/hashes/sha2.js';
import { bytesToHex } from '@noble/hashes/utils.js';

export interface SignedHead {
  /** Hash of the last entry. */
  head: string;
  /** Ed25519 over `signedText(head)`, base64. */
  signature: string;
  /** PEM (SubjectPublicKeyInfo). */
  publicKey: string;
}

/** In UTF-8, the bytes that are signed. */
export function signedText(head: string): string {
  return `fairlead/evidence/v1\n${head}\n`;
}

const PEM = /^-----BEGIN PUBLIC KEY-----\s+([A-Za-z0-9+/=\s]+)-----END PUBLIC KEY-----\s*$/;

/** `sha256:` and 64 hex digits over the key's DER bytes; `undefined` for what is no public key in PEM. */
export function keyFingerprint(publicKey: string): string | undefined {
  const body = PEM.exec(publicKey)?.[1]?.replaceAll(/\s/g, '');
  if (body === undefined || body.length % 4 !== 0) return undefined;
  try {
    const der = Uint8Array.from(atob(body), (character) => character.charCodeAt(0));
    return `sha256:${bytesToHex(sha256(der))}`;
  } catch {
    return undefined;
  }
}
