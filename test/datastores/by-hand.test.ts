// The page of commands that a person types where Fairlead is not there, run by bash from top to bottom on real files and a
// real Postgres: what it recovers is what was backed up.
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, readFile, readlink, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { promisify } from 'node:util';
import { createBackups } from '../../src/datastores/backups.ts';
import { createBindings } from '../../src/datastores/bindings.ts';
import { createByHand } from '../../src/datastores/by-hand/by-hand.ts';
import { createStores } from '../../src/datastores/registry.ts';
import { backupId } from '../../src/domain/backup/backup-id.ts';
import { summaryOf } from '../../src/domain/backup/backup.ts';
import { byHand } from '../../src/domain/by-hand/step-commands.ts';
import {
  besideSteps,
  exchangeStep,
  fenceSteps,
  flushStep,
  judgeLiveStep,
  liftFenceSteps,
  lookAheadStep,
  lossStep,
} from '../../src/domain/recovery/exchange-steps.ts';
import type { DatastoreRef } from '../../src/ports/backups.ts';
import type { PlanStep } from '../../src/domain/operation/plan.ts';
import { createObjectsFolder } from '../../src/integrations/objects-folder.ts';
import { datastoreRef } from '../support/datastores/datastores.ts';
import { clock } from '../support/datastores/postgres-backups.ts';
import { asApplication, oneExchangeServer } from '../support/datastores/postgres-exchanges.ts';
import { sampleSystem } from '../support/samples.ts';
import { waiting } from '../support/local-daemon.ts';

const run = promisify(execFile);
const oneServer = oneExchangeServer();

interface Page {
  steps: PlanStep[];
  /** For bash: each step's commands, and then how to see that it is done, which has to succeed. */
  commands: string;
}

async function handWorld(t: TestContext, secret = '') {
  const root = await mkdtemp(join(tmpdir(), 'fairlead-by-hand-'));
  t.after(() => rm(root, { recursive: true, force: true }));
  const folder = join(root, 'objects');
  const secrets = {
    env: { PGSECRET: secret },
    readFile: (path: string) => readFile(path, 'utf8'),
    reader: 'the test',
  };
  const objects = createObjectsFolder(folder);
  const stores = createStores({ clock, secrets });
  const bindings = createBindings(objects);
  const backups = createBackups({ objects, stores, copies: join(root, 'copies'), secrets, clock });
  const hand = createByHand({ objects, folder, stores, bindings });
  const page = async (store: DatastoreRef, steps: PlanStep[], id?: string): Promise<Page> => {
    const datastores = { orders: await hand.datastore(store, id, waiting()) };
    const context = { loaded: sampleSystem(), datastores, services: {} };
    const lines = steps.flatMap((step) => {
      const { type, see } = byHand(step, context);
      return [`# ${step.id}`, ...type, ...see];
    });
    return { steps, commands: ['set -euo pipefail', ...lines].join('\n') };
  };
  const taken = async (store: DatastoreRef): Promise<string> => {
    const id = backupId('shop', 'orders', clock.now());
    await backups.backup({ store, id, systemDigest: 'd' }, waiting());
    return id;
  };
  const recovery = async (store: DatastoreRef, id: string): Promise<Page> => {
    const entry = await backups.read(id, waiting());
    assert.equal(entry.state, 'complete');
    const one = {
      ...{ datastore: 'orders', settings: store.settings, copy: 'copy', note: '', others: [] },
      backup: summaryOf(entry),
    };
    const steps = [
      lookAheadStep(['orders']),
      ...fenceSteps(one),
      ...besideSteps(one),
      lossStep(one),
      exchangeStep(one),
      judgeLiveStep(one),
      ...liftFenceSteps(one),
    ];
    return page(store, steps, id);
  };
  return { root, backups, page, taken, recovery };
}

const bash = (commands: string, env: Record<string, string> = {}) =>
  run('bash', ['-c', commands], { env: { ...process.env, ...env }, maxBuffer: 1e7 });

test('the commands of a recovery, typed one after the other, recover a folder of files', async (t) => {
  const { root, taken, recovery } = await handWorld(t);
  const data = join(root, "da'ta");
  await mkdir(join(data, 'gen-1', 'a b'), { recursive: true });
  await symlink('gen-1', join(data, 'current'));
  await writeFile(join(data, 'gen-1', 'a b', "it's.csv"), 'a\n1\n');
  await writeFile(join(data, 'gen-1', 'plain.csv'), 'a\n2\n');
  const store = datastoreRef('orders', root, {
    kind: 'files',
    directory: "da'ta",
    backup: { compression: 'gzip' },
  });
  const id = await taken(store);
  await writeFile(join(data, 'gen-1', 'plain.csv'), 'damaged');
  const { commands } = await recovery(store, id);
  const { stdout } = await bash(commands);
  assert.match(stdout, /plain\.csv.* differ/);
  assert.equal(await readlink(join(data, 'current')), 'gen-2');
  assert.equal(await readFile(join(data, 'current', 'plain.csv'), 'utf8'), 'a\n2\n');
  assert.equal(await readFile(join(data, 'current', 'a b', "it's.csv"), 'utf8'), 'a\n1\n');
  assert.equal(await readFile(join(data, 'gen-1', 'plain.csv'), 'utf8'), 'damaged');
});

