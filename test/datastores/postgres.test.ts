import assert from 'node:assert/strict';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { createStores } from '../../src/datastores/registry.ts';
import { judgeComplete, judgeCorrect } from '../../src/domain/backup/ladder.ts';
import { processesIn } from '../../src/machine/processes-in.ts';
import { backupContracts } from '../support/datastores/backup-contracts.ts';
import { rewriteManifest } from '../support/datastores/backup-damage.ts';
import { assertComplete } from '../support/datastores/catalogue-entries.ts';
import { fails } from '../support/fails.ts';
import { waiting } from '../support/local-daemon.ts';
import {
  clock,
  onePostgres,
  programThat,
  refTo,
  secretsOf,
} from '../support/datastores/postgres-backups.ts';
import { startPostgres } from '../support/datastores/postgres.ts';
import { streamedManifest } from '../support/datastores/copies.ts';

const world = onePostgres();

backupContracts('Postgres', async () => {
  const server = await startPostgres();
  if (server === undefined) return undefined;
  return {
    stores: createStores({ clock, secrets: secretsOf(server) }),
    store: refTo(server),
    within: 'Customer 12',
    env: { PGSECRET: server.address.password ?? '' },
    change: async () => {
      await server.query("UPDATE customers SET name = 'x' WHERE id = 7");
    },
    remove: async () => {
      await server.query('DELETE FROM orders WHERE id = 9');
    },
    end: server.stop,
  };
});

test('a dump knows its tables, indexes, constraints, sequences and where it comes from', async (t) => {
  const it = await world(t);
  if (it === undefined) return;
  const { contents, tools, source, recoveryPoint } = await it.backups.backup(it.input, waiting());
  assert.deepEqual(
    contents.parts.map(({ name, rows }) => [name, rows]),
    [
      ['Odd "Schema".t.able', 50],
      ['public.customers', 500],
      ['public.empty', 0],
      ['public.orders', 3000],
      ['public.parted', 20],
      ['large objects', 1],
    ],
  );
  const { definitions } = contents;
  const textOf = (kind: string, name: string) =>
    definitions.find((one) => one.kind === kind && one.name === name)?.text ?? 'none';
  assert.match(
    textOf('index', 'orders_by_customer'),
    /^USING btree \(customer, total DESC\) WHERE/,
  );
  assert.match(textOf('constraint', 'orders_customer_fkey'), /^FOREIGN KEY \(customer\)/);
  assert.match(textOf('table', 'public.customers'), /columns .*name text NOT NULL/);
  assert.match(textOf('view', 'public.richest'), /SELECT orders.customer/);
  assert.ok(contents.sequences.some(({ name, to }) => name === 'public.never_used' && to === ''));
  assert.equal(source, `postgres://127.0.0.1:${it.postgres.address.port}/shop`);
  assert.match(tools['pg_dump'] ?? '', /\d+/);
  assert.equal(recoveryPoint.clock, 'datastore');
});

test('a copy has the name of the live database, also one that every cluster has already', async (t) => {
  const it = await world(t);
  if (it === undefined) return;
  const { backups, id, input, store } = it;
  await backups.backup(input, waiting());
  for (const database of ['shop', 'postgres']) {
    const settings = { ...store.settings, database };
    const target = { copy: 'copy', store: { ...store, settings } };
    await backups.restore({ id, target, into: 'scratch' }, waiting());
    const address = await backups.handOver(target, waiting());
    assert.equal(address.kind === 'address' && address.login.fields['database'], database);
    assert.equal(
      await backups.ask({ target, query: 'SELECT count(*) FROM orders' }, waiting()),
      '3000',
    );
    await backups.discard('copy', waiting());
  }
});

