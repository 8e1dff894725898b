// `drill`, and `verify` with the rung usable, through the real command line, beside one real `fairlead up`: real files, real namespaces, users on the live
// service all the while. What makes one fail is in drills.slow.ts.
import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { startLoad } from '../../demo/load.ts';
import { NAMESPACES, nothingLeft, startDrilledUp } from '../support/up/drilled-up.ts';
import { field } from '../support/up/whole-up.ts';

const up = await startDrilledUp();
after(() => up.stop());

test('the plan of a drill says what a recovery does otherwise', async () => {
  const { stdout } = await up.exits(0, 'drill drilled --dry-run');
  assert.match(stdout, /^plan of drill\/drilled, digest/);
  assert.match(stdout, / {2}bind: .*\n {6}differs: a recovery exchanges/);
  nothingLeft(up);
});

test('a plan as commands names no secret, starts nothing, and is refused where it would be carried out', async () => {
  const beside = 'recover drilled --datastore portfolio --beside';
  const { stdout } = await up.exits(0, `${beside} --dry-run --format commands`);
  assert.match(stdout, /^# recover\/drilled\/portfolio by hand, for bash: \d+ steps\n/);
  assert.match(
    stdout,
    /\n# \d+ artefact: [^]*\nsha256sum --check [^]*\n# \d+ loads: [^]*\nmkdir .*data\.generations\/gen-2\n/,
  );
  const stop = (await up.exits(0, 'stop drilled --dry-run --format commands')).stdout;
  assert.match(stop, /\n# \d+ stop-api: [^\n]*\ncurl .*\/v1\/stop\n/);
  const listed = (await up.exits(0, 'list --json')).stdout;
  assert.equal(listed.includes('recover/drilled'), false);
  assert.equal(listed.includes('stop/drilled'), false);
  await up.exits(2, `${beside} --format commands`);
  await up.exits(2, 'recover drilled --dry-run --format poem');
  nothingLeft(up);
});

test(
  'a drill ends by itself, no user notices, and its report opens with the verdict',
  NAMESPACES,
  async () => {
    const load = startLoad(up.urlOf('drilled'));
    const { stdout, stderr } = await up.exits(0, 'drill drilled --json --verbose');
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
    nothingLeft(up);
    const backups = (await up.exits(0, 'backups drilled --json')).stdout;
    assert.notEqual(field(backups, 'backups.0.verifiedAt'), null);
  },
);

test(
  'a verification starts the service on its copy, and tells what it was asked',
  NAMESPACES,
  async () => {
    const { stdout, stderr } = await up.exits(0, 'verify drilled/portfolio --json --verbose');
    assert.equal(field(stdout, 'verdict'), 'pass');
    assert.match(stderr, /✔ correct:[^]*✔ fence:[^]*✔ usable:[^]*✔ close:[^]*✔ conclude:/);
    const report = (await up.exits(0, 'report verify/drilled/portfolio')).stdout;
    assert.match(report, /\| usable \| golden portfolio \| 200 containing .* \| pass \|/);
    nothingLeft(up);
  },
);

test('a drill says in a few lines what it came to, and nothing twice', NAMESPACES, async () => {
  const { stdout, stderr } = await up.exits(0, 'drill drilled');
  assert.match(
    stdout,
    /^drill\/drilled: succeeded: pass, \d+ checks\n {2}from {4}drilled\/portfolio\/\S+ {2}[\d.]+ kB, 3 parts, [\d,]+ rows\n {2}RPO {5}[^\n]+, at most 36 h\n {2}RTO {5}[^\n]+, at most 5 min\n {2}report {2}fairlead report drill\/drilled\n$/,
  );
  assert.match(stderr, /^drill\/drilled started \([^)]+\)\n$/);
});
