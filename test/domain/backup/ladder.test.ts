import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { Contents } from '../../../src/domain/backup/backup.ts';
import { sameContents } from '../../../src/domain/backup/compare-contents.ts';
import {
  combineRungs,
  judgeComplete,
  judgeCorrect,
  judgePointInTime,
  type RungResult,
} from '../../../src/domain/backup/ladder.ts';
import { RUNGS, type Rung } from '../../../src/domain/backup/rungs.ts';
import type { Verdict } from '../../../src/domain/analysis/verdict.ts';
import { contents, iso, NOW } from '../../support/datastores/catalogue-entries.ts';

const result = (rung: Rung, verdict: Verdict): RungResult => ({ rung, verdict, reason: verdict });

test('a ladder passes only if every required rung ran and passed', () => {
  const required: Rung[] = ['artefact', 'loads'];
  const [artefact, loads] = [result('artefact', 'pass'), result('loads', 'pass')];
  assert.equal(combineRungs(required, [artefact, loads]).verdict, 'pass');
  const without = combineRungs(required, [artefact]);
  assert.deepEqual([without.verdict, without.notRun], ['inconclusive', ['loads']]);
  assert.match(without.reason, /not run: loads/);
  assert.equal(combineRungs(required, []).verdict, 'inconclusive');
  assert.equal(combineRungs([], []).verdict, 'inconclusive');
});

test('a rung that ran and did not pass counts, required or not', () => {
  const passed = result('artefact', 'pass');
  const { verdict, reason } = combineRungs(['artefact'], [passed, result('invariants', 'fail')]);
  assert.equal(verdict, 'fail');
  assert.match(reason, /^invariants: fail; 1 of 2 rungs that ran passed/);
  const unsure = [passed, result('usable', 'inconclusive')];
  assert.equal(combineRungs(['artefact'], unsure).verdict, 'inconclusive');
});

test('whatever ran, nothing but passes for everything required is a pass', () => {
  const some = fc.subarray([...RUNGS]);
  const verdicts = fc.constantFrom<Verdict>('pass', 'fail', 'inconclusive');
  const ran = fc.uniqueArray(fc.tuple(fc.constantFrom(...RUNGS), verdicts), {
    selector: ([rung]) => rung,
  });
  fc.assert(
    fc.property(some, ran, (required, pairs) => {
      const results = pairs.map(([rung, verdict]) => result(rung, verdict));
      const all = required.every((rung) =>
        results.some((one) => one.rung === rung && one.verdict === 'pass'),
      );
      const clean = results.every(({ verdict }) => verdict === 'pass') && results.length > 0;
      assert.equal(combineRungs(required, results).verdict === 'pass', all && clean);
    }),
  );
});

const part = (name: string, rows: number, hash = 'h') => ({ name, rows, bytes: null, hash });
const WHOLE = contents({
  parts: [part('loans', 10), part('users', 2)],
  definitions: [
    { kind: 'index', of: 'loans', name: 'a', text: 'USING btree (x)' },
    { kind: 'check', of: 'users', name: 'sane', text: 'CHECK (x)' },
  ],
  sequences: [{ name: 'ids', from: '5', to: '9' }],
});

const MISSING: [string, Partial<Contents>, string][] = [
  [
    'a row too few',
    { parts: [part('loans', 9), part('users', 2)] },
    'loans: expected 10 rows, got 9',
  ],
  ['a missing table', { parts: [part('loans', 10)] }, 'part users is missing'],
  ['a table too many', { parts: [...WHOLE.parts, part('x', 0)] }, 'part x is not in the manifest'],
  [
    'a missing index',
    { definitions: [{ kind: 'check', of: 'users', name: 'sane', text: 'CHECK (x)' }] },
    'index a of loans is missing',
  ],
  [
    'a check that says something else',
    {
      definitions: [
        { kind: 'index', of: 'loans', name: 'a', text: 'USING btree (x)' },
        { kind: 'check', of: 'users', name: 'sane', text: 'CHECK (y)' },
      ],
    },
    'check sane of users: expected CHECK (x), got CHECK (y)',
  ],
  ['a missing sequence', { sequences: [] }, 'sequence ids is missing'],
  [
    'a sequence that is behind',
    { sequences: [{ name: 'ids', from: '4', to: '4' }] },
    'sequence ids: expected 5 to 9, got 4',
  ],
];

for (const [what, found, said] of MISSING) {
  test(`${what} is not complete`, () => {
    const { verdict, differences } = judgeComplete(WHOLE, contents({ ...WHOLE, ...found }));
    assert.equal(verdict, 'fail');
    assert.deepEqual(differences, [said]);
  });
}

