// Whoever writes to a real Postgres while it is fenced: superusers and jobs that come again at once, subscriptions, prepared
// transactions; and what they were told was written.
import assert from 'node:assert/strict';
import { test, type TestContext } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import type { PostgresAddress } from '../../src/datastores/postgres/connection.ts';
import { backupId } from '../../src/domain/backup/backup-id.ts';
import { judgeQuiet, QUIET_MS } from '../../src/domain/recovery/exchange.ts';
import { fails } from '../support/fails.ts';
import { SINCE, token } from '../support/datastores/exchange-contracts.ts';
import {
  asApplication,
  oneExchangeServer,
  type PostgresExchangeWorld,
} from '../support/datastores/postgres-exchanges.ts';
import { eventually, waiting } from '../support/local-daemon.ts';

const world = oneExchangeServer();

/** Connects, writes once and comes again at once, until it is told to stop. Its numbers are those that were acknowledged. */
function writerInALoop(t: TestContext, address: PostgresAddress, table: string) {
  const acknowledged: number[] = [];
  let [stopped, refused] = [false, 0];
  const loop = async (): Promise<void> => {
    while (!stopped) {
      await asApplication(address, async (client) => {
        const { rows } = await client.query<{ id: string }>(
          `INSERT INTO ${table} (text) VALUES ('x') RETURNING id`,
        );
        acknowledged.push(...rows.map(({ id }) => Number(id)));
      }).catch(() => {
        refused += 1;
      });
      await sleep(1);
    }
  };
  const ended = loop();
  const stop = async (): Promise<number[]> => {
    stopped = true;
    await ended;
    return acknowledged;
  };
  t.after(stop);
  return { acknowledged, stop, refused: () => refused };
}

async function quiet({ store, exchanges }: PostgresExchangeWorld) {
  const before = await exchanges.writePosition(store, waiting());
  await sleep(QUIET_MS);
  return judgeQuiet('orders', before, await exchanges.writePosition(store, waiting()));
}

async function beside({ store, backups, exchanges }: PostgresExchangeWorld) {
  const target = { copy: 'beside', store };
  const id = backupId('shop', 'orders', 1_700_000_000_000);
  await backups.backup({ store, id, systemDigest: 'd' }, waiting());
  await backups.restore({ id, target, into: 'beside' }, waiting());
  return { target, plan: await exchanges.exchangePlan(target, waiting()) };
}

test('a superuser and a job that come again at once are kept out; all that they were told was written is there, and no number is given out twice', async (t) => {
  const it = await world(t);
  if (it === undefined) return;
  const { store, exchanges, ask, database, application, server } = it;
  const made = `CREATE TABLE a.seen (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, text text)`;
  await ask(`${made}; GRANT ALL ON a.seen TO app_${database}`, database);
  const job = writerInALoop(t, application, 'a.seen');
  const superuser = writerInALoop(t, { ...server.address, database }, 'a.seen');
  await eventually('both to write', () => job.acknowledged.length * superuser.acknowledged.length);
  const { plan, target } = await beside(it);
  const since = job.acknowledged.length;
  await eventually('numbers since the backup', () => job.acknowledged.length > since + 2);
  const idle = await exchanges.writePosition(store, waiting());
  await eventually('another number', async () => {
    const later = await exchanges.writePosition(store, waiting());
    return later.position !== idle.position;
  });
  // A session that is in the middle of something, and one that sets its own settings.
  const open = asApplication(application, async (client) => {
    await client.query(
      'BEGIN; SET statement_timeout = 0; INSERT INTO a.seen (text) VALUES ($$open$$)',
    );
    await client.query('SELECT pg_sleep(600)');
  });
  open.catch(() => undefined);
  const fence = await exchanges.writeFence({ store, token: token(5) }, waiting());
  await assert.rejects(open);
  const [atFence, refusals] = [
    [...job.acknowledged, ...superuser.acknowledged],
    [job.refused(), superuser.refused()],
  ];
  const verdict = await quiet(it);
  assert.equal(verdict.verdict, 'pass', verdict.reason);
  await eventually('both to come again in vain', () => {
    return job.refused() > (refusals[0] ?? 0) && superuser.refused() > (refusals[1] ?? 0);
  });
  assert.deepEqual([...job.acknowledged, ...superuser.acknowledged], atFence);
  const rows = await ask('SELECT id::int FROM a.seen', fence.quarantined);
  const there = new Set(rows.map(({ id }) => id));
  assert.ok(atFence.every((id) => there.has(id)));
  const loss = await exchanges.lossAgainst({ target, quarantined: fence.quarantined }, waiting());
  const [copied] = await ask('SELECT count(*)::int AS rows FROM a.seen', plan.to.split(' ')[0]);
  assert.equal(loss.onlyThere.count, rows.length - Number(copied?.['rows']));
  await exchanges.exchange({ since: SINCE, store, plan, token: token(5, 2) }, waiting());
  await exchanges.liftFence({ store, token: token(5, 3) }, waiting());
  const before = job.acknowledged.length;
  await eventually('the job to write again', () => job.acknowledged.length > before + 2);
  const all = [...(await job.stop()), ...(await superuser.stop())];
  assert.equal(new Set(all).size, all.length, 'a number was given out twice');
});

