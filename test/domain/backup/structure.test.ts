// The digest of a structure: what a migration changes is in it, what time brings is not.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { structureOf } from '../../../src/domain/backup/structure.ts';

const table = (name: string, text: string) => ({ kind: 'table', of: '', name, text });
const ORDERS = table('orders', 'columns id bigint NOT NULL');

test('a column more is another structure; a setting and a partition of the month are none', () => {
  const was = structureOf([ORDERS]);
  assert.notEqual(structureOf([table('orders', 'columns id bigint NOT NULL, tip money')]), was);
  const month = table('orders_1', "partition FOR VALUES FROM ('1') TO ('2'); columns id bigint");
  const index = { kind: 'index', of: 'orders_1', name: 'i', text: 'btree (id)' };
  const setting = { kind: 'setting', of: '', name: 'work_mem', text: '4MB' };
  assert.equal(structureOf([ORDERS, month, index, setting]), was);
});

test('what has no definitions has no structure', () => {
  assert.equal(structureOf([]), undefined);
});
