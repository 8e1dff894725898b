// A worker is killed, or frozen and woken up, between any two statements of an exchange of a real Postgres.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { CopyRef } from '../../src/ports/backups.ts';
import { backupId } from '../../src/domain/backup/backup-id.ts';
import { Failure } from '../../src/domain/failure.ts';
import { token } from '../support/datastores/exchange-contracts.ts';
import {
  oneExchangeServer,
  type PostgresExchangeWorld,
} from '../support/datastores/postgres-exchanges.ts';
import { frozenAt, killedAfter } from '../support/datastores/postgres-kills.ts';
import { waiting } from '../support/local-daemon.ts';

const world = oneExchangeServer();

/** `b` is `old` in the copy, and `newer` in what is live, which has a subscription and a limit of its own. */
async function beside(it: PostgresExchangeWorld) {
  const { store, backups, exchanges, write, ask, database } = it;
  const id = backupId('shop', 'orders', 1_700_000_000_000);
  await write('b', 'old');
  await backups.backup({ store, id, systemDigest: 'd' }, waiting());
  await write('b', 'newer');
  const subscription = `CREATE SUBSCRIPTION away_${database} CONNECTION 'host=127.0.0.1 port=1' PUBLICATION none`;
  await ask(`${subscription} WITH (connect = false, slot_name = 'away')`, database);
  await ask(`ALTER SUBSCRIPTION away_${database} ENABLE`, database);
  await ask(`ALTER DATABASE ${database} CONNECTION LIMIT 33`);
  await ask(`ALTER DATABASE ${database} SET search_path = "$user", public, b`);
  const target: CopyRef = { copy: 'beside', store };
  await backups.restore({ id, target, into: 'beside' }, waiting());
  const plan = await exchanges.exchangePlan(target, waiting());
  return { target, plan, back: { ...plan, from: plan.to, to: plan.from } };
}

/** What the server has under the live name, and whether the old data's subscription is enabled. */
async function stateOf({ ask, database }: PostgresExchangeWorld) {
  const [live] = await ask(
    `SELECT datconnlimit AS limit, datallowconn AS open, pg_get_userbyid(datdba) AS owner,
      (SELECT setconfig::text FROM pg_db_role_setting WHERE setdatabase = d.oid) AS settings FROM pg_database d WHERE datname = '${database}'`,
  );
  const [subscription] = await ask(
    `SELECT subenabled AS enabled FROM pg_subscription WHERE subname = 'away_${database}'`,
  );
  const [fenced] = await ask(
    `SELECT fenced FROM fairlead.exchanges WHERE database = '${database}'`,
  );
  return { live, enabled: subscription?.['enabled'], fenced: fenced?.['fenced'] };
}

function unlessSuperseded(error: unknown): void {
  if (error instanceof Failure && error.kind === 'Superseded') return;
  throw error;
}

const whole = (database: string, enabled: boolean) => ({
  live: {
    ...{ limit: 33, open: true, owner: `app_${database}` },
    settings: `{"search_path=\\"$user\\", public, b"}`,
  },
  ...{ enabled, fenced: null },
});

test('a worker that is killed between any two statements of an exchange leaves what another one can end, either way', async (t) => {
  const it = await world(t);
  if (it === undefined) return;
  const { store, exchanges, read, database } = it;
  const { plan, back } = await beside(it);
  let epoch = 100;
  for (let statements = 0; ; statements += 1) {
    epoch += 1;
    const forth = statements % 2 === 0;
    const input = { store, plan: forth ? plan : back, token: token(epoch) };
    const lift = { store, token: token(epoch, 4) };
    const killed = await killedAfter(statements, async () => {
      await exchanges.exchange(input, waiting());
      await exchanges.liftFence(lift, waiting());
    });
    const [wanted, other] = forth ? ['old', 'newer'] : ['newer', 'old'];
    const seen = await read('b');
    assert.ok([wanted, other, undefined].includes(seen), seen);
    if (Math.floor(statements / 2) % 2 === 0) {
      // Another attempt at the same; where its fence was being lifted already, at that.
      await exchanges.exchange(input, waiting()).catch(unlessSuperseded);
      await exchanges.liftFence(lift, waiting());
    } else {
      // A person gives up: what is live is found again, and nothing in between; then it is begun anew.
      await exchanges.liftFence(lift, waiting());
      const given = await read('b');
      assert.ok(given === other || given === wanted, given);
      assert.deepEqual(await stateOf(it), whole(database, given === other ? forth : !forth));
      await exchanges.exchange({ ...input, token: token(epoch, 5) }, waiting());
      await exchanges.liftFence({ store, token: token(epoch, 6) }, waiting());
    }
    assert.equal(await read('b'), wanted, `after ${statements} statements`);
    assert.deepEqual(await stateOf(it), whole(database, !forth), `after ${statements} statements`);
    if (!killed) break;
    assert.ok(statements < 200);
  }
});

test('an exchange that was done by a worker that was killed before it could say so is done, and stays when asked again', async (t) => {
  const it = await world(t);
  if (it === undefined) return;
  const { store, exchanges, read, write } = it;
  const { plan } = await beside(it);
  const input = { store, plan, token: token(5) };
  await exchanges.exchange(input, waiting());
  assert.equal(await read('b'), undefined);
  await exchanges.liftFence({ store, token: token(5, 1) }, waiting());
  await write('c', 'of a user');
  const done = await exchanges.exchange(input, waiting());
  assert.deepEqual(done, { live: plan.to, quarantined: plan.from });
  assert.deepEqual([await read('b'), await read('c')], ['old', 'of a user']);
});

const STEPS = [
  /INSERT INTO fairlead.exchanges/,
  /INSERT INTO fairlead.quarantined/,
  /ALLOW_CONNECTIONS false/,
  /pg_sleep/,
  /REVOKE ALL ON DATABASE/,
  /SELECT setval/,
  /connection_limit = excluded.connection_limit/,
];

test('a worker that is frozen before any change, and wakes up after another one took over, changes nothing', async (t) => {
  const it = await world(t);
  if (it === undefined) return;
  const { store, exchanges, read, write, ask, database } = it;
  await ask('CREATE SEQUENCE b.ids; SELECT nextval($$b.ids$$)', database);
  const { plan } = await beside(it);
  await ask('SELECT nextval($$b.ids$$)', database);
  let epoch = 100;
  for (const step of STEPS) {
    epoch += 2;
    const frozen = { store, plan, token: token(epoch) };
    const ended = await frozenAt(
      step,
      () => exchanges.exchange(frozen, waiting()),
      async () => {
        await exchanges.liftFence({ store, token: token(epoch + 1) }, waiting());
        await write('c', `after ${String(step)}`);
      },
    );
    assert.ok(ended?.status === 'rejected', `${String(step)} was not reached, or done`);
    const { reason } = ended as { reason: unknown };
    assert.ok(reason instanceof Failure && reason.kind === 'Superseded', String(reason));
    assert.deepEqual([await read('b'), await read('c')], ['newer', `after ${String(step)}`]);
    assert.deepEqual(await stateOf(it), whole(database, true), String(step));
  }
  // The other way round: frozen when it would end the fence, while a newer one wants it.
  const lift = { store, token: token(200, 2) };
  await exchanges.writeFence({ store, token: token(200) }, waiting());
  const ended = await frozenAt(
    /SET fenced = NULL/,
    () => exchanges.liftFence(lift, waiting()),
    async () => {
      await exchanges.writeFence({ store, token: token(201) }, waiting());
    },
  );
  assert.equal(ended?.status, 'rejected');
  assert.equal(await read('b'), undefined);
});