test('vacuum and statistics, which the server makes by itself, do not count as writes; an update, DDL and TRUNCATE do', async (t) => {
  const it = await world(t);
  if (it === undefined) return;
  const { store, exchanges, ask, database } = it;
  await ask(
    `CREATE TABLE a.wide (text text); INSERT INTO a.wide SELECT repeat(md5(n::text), 60) FROM generate_series(1, 300) n; DELETE FROM a.wide WHERE text < '8'`,
    database,
  );
  const positionOf = async (): Promise<string> =>
    (await exchanges.writePosition(store, waiting())).position;
  const settled = async (): Promise<string> => {
    await eventually('nobody to be there', async () => {
      const there = `SELECT 1 FROM pg_stat_activity WHERE datname = '${database}'`;
      return (await ask(there)).length === 0;
    });
    return positionOf();
  };
  let before = await settled();
  for (const quietly of ['VACUUM ANALYZE a.wide', 'ANALYZE', 'CHECKPOINT', 'VACUUM']) {
    await ask(quietly, database);
    assert.equal(await settled(), before, quietly);
  }
  const writing = [
    ...["UPDATE a.wide SET text = 'x' WHERE text LIKE 'a%'", 'ALTER TABLE a.wide ADD n int'],
    ...['TRUNCATE a.wide', 'CREATE VIEW a.seen AS SELECT 1', "SELECT lo_from_bytea(0, 'x')"],
  ];
  for (const text of writing) {
    await ask(text, database);
    const after = await settled();
    assert.notEqual(after, before, text);
    before = after;
  }
});

test('a subscription that comes again is disabled with the fence, named while it is not, and enabled as before', async (t) => {
  const it = await world(t);
  if (it === undefined) return;
  const { store, exchanges, ask, database, server } = it;
  const publisher = `${database}_publisher`;
  await ask(`CREATE DATABASE ${publisher}`);
  await ask('CREATE SCHEMA a; CREATE TABLE a.kept (key text PRIMARY KEY, text text)', publisher);
  await ask('CREATE PUBLICATION shop FOR TABLE a.kept', publisher);
  await ask(`SELECT pg_create_logical_replication_slot('sent_${database}', 'pgoutput')`, publisher);
  const { host, port, user, password = '' } = server.address;
  const from = `host=${host} port=${port} dbname=${publisher} user=${user} password=${password}`;
  await ask(
    `CREATE SUBSCRIPTION got_${database} CONNECTION '${from}' PUBLICATION shop WITH (create_slot = false, copy_data = false, slot_name = 'sent_${database}')`,
    database,
  );
  const arrived = (key: string, where: string) => async (): Promise<boolean> =>
    (await ask(`SELECT 1 FROM a.kept WHERE key = '${key}'`, where)).length > 0;
  await ask(`INSERT INTO a.kept VALUES ('first', '1')`, publisher);
  await eventually('the first row', arrived('first', database));
  const { writers } = await exchanges.writePosition(store, waiting());
  assert.match(writers.join('; '), new RegExp(`the subscription got_${database} is enabled`));
  const { plan } = await beside(it);
  assert.match(
    (plan.kind === 'rename' ? (plan.notes ?? []) : []).join('; '),
    new RegExp(`the subscription got_${database} stays with the quarantined database, disabled`),
  );
  const { quarantined } = await exchanges.writeFence({ store, token: token(5) }, waiting());
  await ask(`INSERT INTO a.kept VALUES ('second', '2')`, publisher);
  const verdict = await quiet(it);
  assert.equal(verdict.verdict, 'pass', verdict.reason);
  assert.equal(await arrived('second', quarantined)(), false);
  // Somebody enables it under the fence: its worker is a writer.
  await ask(`ALTER SUBSCRIPTION got_${database} ENABLE`, quarantined);
  const seen = await quiet(it);
  assert.equal(seen.verdict, 'fail', seen.reason);
  await ask(`ALTER SUBSCRIPTION got_${database} DISABLE`, quarantined);
  await exchanges.liftFence({ store, token: token(5, 2) }, waiting());
  await eventually('the second row', arrived('second', database));
  await ask(`ALTER SUBSCRIPTION got_${database} DISABLE`, database);
});

