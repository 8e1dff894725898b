// An exchange of a real Postgres that a standby follows, a pooler stands in front of, a logical slot reads and a prepared
// transaction is left in, all at once; and what a restore beside does to whoever follows.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { withClient, type PostgresAddress } from '../../src/datastores/postgres/connection.ts';
import { watchingLag } from '../../src/datastores/postgres/exchange/lag.ts';
import { backupId } from '../../src/domain/backup/backup-id.ts';
import { judgeQuiet, QUIET_MS } from '../../src/domain/recovery/exchange.ts';
import { fails } from '../support/fails.ts';
import { SINCE, token } from '../support/datastores/exchange-contracts.ts';
import { startPooler } from '../support/datastores/pooler.ts';
import { asApplication, oneExchangeServer } from '../support/datastores/postgres-exchanges.ts';
import { startReplica } from '../support/datastores/postgres-replica.ts';
import { eventually, waiting } from '../support/local-daemon.ts';

const world = oneExchangeServer();

const textOf = async (address: PostgresAddress): Promise<unknown> => {
  const { rows } = await asApplication(address, (client) =>
    client.query<{ text: string }>('SELECT text FROM b.kept'),
  );
  return rows[0]?.text;
};

test('standby, pooler, logical slot and prepared transaction together', async (t) => {
  const it = await world(t);
  if (it === undefined) return;
  const { server, store, backups, exchanges, ask, database, application, write } = it;
  const pooled = await startPooler(t, application);
  if (pooled === undefined) {
    t.skip('missing part: pgbouncer (npm run parts -- pgbouncer)');
    return;
  }
  const replica = { ...(await startReplica(t, server)), database };
  await write('b', 'old');
  const id = backupId('shop', 'orders', 1_700_000_000_000);
  await backups.backup({ store, id, systemDigest: 'd' }, waiting());
  await write('b', 'newer');
  await ask(`SELECT pg_create_logical_replication_slot('out_${database}', 'pgoutput')`, database);
  const target = { copy: 'beside', store };
  await backups.restore({ id, target, into: 'beside' }, waiting());
  const plan = await exchanges.exchangePlan(target, waiting());
  assert.match(plan.kind === 'rename' ? (plan.notes ?? []).join() : '', /slot out_/);
  await eventually('the pooler to answer', async () => (await textOf(pooled)) === 'newer');
  await asApplication(application, (client) =>
    client.query(`BEGIN; INSERT INTO c.kept VALUES ('c', 'paid'); PREPARE TRANSACTION 'pay-1'`),
  );
  const refused = exchanges.writeFence({ store, token: token(5) }, waiting());
  assert.match((await fails('Refused', refused)).message, /pay-1/);
  assert.equal(await textOf(pooled), 'newer');
  await ask(`COMMIT PREPARED 'pay-1'`, database);

  const { quarantined } = await exchanges.writeFence({ store, token: token(5, 2) }, waiting());
  await assert.rejects(textOf(pooled));
  const before = await exchanges.writePosition(store, waiting());
  await sleep(QUIET_MS);
  const quiet = judgeQuiet('orders', before, await exchanges.writePosition(store, waiting()));
  assert.equal(quiet.verdict, 'pass', quiet.reason);
  const loss = await exchanges.lossAgainst({ target, quarantined }, waiting());
  assert.deepEqual([loss.onlyThere.count, loss.changed.count], [1, 1]);
  await exchanges.exchange({ since: SINCE, store, plan, token: token(5, 3) }, waiting());
  await assert.rejects(textOf(pooled), 'the fence stays until it is proved');
  assert.deepEqual(await exchanges.lossAgainst({ target, quarantined }, waiting()), loss);
  await exchanges.liftFence({ store, token: token(5, 4) }, waiting());

  // A pooler may go on saying no for as long as it does not log in anew.
  const answered = async (): Promise<boolean> => (await textOf(pooled).catch(() => '')) === 'old';
  await eventually('the pooler to find the exchanged database', answered);
  const follows = async (): Promise<boolean> => (await textOf(replica).catch(() => '')) === 'old';
  await eventually('the standby to follow', follows);
  const [slot] = await ask(
    `SELECT database FROM pg_replication_slots WHERE slot_name = 'out_${database}'`,
  );
  assert.equal(slot?.['database'], quarantined);
  assert.deepEqual(await ask('SELECT text FROM c.kept', quarantined), [{ text: 'paid' }]);
});

test('a restore beside is ended before a standby that does not follow falls out', async (t) => {
  const it = await world(t);
  if (it === undefined) return;
  const { server, ask, database } = it;
  const replica = await startReplica(t, server);
  const onReplica = (text: string): Promise<unknown> =>
    withClient(replica, waiting().signal, (client) => client.query(text));
  const told: unknown[] = [];
  const watched = { ...waiting(), beat: (progress: unknown) => told.push(progress) };
  const busy = (most: number) =>
    watchingLag(server.address, { most, every: 50 }, watched, async ({ signal }) => {
      for (let round = 0; round < 200; round += 1) {
        signal.throwIfAborted();
        await ask(
          `INSERT INTO a.kept SELECT gen_random_uuid(), repeat('x', 900) FROM generate_series(1, 500)`,
          database,
        );
        if (most > 1e9 && told.length > 2) return 'done';
      }
      return 'not ended';
    });
  assert.equal(await busy(1e12), 'done');
  await onReplica('SELECT pg_wal_replay_pause()');
  const { message } = await fails('Refused', busy(2e6));
  assert.match(
    message,
    /the standby walreceiver(?: at \S+)? is .*MB behind since it began, and 2\.0 MB/,
  );
  assert.match(JSON.stringify(told.at(-1)), /standby walreceiver(?: at \S+)? is/);
});
