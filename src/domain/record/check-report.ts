// Is a report what its entries come to? Checks the chain, the signature, and every field against a report made anew.
// Called by `fairlead report verify`, which brings what checks a signature.
import { buildReport } from './build-report.ts';
import type { Verifies } from '../people/signed-vote.ts';
import { checkVotes, type CheckedVotes } from './check-votes.ts';
import { describeValue } from '../text/describe-value.ts';
import { verifyChain } from './evidence-chain.ts';
import { isEvidenceEntry } from './evidence-shape.ts';
import type { EvidenceEntry } from './evidence.ts';
import { isRecord, isText } from '../json.ts';
import type { Report } from './report.ts';
import type { SignedHead } from './evidence-chain.ts';

export interface ReportCheck {
  /** A sentence naming the first entry, or the first field by its path, that is not as it was written. */
  altered: string | null;
  /** Fields that this version does not know: nobody checked them. */
  unknown: string[];
  entries: number;
  head: string | null;
  closed: boolean;
  signed: SignedHead | null;
  /** Answers to gates that are signed, each with the key. */
  votes: CheckedVotes['votes'];
}

/** What checks signatures, brought by the caller. */
export interface Checks {
  isSignedBy: (signed: SignedHead) => boolean;
  verifies: Verifies;
}

type OptionalKey<T> = { [Key in keyof T]-?: object extends Pick<T, Key> ? Key : never }[keyof T];

/** Fields that some reports have and others have not: one that the entries do not give was added by somebody. */
const OPTIONAL: Readonly<Record<string, true>> &
  Record<
    | OptionalKey<Report>
    | OptionalKey<Report['steps'][number]>
    | OptionalKey<Report['decisions'][number]>
    | OptionalKey<Report['verdicts'][number]>
    | OptionalKey<NonNullable<Report['notices']>[number]>,
    true
  > = {
  waits: true,
  notices: true,
  backups: true,
  brought: true,
  children: true,
  detail: true,
  reads: true,
  series: true,
  distributions: true,
  expected: true,
  got: true,
  reason: true,
  signature: true,
  key: true,
};

/** Paths at which a later version may have added fields; everything else comes word for word from the entries. */
const GROWS = new RegExp(
  '^(|evidence|(steps|decisions|verdicts|weights|timings|waits|undo|messages|notices)\\[\\d+\\])$',
);

/** What was found when a report is compared with its entries; `undefined` for a report of a release that left them out. */
export function checkReport(
  report: Record<string, unknown>,
  { isSignedBy, verifies }: Checks,
): ReportCheck | undefined {
  const evidence = report['evidence'];
  if (!isRecord(evidence)) return found('evidence is missing, or no object');
  const said = evidence['entries'];
  if (typeof said === 'number') return undefined;
  const entries = entriesIn(said);
  if (isText(entries)) return found(entries);
  const signed = verifyChain(entries) ?? signatureIn(evidence, isSignedBy);
  if (isText(signed)) return found(signed, entries);
  const unknown: string[] = [];
  const { votes, problem } = checkVotes(entries, verifies);
  const altered = differenceAt('', madeAnew(entries, signed), report, unknown) ?? problem ?? null;
  return { ...found(altered, entries), unknown, signed, votes };
}

function entriesIn(said: unknown): EvidenceEntry[] | string {
  if (!Array.isArray(said)) return 'evidence.entries is no list of entries';
  const entries: EvidenceEntry[] = [];
  for (const entry of said) {
    if (!isEvidenceEntry(entry)) return `entry ${entries.length} is no entry`;
    entries.push(entry);
  }
  return entries;
}

/** The report that these entries give, as JSON in a file would have it. */
function madeAnew(entries: readonly EvidenceEntry[], signed: SignedHead | null): unknown {
  const report = buildReport(entries, { verify: false, signed: signed ?? undefined });
  return JSON.parse(JSON.stringify(report));
}

function found(altered: string | null, entries: readonly EvidenceEntry[] = []): ReportCheck {
  const last = entries.at(-1);
  return {
    altered,
    unknown: [],
    entries: entries.length,
    head: last?.hash ?? null,
    closed: last?.type === 'closed',
    signed: null,
    votes: [],
  };
}

/** The signature, `null` when there is none, or what is wrong with it. */
function signatureIn(
  { head, signature, publicKey }: Record<string, unknown>,
  isSignedBy: (signed: SignedHead) => boolean,
): SignedHead | null | string {
  if (signature === null && publicKey === null) return null;
  if (!isText(signature) || !isText(publicKey) || !isText(head)) {
    return 'evidence.head, evidence.signature and evidence.publicKey: one of them was altered or taken away';
  }
  const signed = { head, signature, publicKey };
  if (isSignedBy(signed)) return signed;
  return 'evidence.signature does not fit: the signature, the key or the head of the evidence was altered, or it was signed with another key';
}

/** A sentence with the first path at which the report differs from what its entries give. */
function differenceAt(
  path: string,
  made: unknown,
  said: unknown,
  unknown: string[],
): string | undefined {
  if (Array.isArray(made) && Array.isArray(said)) return listDifference(path, made, said, unknown);
  if (isRecord(made) && isRecord(said)) return fieldDifference(path, made, said, unknown);
  if (made === said) return undefined;
  return `${path} says ${describeValue(said)}; the entries come to ${describeValue(made)}`;
}

function listDifference(
  path: string,
  made: readonly unknown[],
  said: readonly unknown[],
  unknown: string[],
): string | undefined {
  for (const [index, one] of made.entries()) {
    if (index >= said.length) break;
    const difference = differenceAt(`${path}[${index}]`, one, said[index], unknown);
    if (difference !== undefined) return difference;
  }
  if (made.length === said.length) return undefined;
  return `${path} has ${said.length} rows; the entries come to ${made.length}`;
}

function fieldDifference(
  path: string,
  made: Record<string, unknown>,
  said: Record<string, unknown>,
  unknown: string[],
): string | undefined {
  const below = (field: string): string => (path === '' ? field : `${path}.${field}`);
  for (const [field, value] of Object.entries(made)) {
    if (!Object.hasOwn(said, field)) return `${below(field)} is missing`;
    const difference = differenceAt(below(field), value, said[field], unknown);
    if (difference !== undefined) return difference;
  }
  for (const field of Object.keys(said)) {
    if (Object.hasOwn(made, field)) continue;
    if (!GROWS.test(path) || Object.hasOwn(OPTIONAL, field)) {
      return `${below(field)} was added: the entries do not come to it`;
    }
    unknown.push(below(field));
  }
  return undefined;
}
