// The ready-made runbooks of steps of the ledger, carried out by `fairlead run` in a whole `up`, over a real Postgres and a real
// Redis, with users meanwhile.
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import {
  cpSync,
  existsSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { freePorts } from '../support/free-ports.ts';
import { ROOT } from '../support/entry.ts';
import { startPostgres, type TestPostgres } from '../support/datastores/postgres.ts';
import { startTestRedis, type TestRedis } from '../support/datastores/redis.ts';
import { withClient } from '../../src/datastores/postgres/connection.ts';
import { waiting } from '../support/local-daemon.ts';
import { field, spawnCli, type Cli } from '../support/up/whole-up.ts';

const PASSWORDS = {
  LEDGER_DB_PASSWORD: 'first-of-ledger',
  LEDGER_LOOKOUT_PASSWORD: 'of-lookout',
};

interface World {
  folder: string;
  url: string;
  postgres: TestPostgres;
  redis: TestRedis;
  start: (args: string) => Cli;
  exits: (code: number, args: string) => Promise<string>;
  stop: () => Promise<void>;
}

let world: World | undefined;
const servers: ({ stop: () => Promise<void> } | undefined)[] = [];
before(async () => {
  const postgres = await startPostgres();
  const redis = await startTestRedis();
  servers.push(postgres, redis);
  if (postgres !== undefined && redis !== undefined) world = await openLedger(postgres, redis);
});
after(async () => {
  await world?.stop();
  for (const one of servers) await one?.stop();
});

async function openLedger(postgres: TestPostgres, redis: TestRedis): Promise<World> {
  const owner = `CREATE ROLE ledger LOGIN PASSWORD '${PASSWORDS.LEDGER_DB_PASSWORD}'`;
  await postgres.query(owner);
  await postgres.query(
    `CREATE ROLE lookout LOGIN PASSWORD '${PASSWORDS.LEDGER_LOOKOUT_PASSWORD}' IN ROLE pg_monitor, pg_signal_backend`,
  );
  await postgres.query('CREATE DATABASE ledger OWNER ledger');
  await redis.ask('CONFIG', 'SET', 'requirepass', '');
  const folder = mkdtempSync(join(tmpdir(), 'fairlead-ready-'));
  const home = join(folder, 'systems', 'ledger');
  cpSync(join(ROOT, 'systems', 'ledger'), home, { recursive: true });
  symlinkSync(join(ROOT, 'node_modules'), join(folder, 'node_modules'));
  const [api = 0, payments = 0] = await freePorts(2);
  const file = join(home, 'system.yaml');
  const text = readFileSync(file, 'utf8')
    .replaceAll('8020', String(api))
    .replaceAll('8021', String(payments))
    .replace('port: 5432', `port: ${postgres.address.port}`)
    .replace('port: 6379', `port: ${redis.address.port}`);
  writeFileSync(file, text);
  // The superuser that a Postgres of tests has is called fairlead, as the ledger's file calls it.
  const passwords = { ...PASSWORDS, LEDGER_BACKUP_PASSWORD: postgres.address.password ?? '' };
  const data = join(folder, 'data');
  const env = { PATH: process.env['PATH'] ?? '', HOME: folder, FAIRLEAD_DATA: data, ...passwords };
  const start = (args: string): Cli => spawnCli(args.split(' '), folder, env);
  const cli = process.env['FAIRLEAD_TEST_TEMPORAL_CLI'];
  const up = spawnCli(['up', '--json', '--port', '0'], folder, {
    ...env,
    ...(cli !== undefined && { FAIRLEAD_TEMPORAL_CLI: cli }),
  });
  const died = up.ended.then(({ stderr }) => {
    throw new Error(`fairlead up ended while starting: ${stderr}`);
  });
  died.catch(() => undefined);
  const ready = async (): Promise<void> => {
    while (!up.output.stdout.includes('\n')) await sleep(50);
  };
  await Promise.race([ready(), died]);
  const exits = async (code: number, args: string): Promise<string> => {
    const { stdout, stderr, code: is } = await start(args).ended;
    assert.equal(is, code, `${args}\n${stdout}\n${stderr}`);
    return stdout;
  };
  await exits(0, 'deploy ledger/payments v1');
  await exits(0, 'deploy ledger/api v1');
  const url = `http://127.0.0.1:${api}`;
  const stop = async (): Promise<void> => {
    up.kill('SIGINT');
    await up.ended;
    rmSync(folder, { recursive: true, force: true });
  };
  return { folder, url, postgres, redis, start, exits, stop };
}

/** Until the runbook asks a person for this step. */
async function asks({ start }: World, operation: string, step: string): Promise<void> {
  for (let tries = 0; ; tries += 1) {
    const { stdout } = await start(`status ${operation} --json`).ended;
    if (stdout.includes('{') && field(stdout, 'asks.step') === step) return;
    assert.ok(
      tries < 60 && !stdout.includes('"closed"'),
      `${operation} never asked ${step}: ${stdout}`,
    );
    await sleep(500);
  }
}

/** Until a gate of the runbook is open. */
async function opens({ start }: World, operation: string, gate: string): Promise<void> {
  for (let tries = 0; ; tries += 1) {
    const { stdout } = await start(`status ${operation} --json`).ended;
    if (stdout.includes(`"${gate}"`) && field(stdout, 'state') === 'waiting') return;
    assert.ok(tries < 120 && !stdout.includes('"closed"'), `${gate} never opened: ${stdout}`);
    await sleep(500);
  }
}

async function order({ url }: World): Promise<number> {
  const body = JSON.stringify({ customer: 'ana', amount: 12.5 });
  const headers = { 'content-type': 'application/json' };
  const answer = await fetch(`${url}/orders`, { method: 'POST', body, headers });
  await answer.text();
  return answer.status;
}

const reportOf = ({ exits }: World, operation: string): Promise<string> =>
  exits(0, `report ${operation} --format md`);

describe('on a ledger with users', { concurrency: 1 }, () => {
  test('database-trouble sees connections, waits and long queries, and ends those once it was approved', async (t) => {
    if (world === undefined) {
      t.skip('missing part: no Postgres or Redis');
      return;
    }
    const it = world;
    assert.equal(await order(it), 201);
    const { address } = it.postgres;
    const ledger = {
      ...address,
      database: 'ledger',
      user: 'ledger',
      password: PASSWORDS.LEDGER_DB_PASSWORD,
    };
    const operation = 'run/ledger/database-trouble';
    const long = withClient(ledger, waiting().signal, async (client) => {
      await client.query('BEGIN');
      await client.query('LOCK TABLE payments IN ACCESS EXCLUSIVE MODE');
      await client.query('SELECT pg_sleep(600)');
    }).then(
      () => 'went on',
      (error: unknown) => String(error),
    );
    const stuck = order(it);
    const run = it.start('run ledger/database-trouble --input seconds=2 --as ana');
    await asks(it, operation, 'way');
    const seen = await reportOf(it, operation);
    assert.ok(seen.includes('SELECT pg'), seen);
    await it.exits(0, `choose ${operation} way queries --as ana`);
    await it.exits(0, `approve ${operation} --as ben`);
    const { code, stdout, stderr } = await run.ended;
    assert.equal(code, 0, `${stdout}\n${stderr}`);
    assert.match(await long, /terminat/);
    await stuck;
    assert.equal(await order(it), 201);
  });

  test('cache-trouble empties the cache and warms it again', async (t) => {
    if (world === undefined) {
      t.skip('missing part: no Postgres or Redis');
      return;
    }
    const it = world;
    const { port } = it.redis.address;
    await it.redis.ask('SET', 'rubbish', 'x'.repeat(1000));
    const operation = 'run/ledger/cache-trouble';
    const run = it.start(
      `run ledger/cache-trouble --input port=${port} --input address=${it.url} --as ana`,
    );
    await asks(it, operation, 'way');
    await it.exits(0, `choose ${operation} way flush --as ana`);
    const { code, stdout, stderr } = await run.ended;
    assert.equal(code, 0, `${stdout}\n${stderr}`);
    assert.equal((await it.redis.ask('EXISTS', 'rubbish')).trim(), '0');
    assert.equal((await it.redis.ask('EXISTS', 'order:1')).trim(), '1');
  });

  test('rotate-secret gives the service another login, and no request fails', async (t) => {
    if (world === undefined) {
      t.skip('missing part: no Postgres or Redis');
      return;
    }
    const it = world;
    const answers: number[] = [];
    const users = new AbortController();
    const load = Promise.all(
      Array.from({ length: 4 }, async () => {
        while (!users.signal.aborted) {
          answers.push(await order(it).catch(() => 0));
          await sleep(20);
        }
      }),
    );
    const { port } = it.postgres.address;
    const operation = 'run/ledger/rotate-secret';
    for (const role of ['ledger_a', 'ledger_b']) {
      const run = it.start(`run ledger/rotate-secret --input port=${port} --as ana`);
      for (let tries = 0; ; tries += 1) {
        const { stdout } = await it.start(`status ${operation} --json`).ended;
        if (stdout.includes('{') && field(stdout, 'state') === 'waiting') break;
        assert.ok(tries < 200, `it never asked for approval: ${stdout}`);
        await sleep(500);
      }
      await it.exits(0, `approve ${operation} --as ben`);
      const { code, stdout, stderr } = await run.ended;
      assert.equal(code, 0, `${stdout}\n${stderr}`);
      const login = readFileSync(join(it.folder, 'systems/ledger/secrets/login.json'), 'utf8');
      assert.equal(field(login, 'user'), role);
      assert.ok(!(await reportOf(it, operation)).includes(String(field(login, 'password'))));
    }
    users.abort();
    await load;
    assert.ok(answers.length > 50, `${answers.length} requests`);
    assert.deepEqual(
      answers.filter((status) => status !== 201),
      [],
    );
    const old = await it.postgres.query(
      "SELECT rolname FROM pg_roles WHERE rolcanlogin AND rolname LIKE 'ledger%'",
    );
    assert.deepEqual(old, [{ rolname: 'ledger_b' }]);
    assert.ok(!existsSync(join(it.folder, 'systems/ledger/secrets/next.json')));
  });

  test('breach keeps users out, has what shows the attack in its record, and lets them in with another login', async (t) => {
    if (world === undefined) {
      t.skip('missing part: no Postgres or Redis');
      return;
    }
    const it = world;
    const { port } = it.postgres.address;
    const operation = 'run/ledger/breach';
    const login = join(it.folder, 'systems/ledger/secrets/login.json');
    const before = existsSync(login) ? readFileSync(login, 'utf8') : '{"user":"ledger"}';
    const run = it.start(
      `run ledger/breach --input port=${port} --input case=odd --as ana --reason odd-logins`,
    );
    await asks(it, operation, 'told');
    assert.equal(await order(it), 503);
    const seen = await reportOf(it, operation);
    const kept = readFileSync(join(it.folder, 'systems/ledger/evidence/odd/files.jsonl'));
    const digest = createHash('sha256').update(kept).digest('hex');
    for (const part of ['app/server.mjs', 'rolsuper', 'listens', digest])
      assert.ok(seen.includes(part), seen);
    const [, list = ''] = /(_kept\/\S+\.json) in the object store/.exec(seen) ?? [];
    const stored = join(it.folder, 'data/objects', list.replace(/\.json$/, ''));
    assert.deepEqual(readFileSync(join(stored, 'files%2Ejsonl')), kept);
    await it.exits(0, `tick ${operation} told --as ana`);
    await asks(it, operation, 'way');
    await it.exits(0, `choose ${operation} way closed --as ana`);
    await opens(it, operation, 'locked-approval');
    const scaled = (await reportOf(it, operation)).match(/scale\/ledger\/api/g) ?? [];
    assert.ok(scaled.length >= 2, `${scaled.length} times`);
    for (const gate of ['locked-approval', 'admitted-approval']) {
      await opens(it, operation, gate);
      assert.equal(await order(it), 503);
      await it.exits(0, `approve ${operation} --gate ${gate} --as ben`);
    }
    const { code, stdout, stderr } = await run.ended;
    assert.equal(code, 0, `${stdout}\n${stderr}`);
    assert.equal(await order(it), 201);
    assert.notEqual(field(readFileSync(login, 'utf8'), 'user'), field(before, 'user'));
  });
});
