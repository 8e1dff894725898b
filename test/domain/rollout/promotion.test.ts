// Which versions may come to a service that takes only what had all users elsewhere.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { notPromoted, triedIn, type Tried } from '../../../src/domain/rollout/promotion.ts';
import { sampleSystem } from '../../support/samples.ts';

const HOUR = 3_600_000;
const NOW = Date.parse('2026-11-30T12:00:00Z');
const place = { system: 'shop-staging', service: 'api', soak: HOUR };

/** Versions that had all users, newest first, each since so many hours ago. */
function tried(served: [version: string, hours: number][], rest: Partial<Tried> = {}): Tried {
  const history = served.map(([version, hours]) => ({
    spec: { id: `id-${version}`, version } as Tried['history'][number]['spec'],
    since: new Date(NOW - hours * HOUR).toISOString(),
  }));
  const live = served[0]?.[0] ?? 'none';
  const weights = [{ revision: `id-${live}`, version: live, percent: 100 }];
  return { traffic: { weights }, history, rolledBack: [], ...rest };
}

const lacks = (version: string, found: Tried): string | undefined =>
  notPromoted(version, place, found, NOW);

test('a version that has all users there long enough may come', () => {
  assert.equal(lacks('v2', tried([['v2', 1]])), undefined);
});

test('one that newer ones followed may come too, if it had users long enough', () => {
  const found = tried([
    ['v3', 0.2],
    ['v2', 2],
    ['v1', 2.5],
  ]);
  assert.equal(lacks('v2', found), undefined);
  assert.match(
    lacks('v1', found) ?? '',
    /^v1 had all users of shop-staging\/api for 30 min, and 60 min are asked for$/,
  );
});

test('one that has them for too short a time may come later, and it is said when', () => {
  assert.match(
    lacks('v2', tried([['v2', 0.25]])) ?? '',
    /for 15 min, and 60 min are asked for; it will have been so long at 2026-11-30T12:45:00Z$/,
  );
});

test('one that never had all users there may not', () => {
  assert.equal(
    lacks('v9', tried([['v2', 5]])),
    'shop-staging/api never gave v9 to all users (there now: v2 100 %)',
  );
});

test('one that was left by a roll-back may not, however long it had them', () => {
  const back = tried(
    [
      ['v1', 0.5],
      ['v2', 5],
    ],
    { rolledBack: [NOW - 0.5 * HOUR] },
  );
  assert.match(lacks('v2', back) ?? '', /was rolled back after it had v2 \(there now: v1 100 %\)/);
  const long = { ...back, rolledBack: [NOW - 9 * HOUR] };
  assert.equal(lacks('v2', long), undefined, 'a roll-back before it got there is no word on it');
});

test('one that somebody took away there without a newer one may not', () => {
  const traffic = { weights: [] };
  assert.match(
    lacks('v2', tried([['v2', 5]], { traffic })) ?? '',
    /gives v2 to all users no longer \(there now: no traffic\)/,
  );
});

test('a clock that went back is no time that was had', () => {
  assert.match(lacks('v2', tried([['v2', -1]])) ?? '', /for 0 ms, and/);
});

test('the service of the same name is meant, unless another one is named', () => {
  const from = (written: string) =>
    triedIn(sampleSystem({ promote: { from: written, soak: '1h' } }), {
      service: 'api',
      version: 'v2',
    });
  assert.deepEqual(from('shop-staging'), place);
  assert.deepEqual(from('shop-staging/web'), { ...place, service: 'web' });
  assert.equal(triedIn(sampleSystem(), { service: 'api', version: 'v2' }), undefined);
});
