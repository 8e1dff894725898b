// Looks over all that an object store has of runs and backups: the index, the records that it names, those that it does not
// name, and the manifests. Reads only.
import type { EvidencePort } from '../../ports/evidence.ts';
import type { ObjectInfo, ObjectsPort } from '../../ports/objects.ts';
import type { RunRef } from '../../domain/operation/operation.ts';
import type { EvidenceEntry } from '../../domain/record/evidence.ts';
import {
  keyFingerprint,
  verifyChain,
  type SignedHead,
} from '../../domain/record/evidence-chain.ts';
import { indexProblems, type RunIndexEntry } from '../../domain/record/run-index.ts';
import { encodeName } from '../encode-name.ts';
import { createEvidence } from '../evidence.ts';
import { isSignedBy } from '../signing.ts';
import { readRunIndex } from './run-index.ts';
import { verifyManifests } from './verify-manifests.ts';

const FOLDER = '_evidence/';

export interface StoreCheck {
  /** What was changed, removed or put there, a sentence each. */
  problems: string[];
  /** What cannot be told: of before there was an index, not signed. */
  unsure: string[];
  runs: number;
  manifests: number;
  /** Fingerprints of the keys that signed the index, manifests and marks. */
  keys: string[];
  /** The last entry of the index, to be kept elsewhere; null where there is none. */
  head: { number: number; hash: string } | null;
}

export interface StoreCheckInput {
  /** Fingerprints; none: whichever signed. */
  trusted: readonly string[];
  /** A head that was kept elsewhere: the index has to have it still. */
  anchor?: { number: number; hash: string };
}

/** Runs may begin and end beside it: a record is listed before the index, which has each run before its record is there. */
export async function verifyStore(
  objects: ObjectsPort,
  { trusted, anchor }: StoreCheckInput,
): Promise<StoreCheck> {
  const listed = await objects.list(FOLDER);
  const { entries, unreadable } = await readRunIndex(objects);
  const check = { isSignedBy, fingerprint: keyFingerprint, trusted };
  const records = recordsIn(listed, entries);
  const problems = [
    ...unreadable.map((key) => `${key} cannot be read: it was changed`),
    ...indexProblems(entries, check),
    ...anchorProblems(entries, anchor),
  ];
  const unsure: string[] = [];
  for (const found of await runsOf(objects, { entries, records, trusted })) {
    problems.push(...found.problems);
    unsure.push(...found.unsure);
  }
  const manifests = await verifyManifests(objects, { trusted, since: entries[0]?.at });
  const last = entries.at(-1);
  const signers = entries.flatMap(({ publicKey }) => keyFingerprint(publicKey ?? '') ?? []);
  return {
    problems: [...problems, ...manifests.problems],
    unsure: [...unsure, ...manifests.unsure],
    runs: records.size,
    manifests: manifests.count,
    keys: [...new Set([...signers, ...manifests.signers])],
    head: last === undefined ? null : { number: last.number, hash: last.hash },
  };
}

function anchorProblems(
  entries: readonly RunIndexEntry[],
  anchor: StoreCheckInput['anchor'],
): string[] {
  if (anchor === undefined) return [];
  const there = entries.find(({ number }) => number === anchor.number);
  if (there?.hash === anchor.hash) return [];
  const what = there === undefined ? 'is not there any more' : 'is another one now';
  return [`entry ${anchor.number} of the index ${what}: the index was cut or written anew`];
}