test('a prepared transaction is named, with how it is decided, and nobody is kept out before it is', async (t) => {
  const it = await world(t);
  if (it === undefined) return;
  const { store, exchanges, application, read, write } = it;
  await write('b', 'old');
  await asApplication(application, (client) =>
    client.query("BEGIN; UPDATE b.kept SET text = 'newer'; PREPARE TRANSACTION 'order 7'"),
  );
  const said =
    /the prepared transaction 'order 7' of app_\w+, since .*COMMIT PREPARED 'order 7' or ROLLBACK PREPARED 'order 7'/;
  assert.match((await exchanges.unable(store)) ?? '', said);
  assert.match((await exchanges.writePosition(store, waiting())).writers.join(), said);
  const { message } = await fails(
    'Refused',
    exchanges.writeFence({ store, token: token(5) }, waiting()),
  );
  assert.match(message, said);
  assert.equal(await read('b'), 'old');
  await asApplication(application, (client) => client.query("COMMIT PREPARED 'order 7'"));
  assert.equal(await exchanges.unable(store), undefined);
  await exchanges.writeFence({ store, token: token(5, 2) }, waiting());
  assert.equal(await read('b'), undefined);
});

test('a logical slot does not go along, and is told with what becomes of it', async (t) => {
  const it = await world(t);
  if (it === undefined) return;
  const { store, exchanges, ask, database, read, write } = it;
  await write('b', 'old');
  await ask(`SELECT pg_create_logical_replication_slot('out_${database}', 'pgoutput')`, database);
  await ask('CREATE PUBLICATION sent FOR TABLE b.kept', database);
  const { plan } = await beside(it);
  await ask('CREATE PUBLICATION later FOR TABLE b.kept', database);
  await write('b', 'newer');
  const { notes = [] } = plan.kind === 'rename' ? plan : {};
  assert.match(notes[0] ?? '', /^the logical slot out_\w+ \(pgoutput\) stays with the quarantined/);
  assert.match(notes[1] ?? '', /^the publication sent is in the copy as it was backed up/);
  assert.equal(notes.length, 2, notes.join('\n'));
  const { notes: more = [] } = {
    ...(await exchanges.exchangePlan({ copy: 'beside', store }, waiting())),
  } as { notes?: string[] };
  assert.match(more.join('\n'), /the publication later is not in the copy/);
  await exchanges.exchange({ since: SINCE, store, plan, token: token(5) }, waiting());
  await exchanges.liftFence({ store, token: token(5, 3) }, waiting());
  assert.equal(await read('b'), 'old');
  const [slot] = await ask(
    `SELECT database FROM pg_replication_slots WHERE slot_name = 'out_${database}'`,
  );
  assert.equal(slot?.['database'], `${database}_quarantine_5`);
  assert.equal((await ask('SELECT 1 FROM pg_publication', database)).length, 1);
});

test('names that are taken are not taken away', async (t) => {
  const it = await world(t);
  if (it === undefined) return;
  const { store, exchanges, ask, database, read, write } = it;
  await write('b', 'old');
  await ask(`CREATE DATABASE ${database}_quarantine_5`);
  const fence = await exchanges.writeFence({ store, token: token(5) }, waiting());
  assert.equal(fence.quarantined, `${database}_quarantine_5_1`);
  await exchanges.liftFence({ store, token: token(5, 2) }, waiting());
  await ask(`CREATE DATABASE ${database}_quarantine_5_3`);
  const refused = exchanges.writeFence({ store, token: token(5, 3) }, waiting());
  assert.match(
    (await fails('Refused', refused)).message,
    /_quarantine_5 and \w+_quarantine_5_3 already/,
  );
  assert.equal(await read('b'), 'old');
  // Somebody makes a database of the live name while that is fenced.
  await exchanges.writeFence({ store, token: token(6) }, waiting());
  await ask(`CREATE DATABASE ${database}`);
  const lifted = exchanges.liftFence({ store, token: token(6, 2) }, waiting());
  assert.match((await fails('WorldChanged', lifted)).message, /somebody made/);
  await ask(`DROP DATABASE ${database}`);
  await exchanges.liftFence({ store, token: token(6, 2) }, waiting());
  assert.equal(await read('b'), 'old');
});