test('no secret is in the arguments of a tool, in a manifest, or in an error', async (t) => {
  const it = await world(t);
  if (it === undefined) return;
  const { password = '' } = it.postgres.address;
  const folder = await programThat(t, 'pg_dump', 'echo "$0 $*" >&2; exit 1');
  const other = await world(t, [folder]);
  if (other === undefined) return;
  const failure = await fails('CheckFailed', other.backups.backup(other.input, waiting()));
  assert.match(failure.message, /--format=custom.*exited with 1|exited with 1/);
  assert.ok(!failure.message.includes(password));
  assert.ok(!JSON.stringify(await it.backups.backup(it.input, waiting())).includes(password));
});

for (const [what, script] of [
  ['prints nothing and exits with 0', 'exit 0'],
  ['prints something else and exits with 0', 'echo "-- PostgreSQL database dump"'],
  ['prints the head of a dump and exits with 1', 'printf PGDMP; exit 1'],
] as const) {
  test(`a pg_dump that ${what} makes no backup`, async (t) => {
    const version = 'if [ "$1" = --version ]; then echo "pg_dump 15.1"; exit 0; fi';
    const folder = await programThat(t, 'pg_dump', `${version}\n${script}`);
    const it = await world(t, [folder]);
    if (it === undefined) return;
    await fails('CheckFailed', it.backups.backup(it.input, waiting()));
    assert.deepEqual(await it.backups.list(it.store, waiting()), []);
  });
}

test('a dump that is cut is found out, although its listing is whole and exits with 0', async (t) => {
  const it = await world(t);
  if (it === undefined) return;
  const manifest = await it.backups.backup(it.input, waiting());
  const [key = '', stored] = [...it.objects.stored].find(([one]) => one.endsWith('/dump')) ?? [];
  assert.ok(stored);
  const bytes = stored.bytes.subarray(0, Math.floor(stored.bytes.length * 0.7));
  it.objects.stored.set(key, { ...stored, bytes });
  // As if the manifest were that of the cut one: nothing but the tool can tell.
  const { createHash } = await import('node:crypto');
  const plain = { size: bytes.length, sha256: createHash('sha256').update(bytes).digest('hex') };
  const whole = streamedManifest(manifest);
  const objects = whole.objects.map((one) => ({ ...one, ...plain, plain }));
  rewriteManifest(it.objects, { ...whole, objects });
  const { verdict, reason } = await it.backups.examine(it, waiting());
  assert.equal(verdict, 'fail');
  assert.match(reason, /pg_restore .*exited with 1/);
  await fails(
    'CheckFailed',
    it.backups.restore({ id: it.id, target: it.target, into: 'scratch' }, waiting()),
  );
});

test('a dump of a newer server is not loaded into an older one', async (t) => {
  const it = await world(t);
  if (it === undefined) return;
  const manifest = await it.backups.backup(it.input, waiting());
  rewriteManifest(it.objects, { ...manifest, tools: { ...manifest.tools, server: '99.1' } });
  const failure = await fails(
    'Unsupported',
    it.backups.restore({ id: it.id, target: it.target, into: 'scratch' }, waiting()),
  );
  assert.match(failure.message, /taken from Postgres 99/);
});

test('a duplicate key in a restore fails it, and says which', async (t) => {
  const it = await world(t);
  if (it === undefined) return;
  // Two rows with one key: a unique index that was damaged lets them in.
  await it.postgres
    .query(
      `CREATE TABLE damaged (k int);
    INSERT INTO damaged VALUES (1), (1);
    CREATE UNIQUE INDEX CONCURRENTLY damaged_k ON damaged (k)`,
    )
    .catch(() => undefined);
  await it.postgres.query('CREATE TABLE IF NOT EXISTS damaged (k int)');
  t.after(() => it.postgres.query('DROP TABLE damaged'));
  await it.postgres.query(`INSERT INTO damaged SELECT 1 WHERE NOT EXISTS (SELECT FROM damaged)`);
  await it.postgres.query(`ALTER TABLE damaged ADD CONSTRAINT once UNIQUE (k)`);
  await it.postgres.query(
    `UPDATE pg_index SET indisready = false, indisunique = true WHERE indexrelid = 'once'::regclass`,
  );
  await it.postgres.query('INSERT INTO damaged VALUES (1)');
  await it.postgres.query(
    `UPDATE pg_index SET indisready = true WHERE indexrelid = 'once'::regclass`,
  );
  await it.backups.backup(it.input, waiting());
  const restore = it.backups.restore({ id: it.id, target: it.target, into: 'scratch' }, waiting());
  const failure = await fails('CheckFailed', restore);
  assert.match(failure.message, /once.*duplicated|duplicate/);
});

