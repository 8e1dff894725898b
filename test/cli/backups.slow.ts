// `backup`, `backups` and `verify` through the real command line, beside one real `fairlead up` and real files.
// The tests build on each other, in the order in which they stand here.
import assert from 'node:assert/strict';
import {
  appendFileSync,
  existsSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { after, before, test } from 'node:test';
import { parseBackupId } from '../../src/domain/backup/backup-id.ts';
import { field, startUp, type WholeUp } from '../support/up/whole-up.ts';
import { VAULT } from '../support/up/whole-up-systems.ts';

let up: WholeUp;
/** Of `data`, and the newest there is. */
let backup = '';

before(async () => {
  up = await startUp([VAULT]);
});
after(() => up.stop());

const copies = (): string[] => {
  const folder = join(up.data, 'copies');
  return existsSync(folder) ? readdirSync(folder) : [];
};
const dataFile = (name: string): string => join(up.folder, 'systems', 'vault', 'data', name);

/** Every file that belongs to a backup. */
function stored(id: string): string[] {
  const { system = '', datastore = '', time = '' } = parseBackupId(id) ?? {};
  const folder = join(up.data, 'objects', system, datastore, time.slice(0, 4), time.slice(4, 6));
  return readdirSync(join(folder, time), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name));
}

test('a system without backups says how to take one', async () => {
  const { stdout } = await up.exits(0, 'backups vault');
  assert.equal(stdout, 'vault has no backups; take one with "fairlead backup vault"\n');
});

test('a backup prints what it took, and the catalogue lists it', async () => {
  const { stdout, stderr } = await up.exits(0, 'backup vault --verbose');
  assert.match(stdout, /^backup\/vault: succeeded: done as planned\n {2}vault\/data\/\d{8}T/);
  assert.match(stderr, /✔ backup-data:[^]*✔ backup-served:[^]*✔ retention-data:/);
  const list = await up.exits(0, 'backups vault --json');
  assert.equal(field(list.stdout, 'schema'), 'fairlead/backups/v1');
  assert.equal(field(list.stdout, 'backups.length'), 2);
  backup = String(field(list.stdout, 'backups.0.id'));
  assert.equal(field(list.stdout, 'backups.0.datastore'), 'data');
  assert.equal(field(list.stdout, 'backups.0.verifiedAt'), null);
  assert.ok(Number(field(list.stdout, 'backups.0.rows')) > 1000);
  const lines = (await up.exits(0, 'backups vault')).stdout;
  assert.match(lines, new RegExp(`${backup} .* kB .* never +default\n`));
});

test('a proof that passes marks the backup and leaves no copy', async () => {
  const { stdout } = await up.exits(0, `verify ${backup} --json`);
  assert.equal(field(stdout, 'verdict'), 'pass');
  assert.equal(field(stdout, 'operation'), `verify/${backup}`);
  const list = await up.exits(0, 'backups vault --json');
  assert.match(String(field(list.stdout, 'backups.0.verifiedAt')), /^\d{4}-/);
  assert.deepEqual(copies(), []);
  const newest = await up.exits(0, 'verify vault/data --json');
  assert.equal(field(newest.stdout, 'operation'), 'verify/vault/data');
  const { stdout: report } = await up.exits(0, `report verify/${backup} --format json`);
  assert.equal(field(report, 'plan.backup.id'), backup);
  assert.equal(field(report, 'verdicts.length'), 5);
});

test('a recovery beside the live data keeps a copy that people look into, and changes nothing that is live', async () => {
  const loans = readFileSync(dataFile('loans.csv'), 'utf8');
  appendFileSync(dataFile('loans.csv'), 'one more line\n');
  const asked = 'recover vault --datastore data';
  const { stdout } = await up.exits(0, `${asked} --beside --keep 1h --json`);
  assert.equal(field(stdout, 'operation'), 'recover/vault/data');
  const said = String(field(stdout, 'message'));
  const place = / is in (\S+), read-only, until 2\S+; 1 in both, with other content: loans/.exec(
    said,
  );
  assert.ok(said.startsWith(backup), said);
  assert.equal(readFileSync(join(place?.[1] ?? '', 'loans.csv'), 'utf8'), loans);
  assert.equal(readFileSync(dataFile('loans.csv'), 'utf8'), `${loans}one more line\n`);
  const copy = dirname(place?.[1] ?? assert.fail(said));
  assert.match(basename(copy), /^recover-vault-data-/);
  writeFileSync(dataFile('loans.csv'), loans);
  const planned = await up.exits(0, `${asked} --beside --dry-run`);
  assert.match(planned.stdout, /keep: Keep the copy for 24 h, read-only/);
  const { stdout: report } = await up.exits(0, 'report recover/vault/data');
  assert.match(report, /Recover beside/);
  const whole = await up.exits(0, `${asked} --dry-run`);
  assert.match(whole.stdout, /data gets generations by that, for good: /);
  rmSync(copy, { recursive: true });
});