/** Runs by the names of their records; an id that was cut in its name is known from the index. */
function recordsIn(
  listed: readonly ObjectInfo[],
  entries: readonly RunIndexEntry[],
): Map<string, RunRef> {
  const known = new Map<string, RunRef>(entries.map((entry) => [nameOf(entry), entry]));
  const records = new Map<string, RunRef>();
  for (const { key } of listed) {
    const [, workflow = '', file = ''] = key.split('/');
    const run = file.replace(/(?:\.sig\.json|\.jsonl)$/, '');
    const name = `${workflow}/${run}`;
    records.set(name, known.get(name) ?? { workflowId: decoded(workflow), runId: decoded(run) });
  }
  return records;
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

function nameOf({ workflowId, runId }: RunRef): string {
  return `${encodeName(workflowId)}/${encodeName(runId)}`;
}

interface Found {
  problems: string[];
  unsure: string[];
}

async function runsOf(
  objects: ObjectsPort,
  {
    entries,
    records,
    trusted,
  }: {
    entries: readonly RunIndexEntry[];
    records: ReturnType<typeof recordsIn>;
    trusted: readonly string[];
  },
): Promise<Found[]> {
  const evidence = createEvidence(
    { ...objects, remove: async () => undefined },
    { lines: async () => ({ file: '', text: '' }), signature: async () => '' },
  );
  const named = namedIn(entries);
  let renewed: typeof named | undefined;
  const found: Found[] = [];
  for (const [name, run] of records) {
    const look = (index: typeof named): Promise<Found> =>
      lookAt(run, evidence, { named: index.get(name) ?? [], trusted, begin: firstOf(index) });
    let seen = await look(named);
    // It may have begun or ended since the index was read.
    if (seen.problems.length > 0) {
      renewed ??= namedIn((await readRunIndex(objects)).entries);
      seen = await look(renewed);
    }
    found.push(seen);
  }
  for (const [name, [first]] of named) {
    if (records.has(name) || first === undefined) continue;
    // It may have begun since the records were listed.
    if (recordsIn(await objects.list(`${FOLDER}${name}`), []).has(name)) continue;
    const words = `${first.workflowId}, run ${first.runId}`;
    found.push({ problems: [`${words}: its record was removed (the index has it)`], unsure: [] });
  }
  return found;
}

function namedIn(entries: readonly RunIndexEntry[]): Map<string, RunIndexEntry[]> {
  const named = new Map<string, RunIndexEntry[]>();
  for (const entry of entries) {
    named.set(nameOf(entry), [...(named.get(nameOf(entry)) ?? []), entry]);
  }
  return named;
}

function firstOf(named: ReadonlyMap<string, readonly RunIndexEntry[]>): RunIndexEntry | undefined {
  const [[first] = []] = named.values();
  return first;
}

async function lookAt(
  run: RunRef,
  evidence: Pick<EvidencePort, 'read' | 'signature'>,
  known: Omit<Known, 'signed'>,
): Promise<Found> {
  const words = `${run.workflowId}, run ${run.runId}`;
  const read = await evidence.read(run).catch((error: unknown) => String(error));
  if (typeof read === 'string') return { problems: [`${words}: ${read}`], unsure: [] };
  return recordOf(words, read, { ...known, signed: await evidence.signature(run) });
}

interface Known {
  signed: SignedHead | undefined;
  named: readonly RunIndexEntry[];
  trusted: readonly string[];
  /** The first entry of the index. */
  begin: RunIndexEntry | undefined;
}

function recordOf(words: string, read: readonly EvidenceEntry[], known: Known): Found {
  const { signed, named, trusted } = known;
  const head = read.at(-1)?.hash;
  const sealed = named.findLast(({ what }) => what === 'sealed');
  const problem =
    verifyChain(read) ??
    sealProblem(sealed, head, signed) ??
    signatureProblem(signed, head, trusted);
  if (problem !== undefined) return { problems: [`${words}: ${problem}`], unsure: [] };
  if (named.length === 0) return strayOf(words, read, known.begin);
  const open = `${words}: not sealed: it runs, or was cut off`;
  return { problems: [], unsure: sealed === undefined ? [open] : [] };
}

/** A record that the index does not have. */
function strayOf(
  words: string,
  [first]: readonly EvidenceEntry[],
  begin: RunIndexEntry | undefined,
): Found {
  const text = `${words}: its record is not in the index`;
  const isBefore = begin === undefined || (first?.at ?? '') < begin.at;
  return isBefore
    ? { problems: [], unsure: [`${text}: of before there was one`] }
    : { problems: [`${text}: it was put there`], unsure: [] };
}

function sealProblem(
  sealed: RunIndexEntry | undefined,
  head: string | undefined,
  signed: SignedHead | undefined,
): string | undefined {
  if (sealed === undefined) return undefined;
  if (sealed.head !== head) {
    return `its record is not the one that was sealed (entry ${sealed.number} of the index)`;
  }
  return signed === undefined ? 'the signature of its record was removed' : undefined;
}

function signatureProblem(
  signed: SignedHead | undefined,
  head: string | undefined,
  trusted: readonly string[],
): string | undefined {
  if (signed === undefined) return undefined;
  if (signed.head !== head || !isSignedBy(signed)) return 'its signature does not fit its record';
  const key = keyFingerprint(signed.publicKey) ?? 'that cannot be read';
  if (trusted.length === 0 || trusted.includes(key)) return undefined;
  return `it is signed by the foreign key ${key}`;
}
