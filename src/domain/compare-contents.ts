// What is different between what a backup says that it holds and what a copy of it holds, as sentences.
import type { Contents, Part } from './backup.ts';

/** Parts that are missing or too many, counts, indexes, constraints, sequences. */
export function structureDifferences(expected: Contents, found: Contents): string[] {
  const there = byName(found.parts);
  return [
    ...strangers(
      'part',
      expected.parts.map(({ name }) => name),
      found.parts.map(({ name }) => name),
    ),
    ...expected.parts.flatMap((part) => countDifference(part, there.get(part.name))),
    ...strangers('index', expected.indexes, found.indexes),
    ...strangers('constraint', expected.constraints, found.constraints),
    ...strangers(
      'sequence',
      expected.sequences.map(({ name }) => name),
      found.sequences.map(({ name }) => name),
    ),
    ...sequenceDifferences(expected, found),
  ];
}

/** Parts whose content is not the expected one; a part that is not there at all is one of them. */
export function contentDifferences(expected: Contents, found: Contents): string[] {
  const there = byName(found.parts);
  return expected.parts.flatMap(({ name, hash }) => {
    const part = there.get(name);
    if (part?.hash === hash) return [];
    return [`${name}: expected ${hash}, got ${part?.hash ?? 'nothing'}`];
  });
}

/** A part that was hashed in one way here and in another there, by another version of Fairlead: neither same nor different. */
export function hashedAnotherWay(expected: Contents, found: Contents): string | undefined {
  const there = byName(found.parts);
  const one = expected.parts.find((part) => {
    const other = there.get(part.name);
    return other !== undefined && wayOf(other) !== wayOf(part);
  });
  return one?.name;
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
  return [`${expected.name}: expected ${expected.rows} rows, got ${found.rows ?? 'no count'}`];
}

function strangers(what: string, expected: readonly string[], found: readonly string[]): string[] {
  const [wanted, there] = [new Set(expected), new Set(found)];
  return [
    ...expected.filter((one) => !there.has(one)).map((one) => `${what} ${one} is missing`),
    ...found
      .filter((one) => !wanted.has(one))
      .map((one) => `${what} ${one} is not in the manifest`),
  ];
}
