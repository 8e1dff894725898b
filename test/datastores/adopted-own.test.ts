// Databases of a server's own are nobody's to adopt: said before the server is asked.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { exchangeByBinding } from '../../src/datastores/documents/by-binding.ts';
import { databasesIn } from '../../src/datastores/mongodb/databases.ts';
import { UNDISTURBED } from '../../src/integrations/json-objects.ts';
import { datastoreRef } from '../support/datastores/datastores.ts';

test("a MongoDB's own databases are not adopted", async () => {
  const secrets = { env: {}, readFile: async () => '', reader: 'the test' };
  const { adopt } = exchangeByBinding(databasesIn(secrets), Date);
  const settings = { kind: 'mongodb', host: '127.0.0.1', port: 1, database: 'stock' } as const;
  const store = datastoreRef('stock', '/', settings);
  for (const own of ['admin', 'config', 'local']) {
    assert.match(
      (await adopt?.unable(store, own, UNDISTURBED)) ?? '',
      /it is one of the server's own$/,
    );
  }
});