test('a sequence may stand anywhere in what it was at during the dump, also downwards', () => {
  const at = (from: string, to = from) =>
    contents({ ...WHOLE, sequences: [{ name: 'ids', from, to }] });
  for (const [expected, found, same] of [
    [at('5', '9'), at('7'), true],
    [at('5', '9'), at('10'), false],
    [at('-5', '-9'), at('-7'), true],
    [at('', '3'), at('2'), true],
    [at(''), at('2'), false],
    [at('99999999999999999998', '99999999999999999999'), at('99999999999999999997'), false],
  ] as const)
    assert.equal(judgeComplete(expected, found).verdict === 'pass', same);
});

test('a row changed is complete and not correct', () => {
  const changed = contents({ ...WHOLE, parts: [part('loans', 10, 'other'), part('users', 2)] });
  assert.equal(judgeComplete(WHOLE, changed).verdict, 'pass');
  const { verdict, reason } = judgeCorrect(WHOLE, changed);
  const asMany = '10 rows on both sides, which are not the same ones, or not as often';
  assert.deepEqual([verdict, reason], ['fail', `loans: expected h, got other (${asMany})`]);
  assert.equal(sameContents(WHOLE, changed), false);
  assert.equal(sameContents(WHOLE, WHOLE), true);
});

test('contents hashed in another way are no comparison', () => {
  const by = (way: string) => contents({ ...WHOLE, parts: [part('loans', 10, `${way}:1`)] });
  for (const judge of [judgeComplete, judgeCorrect]) {
    const { verdict, reason } = judge(by('rowsum'), by('columnsum'));
    assert.equal(verdict, 'inconclusive');
    assert.match(reason, /^loans was read in another way when the backup was taken/);
    assert.equal(judge(by('columnsum'), by('columnsum')).verdict, 'pass');
  }
});

test('a copy in another locale fails nothing, and its locale is told', () => {
  const locale = (version: string) => ({
    ...{
      encoding: 'UTF8',
      collate: 'en_US.UTF-8',
      ctype: 'en_US.UTF-8',
      provider: 'libc' as const,
    },
    ...{ locale: null, rules: null, version },
  });
  const live = contents({ ...WHOLE, locale: locale('2.31') });
  const same = contents({ ...WHOLE, locale: locale('2.36') });
  assert.equal(judgeCorrect(live, same).verdict, 'pass');
  const { verdict, reason } = judgeCorrect(live, { ...same, parts: [part('loans', 10, 'other')] });
  assert.equal(verdict, 'inconclusive');
  assert.match(reason, /has version 2\.31, and the copy version 2\.36, which may be why: loans/);
});

test('nothing compared with nothing proves nothing', () => {
  assert.equal(judgeComplete(contents(), contents()).verdict, 'inconclusive');
  assert.equal(judgeCorrect(contents(), contents()).verdict, 'inconclusive');
});

test('of many differences the first twenty are shown, and all are counted', () => {
  const parts = Array.from({ length: 50 }, (_, n) => part(`t${n}`, 1));
  const { differences, reason } = judgeCorrect(contents({ parts }), contents());
  assert.equal(differences?.length, 20);
  assert.match(reason, /; 49 more differences$/);
});

test('how old the data is decides, unless a clock was off', () => {
  const point = (skewMs: number) => ({
    recoveryPoint: {
      notBefore: iso(NOW - 3_600_000),
      notAfter: iso(NOW - 3_599_000),
      clock: 'datastore' as const,
      skewMs,
    },
  });
  const at = (rpoMs: number, skewMs = 0) =>
    judgePointInTime(point(skewMs), { wantedAt: NOW, rpoMs }).verdict;
  assert.deepEqual(
    [at(3_600_000), at(3_599_999), at(7_200_000, 1001), at(7_200_000, -1001), at(7_200_000, 1000)],
    ['pass', 'fail', 'inconclusive', 'inconclusive', 'pass'],
  );
});

test('rows that no backup holds are no pass, unless the copy has the same ones all the same', () => {
  const left = (rows: number | null, hash: string): Contents => ({
    ...WHOLE,
    notDumpedRows: [{ ...part('orders', 0, hash), rows }],
  });
  const judged = (found: Contents, expected = left(5000, 'a')): Verdict =>
    judgeComplete(expected, found).verdict;
  assert.equal(judged(left(5000, 'a')), 'pass');
  for (const found of [left(5000, 'b'), left(4999, 'a'), left(null, 'a'), WHOLE])
    assert.equal(judged(found), 'inconclusive');
  assert.equal(judged(WHOLE, WHOLE), 'pass');
  assert.equal(judged({ ...WHOLE, parts: [] }), 'fail');
  const { reason, differences } = judgeComplete(left(5000, 'a'), WHOLE);
  assert.match(reason, /^the backup does not hold the rows of orders \(5,000 rows\)/);
  assert.deepEqual(differences, ['orders (5,000 rows)']);
});
