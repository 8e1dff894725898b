// Makes evidence entries, each with the hash of the one before, and finds the first that was altered since.
import { digestOf } from './digest.ts';
import type { EvidenceBody, EvidenceEntry } from './evidence.ts';

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
