// A name in a system file leaves no comment of the SQL that `fairlead grant postgres --print` prints.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { postgresGrants } from '../../src/domain/by-hand/postgres-grants.ts';
import { shortName } from '../../src/config/terms.ts';
import { fails } from '../support/fails.ts';

const GOOD = {
  ...{ system: 'shop', datastore: 'orders', host: '127.0.0.1', port: 5432 },
  ...{ database: 'orders', user: 'fairlead', heartbeats: false },
};

test('a name with a line break or another control character is granted nothing', async () => {
  assert.match(postgresGrants(GOOD), /GRANT CONNECT ON DATABASE "orders" TO "fairlead"/);
  for (const bad of [
    'a\nALTER ROLE eve SUPERUSER; --',
    'a\r',
    'a\u0000',
    'a\u0085b',
    'a\u001b[2J',
  ]) {
    for (const field of ['user', 'database', 'host'] as const) {
      const granting = Promise.resolve().then(() => postgresGrants({ ...GOOD, [field]: bad }));
      const { message } = await fails('BadInput', granting);
      assert.match(message, /no line break and no other control character/);
      assert.doesNotMatch(message, /\n/);
    }
    assert.equal(shortName.safeParse(bad).success, false, JSON.stringify(bad));
  }
  for (const good of ['backup "of" shop', 'ümläut', '(default)']) {
    assert.equal(shortName.safeParse(good).success, true, good);
  }
});
