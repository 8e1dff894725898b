// Makes evidence entries, each with the hash of the one before, finds the first that was altered since, and says what of them is
// signed: their head.
import { digestOf } from '../digest.ts';
import type { EvidenceBody, EvidenceEntry } from './evidence.ts';
import { sha256 } from '@noble/hashes/sha2.js';
import { bytesToHex } from '@noble/hashes/utils.js';

/** What the first entry has in place of a hash before it. */
export const NO_ENTRY = '0'.repeat(64);

/** The entry that follows `previous`. `at` is ISO 8601, UTC. */
export function chain(
  previous: EvidenceEntry | undefined,
  at: string,
  body: EvidenceBody,
): EvidenceEntry {
  const unsealed = {
    ...body,
    seq: previous === undefined ? 0 : previous.seq + 1,
    at,
    prev: previous?.hash ?? NO_ENTRY,
  };
  return { ...unsealed, hash: digestOf(unsealed) };
}

/** `entries` with those of `bodies` behind them, all of the same time (ISO 8601, UTC). */
export function extended(
  entries: readonly EvidenceEntry[],
  at: string,
  bodies: readonly EvidenceBody[],
): EvidenceEntry[] {
  const all = [...entries];
  for (const body of bodies) all.push(chain(all.at(-1), at, body));
  return all;
}

/** A sentence naming the first entry that is not as it was written; `undefined` when all are. */
export function verifyChain(entries: readonly EvidenceEntry[]): string | undefined {
  let prev = NO_ENTRY;
  for (const [index, entry] of entries.entries()) {
    const problem = problemOf(entry, index, prev);
    if (problem !== undefined) return `entry ${index} (${entry.type}, ${entry.at}) ${problem}`;
    prev = entry.hash;
  }
  return undefined;
}

function problemOf(entry: EvidenceEntry, index: number, prev: string): string | undefined {
  const { hash, ...unsealed } = entry;
  if (digestOf(unsealed) !== hash) return 'was altered: its hash does not fit what it says';
  if (entry.seq !== index)
    return `has the number ${entry.seq}: entries are missing or out of order`;
  if (entry.prev !== prev)
    return 'does not follow the entry before it: one of the two was replaced';
  return undefined;
}

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

/** White space is taken in one place only: in two, a long one would be parted in every way before it is refused. */
const PEM = /^-----BEGIN PUBLIC KEY-----\s([A-Za-z0-9+/=\s]+)-----END PUBLIC KEY-----\s*$/;

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
