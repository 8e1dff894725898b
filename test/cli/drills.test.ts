// `drill` through the real command line, beside one real `fairlead up`: real files, real namespaces, users on the live
// service all the while. The tests build on each other, in the order in which they stand here.
import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { startLoad } from '../../src/demo/load.ts';
import { whyUnable } from '../../src/platforms/isolated/namespaces.ts';
import { field, saying, startUp, type WholeUp } from '../support/whole-up.ts';
import { DRILLED } from '../support/whole-up-systems.ts';

let up: WholeUp;
const unable = await whyUnable();

before(async () => {
  up = await startUp([DRILLED]);
  await up.exits(0, 'deploy drilled/api v1');
  await up.exits(0, 'backup drilled');
});
after(async () => {
  const { code, stderr } = await up.stop();
  assert.equal(code, 0, stderr);
});

const within = (folder: string): string[] =>
  existsSync(join(up.data, folder)) ? readdirSync(join(up.data, folder)) : [];
const nothingLeft = () => {
  assert.deepEqual([within('copies'), within('isolated')], [[], []]);
};
const options = unable === undefined ? {} : { skip: `missing part: namespaces (${unable})` };

test('the plan of a drill says what a recovery does otherwise', async () => {
  const { stdout } = await up.exits(0, 'drill drilled --dry-run');
  assert.match(stdout, /^plan of drill\/drilled, digest/);
  assert.match(stdout, / {2}bind: .*\n {6}undo: .*\n {6}differs: a recovery exchanges/);
  nothingLeft();
});

test(
  'a drill ends by itself, no user notices, and its report opens with the verdict',
  options,
  async () => {
    const load = startLoad(up.urlOf('drilled'));
    const { stdout, stderr } = await up.exits(0, 'drill drilled --json');
    await load.stop();
    assert.equal(field(stdout, 'verdict'), 'pass');
    assert.match(stderr, /✔ fence:[^]*✔ restore-portfolio:[^]*✔ usable:[^]*✔ inventory-after:/);
    assert.ok(load.answers.length > 0);
    assert.ok(load.answers.every(({ status }) => status === 200));
    const report = (await up.exits(0, 'report drill/drilled')).stdout;
    assert.match(report, /^# Verdict: pass \(drill\/drilled\)\n/);
    for (const title of ['Verification', 'RPO and RTO', 'Isolation', 'Clean-up and production']) {
      assert.ok(report.includes(`## ${title}\n`), title);
    }
    nothingLeft();
    const backups = (await up.exits(0, 'backups drilled --json')).stdout;
    assert.notEqual(field(backups, 'backups.0.verifiedAt'), null);
  },
);

test('a drill of a service that cannot read what was backed up fails with 3', options, async () => {
  const loans = join(up.folder, 'systems', 'drilled', 'data', 'loans.csv');
  const whole = readFileSync(loans);
  // The replicas that run have read it already.
  writeFileSync(loans, 'loan_id\n');
  await up.exits(0, 'backup drilled');
  writeFileSync(loans, whole);
  const { stdout } = await up.exits(3, 'drill drilled');
  assert.match(stdout, /^drill\/drilled: failed: start-api: api .* does not run on the copy/);
  nothingLeft();
});

test('a drill whose backup lost a file fails before the service is started', options, async () => {
  const taken = (await up.exits(0, 'backup drilled --json')).stdout;
  const id = String(field(taken, 'backups.0.id'));
  const [, , time = ''] = id.split('/');
  const folder = join('objects', 'drilled', 'portfolio', time.slice(0, 4), time.slice(4, 6), time);
  const stored = readdirSync(join(up.data, folder), { recursive: true, withFileTypes: true });
  const object = stored.find((entry) => entry.isFile() && entry.name !== 'manifest.json');
  assert.ok(object !== undefined);
  rmSync(join(object.parentPath, object.name));
  const { stdout } = await up.exits(3, 'drill drilled');
  assert.match(stdout, /failed: portfolio: artefact: .*not run: loads, complete, correct/);
  nothingLeft();
});

test('a drill that is aborted leaves nothing', options, async () => {
  await up.exits(0, 'backup drilled');
  const drill = up.start('drill drilled');
  await saying(drill, 'started');
  await up.run('abort drill/drilled');
  await drill.ended;
  nothingLeft();
});
