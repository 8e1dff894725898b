// What a recovery ends with: from when on users count as back, and the one moment that a backup is of.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { pointWords } from '../../../src/domain/backup/backup.ts';
import { recoveryEnd } from '../../../src/domain/recovery/recovery-end.ts';
import { chain } from '../../../src/domain/record/evidence-chain.ts';
import type { EvidenceBody, EvidenceEntry } from '../../../src/domain/record/evidence.ts';
import { waitsForPeople } from '../../../src/domain/record/report-timings.ts';
import type { Plan } from '../../../src/domain/operation/plan.ts';
import type { Verdict } from '../../../src/domain/analysis/verdict.ts';

const at = (seconds: number): string => new Date(1_700_000_000_000 + seconds * 1000).toISOString();

const plan = {
  system: 'shop',
  steps: [5, 100].map((percent) => ({
    ...{ id: `admit-${percent}-api`, title: '', undo: '' },
    action: { kind: 'admit', service: 'api', percent },
  })),
} as unknown as Plan;

/** Both shares are let in, 10 s and 60 s after the beginning, and judged so. */
function endedWith(first: Verdict, second: Verdict) {
  const entries: EvidenceEntry[] = [];
  const say = (seconds: number, body: EvidenceBody): void => {
    entries.push(chain(entries.at(-1), at(seconds), body));
  };
  say(0, { type: 'finding', text: 'it began' });
  for (const [seconds, percent, verdict] of [
    [10, 5, first],
    [60, 100, second],
  ] as const) {
    const id = `admit-${percent}-api`;
    say(seconds - 1, { type: 'step', id, title: '', status: 'started', attempts: 1 });
    say(seconds, { type: 'weights', service: 'api', versions: [{ version: 'v1', percent: 100 }] });
    say(seconds + 1, {
      ...{ type: 'verdict', step: id, name: 'errors', verdict },
      ...{ reason: '', samples: verdict === 'pass' ? 40 : 0 },
    });
    if (verdict === 'pass') continue;
    say(seconds + 2, { type: 'parked', step: id, problem: 'nobody came by' });
    say(seconds + 40, { type: 'step', id, title: '', status: 'done', attempts: 1 });
  }
  const waits = waitsForPeople(entries);
  return recoveryEnd({ plan, results: [], entries, waits, now: at(100) }).findings;
}

test('users are back with the first share that somebody was seen in, and not with one that nobody came by', () => {
  assert.equal(endedWith('pass', 'pass')[0]?.got, '10 s');
  const [second] = endedWith('inconclusive', 'pass');
  assert.equal(second?.got, '60 s');
  assert.match(second.reason, /, of that 38 s of waiting for people$/);
  const [nobody] = endedWith('inconclusive', 'inconclusive');
  assert.deepEqual([nobody?.verdict, nobody?.got], ['inconclusive', undefined]);
  assert.match(nobody?.reason ?? '', /none was seen to come/);
});

test('a backup is of one moment, or from and to where they are apart', () => {
  const point = { notBefore: at(0), notAfter: at(0.4), clock: 'datastore' as const, skewMs: 0 };
  assert.equal(pointWords(point), at(0));
  assert.equal(pointWords({ ...point, notAfter: at(2) }), `${at(0)} to ${at(2)}`);
});
