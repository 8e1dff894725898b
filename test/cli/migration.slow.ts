// A migration between a backup and now, on a real Postgres: the recovery asks which version serves afterwards, and the one of now
// finds its tables once `recovery.migrate` has brought those of then up to it.
import assert from 'node:assert/strict';
import { chmodSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { startPostgres } from '../support/datastores/postgres.ts';
import { field, saying, startUp } from '../support/up/whole-up.ts';

const NAME = 'moved';
const MIGRATION = 'ALTER TABLE orders ADD COLUMN tip numeric NOT NULL DEFAULT 0';
const HAS_TIP = "SELECT 1 FROM information_schema.columns WHERE column_name = 'tip'";

const postgres = await startPostgres();
const { host = '', port = 0, database = '', user = '', password = '' } = postgres?.address ?? {};
const up =
  postgres &&
  (await startUp([
    {
      name: NAME,
      rollout: '      canary: { steps: [{ weight: 50, bake: 0s }], watch: 0s }\n',
      more: `datastores:
  orders: { kind: postgres, host: ${host}, port: ${port}, database: ${database}, user: ${user}, password: { file: secret } }
recovery:
  admit: [100]
  migrate: { command: [node, migrate.mjs], check: [node, migrate.mjs, --check] }
`,
    },
  ]));
after(async () => {
  await up?.stop();
  await postgres?.stop();
});

/** The migration as the application's owner would write it: `--check` ends with 0 where it was made. */
const PROGRAM = `
import { readFileSync } from 'node:fs';
import pg from '${import.meta.resolve('pg')}';
const password = readFileSync('secret', 'utf8').trim();
const client = new pg.Client({ host: '${host}', port: ${port}, database: '${database}', user: '${user}', password });
await client.connect();
const check = process.argv[2] === '--check';
const { rowCount } = await client.query(check ? ${JSON.stringify(HAS_TIP)} : ${JSON.stringify(MIGRATION)});
await client.end();
process.exit(check && rowCount === 0 ? 1 : 0);
`;

test('a backup of before a migration is recovered, migrated, and served by the version of now', async (t) => {
  if (postgres === undefined || up === undefined) {
    t.skip('missing part: Postgres (looked in /usr/lib/postgresql)');
    return;
  }
  const home = join(up.folder, 'systems', NAME);
  const file = join(home, 'system.yaml');
  const text = readFileSync(file, 'utf8');
  writeFileSync(file, text.replace('    files:', '    datastores: [orders]\n    files:'));
  writeFileSync(join(home, 'secret'), password);
  chmodSync(join(home, 'secret'), 0o600);
  writeFileSync(join(home, 'migrate.mjs'), PROGRAM);
  await up.exits(0, `deploy ${NAME}/api v1`);
  await up.exits(0, `backup ${NAME}`);
  await postgres.query(MIGRATION);
  await up.exits(0, `deploy ${NAME}/api v2`);
  await postgres.query('UPDATE orders SET tip = 1 WHERE id = 1');
  await postgres.query('DELETE FROM orders WHERE id > 100');
  const recovery = up.start(`recover ${NAME} --as ci`);
  await saying(recovery, 'version-api');
  await up.exits(0, `choose recover/${NAME} version-api v2 --as ben`);
  await saying(recovery, 'waits for recovery at exchange');
  await up.exits(0, `approve recover/${NAME} --gate exchange --as ana`);
  const { code, stdout } = await recovery.ended;
  assert.equal(code, 0, stdout);
  const [row] = await postgres.query('SELECT count(*)::int AS count, max(tip) AS tip FROM orders');
  assert.deepEqual(row, { count: 3000, tip: '0' });
  const status = await up.exits(0, `status ${NAME} --json`);
  assert.equal(field(status.stdout, 'services.api.weights.0.version'), 'v2');
  // A deploy of the version of before the migration says what lies between, and is not held up.
  const back = await up.exits(0, `deploy ${NAME}/api v1`);
  assert.match(`${back.stdout}${back.stderr}`, /a migration lies between/);
});
