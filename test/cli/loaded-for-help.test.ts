// What the command line loads before it knows what to do: not Temporal's client, whose messages take longer than most commands.
import assert from 'node:assert/strict';
import { createRequire } from 'node:module';
import { test } from 'node:test';
import { VERB_GROUPS } from '../../src/cli/verbs.ts';

test('declaring all verbs, as the help does, loads no package of Temporal and no yaml', async () => {
  for (const { load } of VERB_GROUPS) await load();
  const loaded = Object.keys(createRequire(import.meta.url).cache);
  assert.ok(
    loaded.some((file) => file.includes('/node_modules/commander/')),
    'packages are seen',
  );
  const unwanted = loaded.filter((file) =>
    /node_modules\/(@temporalio|protobufjs|yaml)\//.test(file),
  );
  assert.deepEqual(unwanted.slice(0, 3), []);
});