test('a folder that is in no catalogue is proved as far as that goes, and gets no mark', async () => {
  const before = (await up.exits(0, 'backups vault --json')).stdout;
  const { stdout } = await up.exits(7, 'verify vault/data --file data');
  assert.match(stdout, /^verify\/vault\/data\/file: inconclusive: 2 of 2 rungs that ran passed/);
  assert.match(stdout, /not run: complete, correct \(complete and correct take a manifest/);
  assert.match(stdout, /to judge files alone, write verify\.required: \[artefact, loads\]/);
  const planned = await up.exits(0, 'verify vault/data --file data --dry-run');
  assert.match(planned.stdout, /Read all of data on the worker's machine/);
  const gone = await up.exits(2, 'verify vault/data --file /nowhere/at/all');
  assert.match(gone.stderr, /there is no \/nowhere\/at\/all on the worker's machine/);
  const outside = await up.exits(2, 'verify vault/data --file ../shop');
  assert.match(outside.stderr, /file is "\.\.\/shop", allowed: a path on the worker's machine/);
  const whole = await up.exits(2, 'verify vault --file data');
  assert.match(whole.stderr, /the target is "vault", allowed: SYSTEM\/DATASTORE/);
  assert.equal((await up.exits(0, 'backups vault --json')).stdout, before);
  assert.deepEqual(copies(), []);
});

test('retention keeps what was verified, and a backup far off the others is flagged', async () => {
  appendFileSync(dataFile('loans.csv'), readFileSync(dataFile('loans.csv'), 'utf8').repeat(3));
  const { stdout, stderr } = await up.exits(0, 'backup vault/data --verbose');
  assert.match(stdout, /finding: vault\/data\/\S+ is odd beside those before it/);
  assert.match(stderr, /✔ retention-data/);
  const lines = (await up.exits(0, 'backups vault')).stdout;
  assert.match(lines, / odd\n/);
  assert.match(lines, new RegExp(`${backup} .*default\n`));
});

test('an odd backup is the new normal once somebody says why', async () => {
  const list = await up.exits(0, 'backups vault --json');
  const odd = String(field(list.stdout, 'backups.0.id'));
  assert.match((await up.exits(2, `backups accept ${odd}`)).stderr, /needs --reason/);
  const accepted = await up.exits(0, `backups accept ${odd} --reason archived --as ana`);
  assert.match(accepted.stdout, /is accepted by ana; it was odd:\n {2}\S/);
  const again = await up.exits(0, `backups accept ${odd} --reason archived --as ben`);
  assert.match(again.stdout, /was accepted before, by ana at \d{4}-/);
  const lines = (await up.exits(0, 'backups vault')).stdout;
  assert.match(lines, new RegExp(`${odd} .*default, accepted\n`));
  assert.match((await up.exits(6, `backups accept ${backup} --reason x`)).stderr, /nothing is odd/);
});

test('health in detail says whether the system is recoverable, and why not', async () => {
  const { stdout } = await up.exits(7, 'health vault --detailed');
  assert.match(
    stdout,
    /recovery: unproven\n {2}because no drill was ever made\n {2}last drill: never/,
  );
  assert.match(
    stdout,
    / {2}data: vault\/data\/\S+, goes back .* of 36 h 00 m allowed; never verified/,
  );
  const json = await up.exits(7, 'health vault --detailed --json');
  assert.equal(field(json.stdout, 'recovery.state'), 'unproven');
  assert.equal(field(json.stdout, 'recovery.reasons.0.code'), 'neverDrilled');
});

test('a damaged backup fails its proof, with the reason and 3', async () => {
  const damaged = stored(backup).find((file) => file.endsWith('000002')) ?? assert.fail();
  const bytes = readFileSync(damaged);
  bytes[100] = (bytes[100] ?? 0) ^ 1;
  writeFileSync(damaged, bytes);
  const { stdout } = await up.exits(3, `verify ${backup}`);
  assert.match(stdout, /failed: artefact: .*SHA-256.*not run: loads, complete, correct/);
  assert.deepEqual(copies(), []);
});

test('what is no backup, no datastore or no system is 2', async () => {
  const time = '20200101T000000.000Z';
  assert.match(
    (await up.exits(2, 'verify vault')).stderr,
    /BACKUP is "vault", allowed: SYSTEM\/DATASTORE, or SYSTEM\/DATASTORE\/TIME/,
  );
  const gone = await up.exits(2, `verify vault/data/${time}`);
  assert.match(gone.stderr, /there is no backup vault\/data\/20200101T000000.000Z/);
  const other = await up.exits(2, 'backup vault/dat');
  assert.match(
    other.stderr,
    /vault has no datastore dat \(did you mean data\?\); it has data, served/,
  );
  await up.exits(2, 'backups nobody');
  await up.exits(2, 'backup vault/data/more');
});

test('schedules are made to match the system files, and listed', async () => {
  const would = await up.exits(0, 'schedules sync vault --dry-run');
  assert.match(would.stdout, /^would be created {2}drill\/vault\nwould be created {2}janitor\n$/);
  const { stdout } = await up.exits(0, 'schedules sync --json');
  assert.equal(field(stdout, 'schema'), 'fairlead/schedules-sync/v1');
  assert.deepEqual(field(stdout, 'schedules'), [
    { id: 'drill/vault', did: 'created' },
    { id: 'janitor', did: 'created' },
  ]);
  assert.equal((await up.exits(0, 'schedules sync')).stdout.match(/^unchanged /gm)?.length, 2);
  const list = await up.exits(0, 'schedules list');
  assert.match(list.stdout, /^drill\/vault +disasterRecovery +when somebody starts it +never$/m);
  assert.match(list.stdout, /^janitor +janitor +2\d{3}-/m);
  assert.match((await up.exits(2, 'schedules sync nobody')).stderr, /no system "nobody"/);
});
