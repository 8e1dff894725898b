// What databases are called in an exchange: a name that Postgres would cut off stays the only one of its kind.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  flushedName,
  labelOf,
  oidIn,
  quarantineName,
  restoredName,
} from '../../src/datastores/postgres/exchange/names.ts';

test('names say what a database is, and are never longer than Postgres takes', () => {
  assert.equal(quarantineName('orders', 5), 'orders_quarantine_5');
  assert.equal(quarantineName('orders', 5, 2), 'orders_quarantine_5_2');
  assert.equal(quarantineName('orders', 'EPOCH'), 'orders_quarantine_EPOCH');
  assert.equal(restoredName('orders', 'ab12cd34'), 'orders_restored_ab12cd34');
  assert.equal(flushedName('orders', 5, 2), 'orders_flushed_5_2');
  const long = 'ü'.repeat(31);
  const one = quarantineName(`${long}a`, 1_700_000_000_000, 12);
  const other = quarantineName(`${long}b`, 1_700_000_000_000, 12);
  for (const name of [one, other]) {
    assert.ok(Buffer.byteLength(name) <= 63, name);
    assert.match(name, /^ü+~[0-9a-f]{8}_quarantine_1700000000000_12$/);
  }
  assert.notEqual(one, other);
});

test('a label gives the number of its database back, whatever that is called', () => {
  const label = labelOf({ name: 'odd (oid 7) name', oid: '16389' });
  assert.equal(label, 'odd (oid 7) name (oid 16389)');
  assert.equal(oidIn(label), '16389');
  assert.equal(oidIn('orders_quarantine_5'), undefined);
});
