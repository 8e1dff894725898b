// What people are told of an exchange: where they find what was live.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  exchangeWords,
  quarantinedAs,
  type ExchangePlan,
} from '../../../src/domain/recovery/exchange.ts';

test('a database that was renamed is found under its new name, a generation under its own', () => {
  const rename: ExchangePlan = {
    kind: 'rename',
    ...{ from: 'shop (oid 1)', to: 'shop_restored_a (oid 2)', quarantine: 'shop_quarantine_7' },
    notes: ['the slot s stays'],
  };
  const generation: ExchangePlan = { kind: 'generation', from: 'gen-1', to: 'gen-2' };
  assert.deepEqual([rename, generation].map(quarantinedAs), ['shop_quarantine_7', 'gen-1']);
  assert.equal(
    exchangeWords(rename),
    'shop_restored_a (oid 2) takes the place of shop (oid 1); shop (oid 1) is kept as shop_quarantine_7; the slot s stays',
  );
});
