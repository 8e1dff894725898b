import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { EvidenceEntry } from '../../../src/domain/record/evidence.ts';
import { chain, NO_ENTRY, verifyChain } from '../../../src/domain/record/evidence-chain.ts';
import { isEvidenceEntry } from '../../../src/domain/record/evidence-shape.ts';
import { entriesOf, OPENED, ROLLED_BACK } from '../../support/record/evidence.ts';

const WHOLE = entriesOf(ROLLED_BACK);

test('the first entry follows nothing and each other one the hash before it', () => {
  assert.equal(WHOLE[0]?.prev, NO_ENTRY);
  for (const [index, entry] of WHOLE.slice(1).entries()) {
    assert.equal(entry.prev, WHOLE[index]?.hash);
    assert.equal(entry.seq, index + 1);
  }
});

test('an unaltered chain verifies wherever it is cut, and after a trip through JSON', () => {
  for (let length = 0; length <= WHOLE.length; length += 1) {
    const copy: unknown = JSON.parse(JSON.stringify(WHOLE.slice(0, length)));
    assert.ok(Array.isArray(copy));
    assert.equal(verifyChain(copy.filter(isEvidenceEntry)), undefined);
    assert.equal(copy.filter(isEvidenceEntry).length, length);
  }
});

test('any single change, removal or swap is found, and the entry named', () => {
  const index = fc.integer({ min: 0, max: WHOLE.length - 2 });
  fc.assert(
    fc.property(index, fc.constantFrom('alter', 'remove', 'swap', 'reseal'), (at, how) => {
      const found = verifyChain(tampered(at, how));
      assert.match(found ?? '', /^entry \d+ \(\w+, 2026/);
      const named = Number(/^entry (\d+)/.exec(found ?? '')?.[1]);
      assert.ok(named === at || (how === 'reseal' && named === at + 1));
    }),
  );
});

test('an entry that says something else under its old hash is the one named', () => {
  const entries = WHOLE.map((entry) =>
    entry.type === 'decision' ? { ...entry, actor: 'mallory' } : entry,
  );
  assert.match(verifyChain(entries) ?? '', /^entry 5 \(decision, .*its hash does not fit/);
});

test('what is no evidence entry is told apart, and a type from the future is accepted', () => {
  const [first] = WHOLE;
  const rejected: unknown[] = [null, [], 'x', {}, { ...first, seq: '0' }, { ...first, kind: 7 }];
  for (const value of rejected) assert.equal(isEvidenceEntry(value), false);
  assert.equal(isEvidenceEntry({ ...first, type: 'later' }), true);
});

function tampered(at: number, how: string): EvidenceEntry[] {
  const copy = [...WHOLE];
  const [one, two] = [copy[at], copy[at + 1]];
  assert.ok(one !== undefined && two !== undefined);
  if (how === 'remove') copy.splice(at, 1);
  if (how === 'swap') copy.splice(at, 2, two, one);
  if (how === 'alter') copy[at] = { ...one, at: '2026-01-01T00:00:00.001Z' };
  if (how === 'reseal') copy[at] = chain(copy[at - 1], '2026-02-02T00:00:00.000Z', OPENED);
  return copy;
}