test('the commands of a recovery give a plain folder generations, as the exchange does', async (t) => {
  const { root, taken, recovery } = await handWorld(t);
  const data = join(root, "da'ta");
  await mkdir(data);
  await writeFile(join(data, 'plain.csv'), 'a\n2\n');
  const store = datastoreRef('orders', root, { kind: 'files', directory: "da'ta" });
  const id = await taken(store);
  await writeFile(join(data, 'plain.csv'), 'damaged');
  const { stdout } = await bash((await recovery(store, id)).commands);
  assert.match(stdout, /plain\.csv.* differ/);
  assert.equal(await readlink(data), "da'ta.generations/current");
  assert.equal(await readFile(join(data, 'plain.csv'), 'utf8'), 'a\n2\n');
  const old = join(root, "da'ta.generations", 'gen-1', 'plain.csv');
  assert.equal(await readFile(old, 'utf8'), 'damaged');
  // And once more, on what has them now.
  await writeFile(join(data, 'plain.csv'), 'damaged again');
  await bash((await recovery(store, id)).commands);
  assert.equal(await readFile(join(data, 'plain.csv'), 'utf8'), 'a\n2\n');
});

test('a copy that is not what was backed up stops whoever types, before the exchange', async (t) => {
  const { root, taken, recovery } = await handWorld(t);
  const data = join(root, 'data');
  await mkdir(join(data, 'gen-1'), { recursive: true });
  await symlink('gen-1', join(data, 'current'));
  await writeFile(join(data, 'gen-1', 'plain.csv'), 'a\n2\n');
  const store = datastoreRef('orders', root, { kind: 'files', directory: 'data' });
  const { commands } = await recovery(store, await taken(store));
  const object = /cat < (\S+)/.exec(commands)?.[1] ?? '';
  await writeFile(object, 'a\n3\n');
  await assert.rejects(bash(commands), /checksum/);
  assert.match(await readlink(join(data, 'current')), /^fenced-/);
});

test('the commands of a recovery recover a database with its owner, grants, settings and counters, and name no secret', async (t) => {
  const world = await oneServer(t);
  if (world === undefined) return;
  const { ask, application, database, server } = world;
  const secret = server.address.password ?? '';
  const { taken, recovery } = await handWorld(t, secret);
  await ask(`CREATE ROLE "Look er"`);
  await ask(`GRANT CONNECT ON DATABASE ${database} TO "Look er"`);
  await ask(`REVOKE ALL ON DATABASE ${database} FROM PUBLIC`);
  await ask(`ALTER DATABASE ${database} SET search_path TO a, public`);
  await ask(`ALTER DATABASE ${database} SET work_mem TO '5MB'`);
  const numbers = (text: string) => asApplication(application, (client) => client.query(text));
  await numbers('CREATE TABLE a.counted (id serial PRIMARY KEY)');
  await numbers('INSERT INTO a.counted DEFAULT VALUES');
  await world.write('a', 'kept');
  const store = { ...world.store, settings: { ...world.store.settings } };
  store.settings.verify = {
    ...store.settings.verify,
    invariants: [{ name: 'one', query: 'SELECT count(*) FROM a.kept', equals: '1' }],
    required: ['artefact', 'loads', 'complete', 'correct', 'invariants'],
  };
  const id = await taken(store);
  await numbers('INSERT INTO a.counted SELECT FROM generate_series(1, 10)');
  await world.write('a', 'damaged');
  const { commands } = await recovery(store, id);
  assert.equal(commands.includes(secret), false);
  const { stdout } = await bash(commands, { PGSECRET: secret });
  assert.match(stdout, /< .*damaged/);
  assert.equal(await world.read('a'), 'kept');
  const { rows } = await numbers(
    "SELECT nextval('a.counted_id_seq') AS next, current_setting('work_mem') AS memory, current_setting('search_path') AS path",
  );
  assert.deepEqual(rows, [{ next: '12', memory: '5MB', path: 'a, public' }]);
  const alike = await ask(
    `SELECT DISTINCT pg_get_userbyid(datdba) AS owner, array(SELECT pg_get_userbyid(nullif(grantee, 0)) || privilege_type FROM aclexplode(datacl) ORDER BY 1)::text AS acl, datconnlimit FROM pg_database WHERE datname IN ('${database}', '${database}_quarantine_by_hand')`,
  );
  assert.equal(alike.length, 1, JSON.stringify(alike));
  assert.equal(alike[0]?.['owner'], application.user);
});

test('a derived database is emptied by hand, with the tables that it had', async (t) => {
  const world = await oneServer(t);
  if (world === undefined) return;
  const secret = world.server.address.password ?? '';
  const { page } = await handWorld(t, secret);
  await world.write('a', 'cached');
  const { commands } = await page(world.store, [flushStep('orders')]);
  await bash(commands, { PGSECRET: secret });
  assert.equal(await world.read('a'), undefined);
  await world.write('a', 'anew');
  assert.equal(await world.read('a'), 'anew');
});
