// Weights, capacity and the reading of probes, as properties.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { Weights } from '../../../src/domain/rollout/model.ts';
import { misread, probesFor } from '../../../src/domain/traffic/probes.ts';
import {
  capacityFor,
  describeWeights,
  heaviest,
  normalised,
  sameWeights,
} from '../../../src/domain/traffic/weights.ts';

const split = (percent: number): Weights => [
  { revision: 'a', version: 'v1', percent: 100 - percent },
  { revision: 'b', version: 'v2', percent },
];
const answers = (a: number, b: number) => [
  ...Array.from({ length: a }, () => ({ revision: 'a', status: 200 })),
  ...Array.from({ length: b }, () => ({ revision: 'b', status: 200 })),
];
const percent = fc.integer({ min: 0, max: 100 });

test('weights are the same in any order, with or without zeros', () => {
  fc.assert(
    fc.property(percent, (share) => {
      const zero = { revision: 'c', version: 'v3', percent: 0 };
      assert.ok(sameWeights(split(share), [zero, ...split(share)].reverse()));
      assert.equal(
        normalised([...split(share), zero]).some((one) => one.percent === 0),
        false,
      );
    }),
  );
});

test('the heaviest has the most; nothing with traffic has none', () => {
  assert.equal(heaviest(split(60))?.revision, 'b');
  assert.equal(heaviest(split(50))?.revision, 'a');
  assert.equal(heaviest([]), undefined);
  assert.equal(describeWeights([]), 'no traffic');
  assert.equal(describeWeights(split(60)), 'v2 60 %, v1 40 %');
});

test('capacity is enough for the share, never nothing, never more than all', () => {
  fc.assert(
    fc.property(percent, fc.integer({ min: 1, max: 64 }), (share, replicas) => {
      const capacity = capacityFor(share, replicas);
      assert.ok(capacity >= 1 && capacity <= replicas && capacity >= (replicas * share) / 100);
    }),
  );
});

test('answers in exact proportion are never misread', () => {
  fc.assert(
    fc.property(percent, (share) => {
      const count = probesFor(split(share));
      const b = Math.round((count * share) / 100);
      assert.equal(misread(split(share), answers(count - b, b)), undefined);
    }),
  );
});

test('answers of the weights before are misread, from five percent on', () => {
  for (const share of [5, 25, 50, 100]) {
    const count = probesFor(split(share));
    assert.match(misread(split(share), answers(count, 0)) ?? '', /probes/, `${share} %`);
  }
});

test('one answer of a revision without weight is enough to say so', () => {
  assert.match(misread(split(0), answers(19, 1)) ?? '', /1 of 20 probes were answered by b/);
  const nobody = [...answers(19, 0), { revision: '', status: 503 }];
  assert.match(misread(split(0), nobody) ?? '', /no known revision/);
});
