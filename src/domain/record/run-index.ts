// The index of runs: one entry when a run's record is opened and one when it is sealed, each with the hash of the one before
// and a signature, so that a record that was removed leaves a trace. Pure.
import { digestOf } from '../digest.ts';
import { NO_ENTRY, type SignedHead } from './evidence-chain.ts';

export interface RunIndexBody {
  what: 'opened' | 'sealed';
  workflowId: string;
  runId: string;
  /** Hash of the last entry of the record; null for one that was opened. */
  head: string | null;
}

export interface RunIndexEntry extends RunIndexBody {
  schema: 'fairlead/run-index/v1';
  /** From 1 on, without a gap. */
  number: number;
  /** ISO 8601, UTC. */
  at: string;
  prev: string;
  hash: string;
  /** Over the hash, with the key of the worker that wrote it; null where it had none. */
  signature: string | null;
  publicKey: string | null;
}

/** What the next entry follows; absent for the first. */
export type IndexHead = Pick<RunIndexEntry, 'number' | 'hash'>;

/** An entry without its signature. */
export function indexed(
  before: IndexHead | undefined,
  at: string,
  body: RunIndexBody,
): Omit<RunIndexEntry, 'signature' | 'publicKey'> {
  const entry = {
    ...{ schema: 'fairlead/run-index/v1' as const, number: (before?.number ?? 0) + 1, at },
    ...{ prev: before?.hash ?? NO_ENTRY, ...body },
  };
  return { ...entry, hash: digestOf(entry) };
}

export interface IndexCheck {
  isSignedBy: (signed: SignedHead) => boolean;
  fingerprint: (publicKey: string) => string | undefined;
  /** Fingerprints of the keys that are trusted; none: whichever signed. */
  trusted: readonly string[];
}

/** Sentences that name each entry which is not as it was written, is not there, or is signed by a key that is not trusted. */
export function indexProblems(
  entries: readonly RunIndexEntry[],
  { isSignedBy, fingerprint, trusted }: IndexCheck,
): string[] {
  const problems: string[] = [];
  let before: IndexHead | undefined;
  for (const entry of entries) {
    const name = `entry ${entry.number} of the index (${entry.what} ${entry.workflowId}, run ${entry.runId})`;
    const { hash, signature, publicKey, ...body } = entry;
    const expected = (before?.number ?? 0) + 1;
    if (entry.number > expected) problems.push(missingWords(expected, entry.number - 1));
    if (digestOf(body) !== hash) problems.push(`${name} was changed`);
    else if (entry.number === expected && entry.prev !== (before?.hash ?? NO_ENTRY)) {
      problems.push(`${name} does not follow the one before it: one of the two was replaced`);
    }
    problems.push(...signatureProblems(name, { hash, signature, publicKey }));
    before = entry;
  }
  return problems;

  function signatureProblems(
    name: string,
    { hash: head, signature, publicKey }: Pick<RunIndexEntry, 'hash' | 'signature' | 'publicKey'>,
  ): string[] {
    if (signature === null || publicKey === null) return [`${name} is not signed`];
    if (!isSignedBy({ head, signature, publicKey }))
      return [`${name} has a signature that does not fit`];
    const key = fingerprint(publicKey) ?? 'a key that cannot be read';
    if (trusted.length === 0 || trusted.includes(key)) return [];
    return [`${name} is signed by the foreign key ${key}`];
  }
}

function missingWords(from: number, to: number): string {
  return from === to
    ? `entry ${from} of the index is missing`
    : `entries ${from} to ${to} of the index are missing`;
}
