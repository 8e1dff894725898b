import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { durationText, milliseconds } from '../../src/domain/text/duration-text.ts';

test('reads back what it writes', () => {
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 366 * 86_400_000 }), (ms) => {
      assert.equal(milliseconds(durationText(ms)), ms);
    }),
  );
});

test('answers any text with whole milliseconds of at most a year, or with nothing', () => {
  const amount = fc.oneof(fc.nat().map(String), fc.double().map(String), fc.string());
  const unit = fc.constantFrom('ms', 's', 'm', 'h', 'd', '', 'w', 'toString');
  fc.assert(
    fc.property(amount, unit, (left, right) => {
      const ms = milliseconds(left + right);
      assert.ok(ms === undefined || (Number.isInteger(ms) && ms >= 0 && ms <= 366 * 86_400_000));
    }),
  );
});

test('knows each unit and refuses what is none', () => {
  const texts = ['250ms', '3s', '1.5m', '24h', '90d', '3', '-1s', '1e3s', '3 s', '367d', ''];
  assert.deepEqual(texts.map(milliseconds), [
    ...[250, 3000, 90_000, 86_400_000, 7_776_000_000],
    ...Array<undefined>(6).fill(undefined),
  ]);
});
