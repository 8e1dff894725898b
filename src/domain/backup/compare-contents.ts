// What is different between what a backup says that it holds and what a copy of it holds, as sentences.
import type { Contents, Definition, Locale, Part } from './backup.ts';
import { countOf } from '../text/amounts.ts';

/** Characters of a definition that are shown. */
const SHOWN = 200;

/** Parts that are missing or too many, counts, definitions, sequences. */
export function structureDifferences(expected: Contents, found: Contents): string[] {
  const there = byName(found.parts);
  return [
    ...strangers(
      'part ',
      expected.parts.map(({ name }) => name),
      found.parts.map(({ name }) => name),
    ),
    ...expected.parts.flatMap((part) => countDifference(part, there.get(part.name))),
    ...strangers('', expected.definitions.map(titleOf), found.definitions.map(titleOf)),
    ...changedDefinitions(expected, found).map(
      ({ was, is }) =>
        `${titleOf(was)}: expected ${was.text.slice(0, SHOWN)}, got ${is.text.slice(0, SHOWN)}`,
    ),
    ...strangers(
      'sequence ',
      expected.sequences.map(({ name }) => name),
      found.sequences.map(({ name }) => name),
    ),
    ...sequenceDifferences(expected, found),
  ];
}

/** Definitions that are in both and do not say the same. */
export function changedDefinitions(
  expected: Contents,
  found: Contents,
): { was: Definition; is: Definition }[] {
  const there = new Map(found.definitions.map((one) => [titleOf(one), one]));
  return expected.definitions.flatMap((was) => {
    const is = there.get(titleOf(was));
    return is === undefined || is.text === was.text ? [] : [{ was, is }];
  });
}

/** `expected` with definitions as another server prints them. */
export function withDefinitions(expected: Contents, printed: readonly Definition[]): Contents {
  const texts = new Map(printed.map((one) => [titleOf(one), one]));
  const definitions = expected.definitions.map((one) => texts.get(titleOf(one)) ?? one);
  return { ...expected, definitions };
}

/** `check orders_status of public.orders`: what two sides know a definition by. */
function titleOf({ kind, of, name }: Definition): string {
  return of === '' ? `${kind} ${name}` : `${kind} ${name} of ${of}`;
}

/** What a copy sorts and compares by that the live one does not; undefined when that is the same, or not known. */
export function otherLocale(expected: Contents, found: Contents): string | undefined {
  const [live, copy] = [expected.locale, found.locale];
  if (live === undefined || copy === undefined) return undefined;
  const differing = LOCALE_FIELDS.filter((field) => live[field] !== copy[field]);
  if (differing.length === 0) return undefined;
  const [of, and] = [live, copy].map((one) =>
    differing.map((field) => `${field} ${one[field] ?? 'none'}`).join(', '),
  );
  return `the live database has ${of ?? ''}, and the copy ${and ?? ''}`;
}

const LOCALE_FIELDS = [
  'encoding',
  'collate',
  'ctype',
  'provider',
  'locale',
  'rules',
  'version',
] as const satisfies readonly (keyof Locale)[];

/** Parts whose content is not the expected one; a part that is not there at all is one of them. */
export function contentDifferences(expected: Contents, found: Contents): string[] {
  const there = byName(found.parts);
  return expected.parts.flatMap(({ name, hash, rows }) => {
    const part = there.get(name);
    if (part?.hash === hash) return [];
    const asMany = rows !== null && part?.rows === rows ? asManyWords(rows) : '';
    return [`${name}: expected ${hash}, got ${part?.hash ?? 'nothing'}${asMany}`];
  });
}

/** A table may hold a row more than once: a hash is over all of them. */
function asManyWords(rows: number): string {
  return ` (${countOf(rows, 'row')} on both sides, which are not the same ones, or not as often)`;
}

/** Tables whose rows are in no backup, and that a copy has not with the same rows all the same, as an extension fills its own. */
export function rowsLost(expected: Contents, found: Contents): string[] {
  const there = byName(found.notDumpedRows ?? []);
  return (expected.notDumpedRows ?? []).flatMap(({ name, rows, hash }) => {
    const part = there.get(name);
    if (part?.rows === rows && part.hash === hash) return [];
    return [`${name} (${rows === null ? 'not counted' : countOf(rows, 'row')})`];
  });
}

/** A part that was hashed in one way here and in another there, by another version of Fairlead: neither same nor different. */
export function hashedAnotherWay(expected: Contents, found: Contents): string | undefined {
  const ways = new Set(found.parts.map(wayOf).filter(Boolean));
  if (ways.size === 0) return undefined;
  return expected.parts.find((part) => wayOf(part) !== '' && !ways.has(wayOf(part)))?.name;
}

function wayOf({ hash }: Part): string {
  return hash.slice(0, hash.indexOf(':') + 1);
}

type Sequence = Contents['sequences'][number];

function sequenceDifferences(expected: Contents, found: Contents): string[] {
  const there = new Map(found.sequences.map((sequence) => [sequence.name, sequence]));
  return expected.sequences.flatMap((sequence) => {
    const one = there.get(sequence.name);
    if (one === undefined || isBetween(one.from, sequence)) return [];
    const { name, from, to } = sequence;
    const wanted = from === to ? describeAt(from) : `${describeAt(from)} to ${describeAt(to)}`;
    return [`sequence ${name}: expected ${wanted}, got ${describeAt(one.from)}`];
  });
}

/** Up or down: a sequence may count either way. */
function isBetween(value: string, { from, to }: Sequence): boolean {
  if (value === from || value === to) return true;
  if ([value, from, to].some((text) => !/^-?\d+$/.test(text))) return from === '' && to !== '';
  const [at, one, other] = [BigInt(value), BigInt(from), BigInt(to)];
  return one <= other ? one <= at && at <= other : other <= at && at <= one;
}

function describeAt(value: string): string {
  return value === '' ? 'never used' : value;
}

export function sameContents(one: Contents, other: Contents): boolean {
  return (
    structureDifferences(one, other).length === 0 && contentDifferences(one, other).length === 0
  );
}

function byName(parts: readonly Part[]): Map<string, Part> {
  return new Map(parts.map((part) => [part.name, part]));
}

function countDifference(expected: Part, found: Part | undefined): string[] {
  if (found === undefined || expected.rows === null || found.rows === expected.rows) return [];
  // The same bytes: another version of Fairlead counted their records in another way.
  if (expected.hash === found.hash && wayOf(expected) === 'sha256:') return [];
  return [`${expected.name}: expected ${expected.rows} rows, got ${found.rows ?? 'no count'}`];
}

function strangers(what: string, expected: readonly string[], found: readonly string[]): string[] {
  const [wanted, there] = [new Set(expected), new Set(found)];
  return [
    ...expected.filter((one) => !there.has(one)).map((one) => `${what}${one} is missing`),
    ...found.filter((one) => !wanted.has(one)).map((one) => `${what}${one} is not in the manifest`),
  ];
}