test('a copy answers one value to a query, and lets nobody write', async (t) => {
  const it = await world(t);
  if (it === undefined) return;
  const { backups, target, id } = it;
  await backups.backup(it.input, waiting());
  await backups.restore({ id, target, into: 'scratch' }, waiting());
  const ask = (query: string) => backups.ask({ target, query }, waiting());
  assert.equal(await ask('SELECT count(*) FROM orders WHERE total < 0'), '0');
  assert.equal(await ask('SELECT max(a) FROM empty'), null);
  for (const query of [
    'SELECT 1, 2',
    'SELECT id FROM orders',
    'SELECT nothing FROM orders',
    'DELETE FROM orders RETURNING 1',
    'COMMIT; DELETE FROM orders',
    "COPY orders TO PROGRAM 'cat'",
    "SELECT pg_read_file('/etc/passwd')",
  ])
    await fails('CheckFailed', ask(query));
  const { contents } = await backups.fingerprint(target, waiting());
  const { manifest } = assertComplete(await backups.read(id, waiting()));
  assert.equal(judgeComplete(manifest.contents, contents).verdict, 'pass');
  assert.equal(judgeCorrect(manifest.contents, contents).verdict, 'pass');
});

test('sequences may move on while a dump is taken, and rows written meanwhile are not in it', async (t) => {
  const it = await world(t);
  if (it === undefined) return;
  const { backups, postgres, target, id } = it;
  const writing = new AbortController();
  const writer = (async () => {
    while (!writing.signal.aborted)
      await postgres.query("INSERT INTO customers (name) VALUES ('late')");
  })();
  const manifest = await backups.backup(it.input, waiting()).finally(() => {
    writing.abort();
  });
  await writer;
  await backups.restore({ id, target, into: 'scratch' }, waiting());
  const { contents } = await backups.fingerprint(target, waiting());
  const complete = judgeComplete(manifest.contents, contents);
  assert.equal(complete.verdict, 'pass', complete.reason);
  assert.equal(judgeCorrect(manifest.contents, contents).verdict, 'pass');
});

test('a cancelled backup ends its tool, and a discarded copy its server', async (t) => {
  const it = await world(t);
  if (it === undefined) return;
  const { backups, input, id, target, root } = it;
  const stop = new AbortController();
  const beat = (): void => {
    stop.abort(new Error('cancelled'));
  };
  await assert.rejects(backups.backup(input, { signal: stop.signal, beat }));
  assert.deepEqual(await backups.list(it.store, waiting()), []);
  await backups.backup(input, waiting());
  await backups.restore({ id, target, into: 'scratch' }, waiting());
  assert.ok(processesIn(join(root, 'copy')).length > 0);
  await backups.discard('copy', waiting());
  assert.deepEqual(processesIn(join(root, 'copy')), []);
  assert.deepEqual(await readdir(root), []);
});

test('a wrong password, a missing database and no server each say what to do', async (t) => {
  const it = await world(t);
  if (it === undefined) return;
  const { store, backups } = it;
  const fingerprint = (change: Partial<typeof store.settings>) =>
    backups.fingerprint({ ...store, settings: { ...store.settings, ...change } }, waiting());
  assert.match(
    (await fails('Refused', fingerprint({ user: 'nobody' }))).message,
    /Mend the datastore's settings/,
  );
  assert.match((await fails('BadInput', fingerprint({ database: 'gone' }))).message, /gone/);
  assert.match((await fails('Unavailable', fingerprint({ port: 1 }))).message, /Is the server up/);
  const missing = await fails('BadInput', fingerprint({ password: { env: 'NOPE' } }));
  assert.match(missing.message, /environment variable NOPE/);
});
