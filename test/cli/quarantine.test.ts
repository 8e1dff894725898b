// `fairlead quarantine`, by its lines and as a process.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { quarantineLines } from '../../src/cli/quarantine/lines.ts';
import { runCli } from '../support/run-cli.ts';

test('what is set apart is listed with its size, since when, by whom and until when', () => {
  const row = {
    ...{ datastore: 'orders', name: 'gen-1', since: '2026-11-22T08:00:00.000Z' },
    until: '2026-12-22T08:00:00.000Z',
  };
  const lines = quarantineLines('shop', [
    { ...row, bytes: 2_000_000, operation: 'recover/shop' },
    { ...row, name: 'gen-2' },
  ]);
  assert.match(lines[0] ?? '', /^DATASTORE +NAME +SIZE +SINCE +BY +KEPT UNTIL$/);
  assert.match(
    lines[1] ?? '',
    /^orders +gen-1 +2(\.0)? MB +2026-11-22T\S+ +recover\/shop +2026-12-22T/,
  );
  assert.match(lines[2] ?? '', /^orders +gen-2 +not known +\S+ +not noted +2026-12-22T/);
  assert.deepEqual(quarantineLines('shop', []), ['nothing is set apart of shop']);
});

test('a name that is no datastore is refused before anything is asked', async () => {
  const { code, stderr } = await runCli(['quarantine', 'remove', 'shop', 'gen-1', '--as', 'ana']);
  assert.equal(code, 2);
  assert.match(stderr, /SYSTEM\/DATASTORE, for example shop\/orders/);
});
