// The rules of traffic that every platform shares: whose turn it is, who gets in, which change is too late.
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { Failure } from '../../../src/domain/failure.ts';
import { passToken, type SeenToken } from '../../../src/domain/traffic/epoch-token.ts';
import {
  newTraffic,
  withWeights,
  admits,
  clientKey,
  type TrafficRecord,
} from '../../../src/domain/traffic/traffic-rules.ts';
import { WeightedRotation } from '../../../src/domain/traffic/weighted-rotation.ts';
import { plainSpec, weightsOf } from '../../support/local-daemon.ts';

test('over a hundred turns each candidate gets exactly its percent', () => {
  fc.assert(
    fc.property(
      fc.array(fc.integer({ min: 1, max: 50 }), { minLength: 1, maxLength: 5 }),
      (some) => {
        const sum = some.reduce((a, b) => a + b, 0);
        const candidates = some.map((weight, i) => ({ key: `r${i}`, weight, value: i }));
        const rotation = new WeightedRotation();
        const counts = some.map(() => 0);
        for (let turn = 0; turn < sum; turn += 1) {
          const chosen = rotation.next(candidates) ?? -1;
          counts[chosen] = (counts[chosen] ?? 0) + 1;
        }
        assert.deepEqual(counts, some);
      },
    ),
  );
});

test('small shares are spread, not bunched', () => {
  const rotation = new WeightedRotation();
  const candidates = [
    { key: 'a', weight: 80, value: 'a' },
    { key: 'b', weight: 20, value: 'b' },
  ];
  const turns = Array.from({ length: 10 }, () => rotation.next(candidates)).join('');
  assert.equal(turns, 'aabaaaabaa');
});

test('without candidates it is nobody’s turn', () => {
  assert.equal(new WeightedRotation().next([]), undefined);
});

test('who is in at a percent is in at every higher one', () => {
  fc.assert(
    fc.property(
      fc.string(),
      fc.float({ min: 0, max: 100, noNaN: true }),
      fc.float({ min: 0, max: 100, noNaN: true }),
      (client, a, b) => {
        const [low, high] = [Math.min(a, b), Math.max(a, b)];
        assert.ok(!admits(client, low, 'shop/api') || admits(client, high, 'shop/api'));
        assert.ok(admits(client, 100, 'shop/api') && !admits(client, 0, 'shop/api'));
      },
    ),
  );
});

test('about as many clients are in as the percent says', () => {
  const clients = Array.from({ length: 10_000 }, (_, i) => `client-${i}`);
  const inside = clients.filter((client) => admits(client, 30, 'shop/api')).length;
  assert.ok(Math.abs(inside - 3000) < 200, `${inside} of 10000`);
});

test('a client is its cookie, or else its address and user agent', () => {
  const agent = { 'user-agent': 'curl' };
  const withCookie = { ...agent, cookie: 'x=1; fairlead-client=ana' };
  assert.equal(clientKey(withCookie, '10.0.0.1'), clientKey(withCookie, '10.0.0.2'));
  assert.notEqual(clientKey(agent, '10.0.0.1'), clientKey(agent, '10.0.0.2'));
  assert.notEqual(
    clientKey({ cookie: 'not-fairlead-client=ana' }, 'a'),
    clientKey(withCookie, 'a'),
  );
});

test('a token passes exactly when it is not older than the newest one seen', () => {
  const number = fc.integer({ min: 0, max: 3 });
  fc.assert(
    fc.property(fc.array(fc.tuple(number, number)), (tokens) => {
      let seen: SeenToken | null = null;
      for (const [epoch, sequence] of tokens) {
        const before: SeenToken | null = seen;
        const age = (one: SeenToken | null) => (one ? one.epoch * 10 + one.sequence : -1);
        const token = { operation: 'deploy', step: 'weight-5', epoch, sequence };
        if (epoch * 10 + sequence >= age(before)) {
          seen = passToken(before, token, 'a change');
          assert.deepEqual([seen.epoch, seen.sequence], [epoch, sequence]);
        } else {
          assert.throws(
            () => passToken(before, token, 'a change'),
            (error) => error instanceof Failure && error.kind === 'Superseded',
          );
        }
      }
    }),
  );
});

test('weights go to what is not ready only where nothing has answered anyway', () => {
  const service = { system: 'shop', service: 'api' };
  const [v1, v2] = [plainSpec(service, 'v1', 8080), plainSpec(service, 'v2', 8080)];
  const weights = weightsOf([v1, 100]);
  const set = (ready: number, before = weightsOf([v2, 100])) => {
    const revisions = [
      { spec: v1, desired: 1, ready: 0 },
      { spec: v2, desired: 1, ready },
    ];
    const change = {
      what: 'setting',
      weights,
      expect: before,
      by: { operation: 'deploy/shop/api/v1' },
      now: new Date(0),
    };
    return withWeights({ ...newTraffic(), weights: before }, change, revisions).weights;
  };
  const isNotReady = (error: unknown) => error instanceof Failure && error.kind === 'NotReady';
  assert.deepEqual(set(0), weights);
  assert.throws(() => set(1), isNotReady);
  assert.throws(() => set(0, []), isNotReady, 'a first deploy waits');
});

test('a change that is too late says from when the newer one is, for a clock that was set back', () => {
  const seen = { operation: 'deploy/shop/api/v2', epoch: Date.UTC(2030, 0, 1), sequence: 1 };
  const late = { operation: 'rollback/shop/api', step: 'switch', epoch: 1, sequence: 1 };
  assert.throws(
    () => passToken(seen, late, 'a change'),
    /2030-01-01T00:00:00.000Z.* was set back: set it right, or wait until then/,
  );
});

describe('what served last', () => {
  const service = { system: 'shop', service: 'api' };
  const [v1, v2, v4] = ['v1', 'v2', 'v4'].map((version) => plainSpec(service, version, 8080));
  assert.ok(v1 && v2 && v4);
  const revisions = [v1, v2, v4].map((spec) => ({ spec, desired: 1, ready: 1 }));
  let minutes = 0;
  const moved = (record: TrafficRecord, spec: typeof v1, operation: string, run?: string) => {
    const now = new Date((minutes += 1) * 60_000);
    const by = { operation, ...(run !== undefined && { run }) };
    const change = { what: 'setting', weights: weightsOf([spec, 100]), expect: undefined, by, now };
    return withWeights(record, change, revisions);
  };
  const versions = ({ served }: TrafficRecord) => served.map(({ spec }) => spec.version);

  test('is kept by an operation that goes back to what it began with', () => {
    let record = moved(newTraffic(), v1, 'deploy/shop/api/v1', 'first');
    record = moved(record, v2, 'deploy/shop/api/v2', 'second');
    const { served } = record;
    record = moved(record, v4, 'deploy/shop/api/v4', 'third');
    record = moved(record, v2, 'deploy/shop/api/v4', 'third');
    assert.deepEqual(record.served, served);
  });

  test('is another by a later operation of the same name: four roll-backs in a row', () => {
    let record = moved(newTraffic(), v1, 'deploy/shop/api/v1', 'first');
    record = moved(record, v2, 'deploy/shop/api/v2', 'second');
    record = moved(record, v4, 'deploy/shop/api/v4', 'third');
    for (const [spec, run] of [
      [v2, 'a'],
      [v1, 'b'],
      [v4, 'c'],
    ] as const) {
      record = moved(record, spec, 'rollback/shop/api', run);
    }
    assert.deepEqual(versions(record), ['v4', 'v1', 'v2']);
    const [newest] = record.served;
    assert.equal(newest?.since, new Date(minutes * 60_000).toISOString());
  });
});
