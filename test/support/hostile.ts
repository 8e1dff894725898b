// Values and texts that nobody meant to be read, and what a parser owes them: an answer or a Failure, in time, and prototypes as
// they were.
import assert from 'node:assert/strict';
import fc from 'fast-check';
import { Failure } from '../../src/domain/failure.ts';

const RUNS = 300;
/** Enough for two slow processors that are shared; what grows as the square of a length takes minutes. */
const LONGEST_MS = 8_000;
/** Names that an object has without being given them. */
export const ODD = ['__proto__', 'constructor', 'prototype', 'toString', 'hasOwnProperty'];

const key = fc.oneof(fc.constantFrom(...ODD, 'name', 'kind', 'metadata', 'id'), fc.string());
export const { tree } = fc.letrec((tie) => ({
  tree: fc.oneof(
    { depthSize: 'small' },
    fc.constantFrom(null, true, 0, -0, 1e308, '', '\u0000', ...ODD),
    fc.string({ unit: 'binary' }),
    fc.array(tie('tree'), { maxLength: 4 }),
    fc.array(fc.tuple(key, tie('tree')), { maxLength: 5 }).map((pairs) => {
      // As JSON.parse makes it: `__proto__` is a key like any other.
      const fields = pairs.map(([name, one]) => `${JSON.stringify(name)}:${JSON.stringify(one)}`);
      return JSON.parse(`{${fields.join(',')}}`) as unknown;
    }),
  ),
}));

const PIECES = [
  ...['{', '}', '{{', '}}', '"', "'", '\n', ' ', '#', ':', '=', ',', '\\', '\u0000', '\ud800', '/'],
  ...['&a', '*a', '<<: *a', '- ', '---\n', '!!js/function ', '{{inputs.', '__proto__: ', '../'],
  ...['1e999', 'NaN', '-', '$(', '`', 'AGE-SECRET-KEY-', 'age1', '\r\n', 'name: ', 'kind: '],
];
/** A text of pieces that mean something somewhere. */
export const hostile = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 200 }),
  fc.array(fc.constantFrom(...PIECES), { maxLength: 60 }).map((all) => all.join('')),
  fc.constantFrom(...ODD),
);

const prototypes = (): string =>
  [Object.prototype, Array.prototype, String.prototype, Function.prototype]
    .map((one) => Reflect.ownKeys(one).map(String).sort().join())
    .join(';');
const before = prototypes();

function requireRefused(error: unknown): void {
  if (!(error instanceof Failure)) throw error;
}

/** Any value is answered, or refused by a Failure, and no prototype is touched. */
export function holds<T>(input: fc.Arbitrary<T>, parse: (value: T) => unknown): void {
  const property = fc.property(input, (value) => {
    try {
      parse(value);
    } catch (error) {
      requireRefused(error);
    }
  });
  fc.assert(property, { numRuns: RUNS });
  assert.equal(prototypes(), before);
}

/** As `holds`, of what answers later. */
export async function holdsAsync<T>(
  input: fc.Arbitrary<T>,
  parse: (value: T) => Promise<unknown>,
  numRuns = RUNS,
): Promise<void> {
  const property = fc.asyncProperty(input, async (value) => {
    await parse(value).catch(requireRefused);
  });
  await fc.assert(property, { numRuns });
  assert.equal(prototypes(), before);
}

export async function inTime(work: () => unknown): Promise<void> {
  const start = performance.now();
  await work();
  const took = performance.now() - start;
  assert.ok(took < LONGEST_MS, `it took ${(took / 1000).toFixed(1)} s`);
}
