// Every verb through the real command line, beside one real `fairlead up`, with its exit codes.
// The tests of one system build on each other, in the order in which they stand here.
import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Load } from '../../demo/load.ts';
import { ask } from '../support/http-load.ts';
import { field, saying, startUp, startUsers, type WholeUp } from '../support/up/whole-up.ts';
import { SHOP } from '../support/up/whole-up-systems.ts';

let up: WholeUp;
let load: Load | undefined;

before(async () => {
  up = await startUp([SHOP]);
});
after(async () => {
  await load?.stop();
  await up.stop();
});

const exits: WholeUp['exits'] = (code, args, env) => up.exits(code, args, env);
const until: WholeUp['until'] = (what, path, value) => up.until(what, path, value);

/** Each step is told once, when it has ended, and each one ended well. */
function assertResolved(course: string): void {
  const told = [...course.matchAll(/^ {2}(\S) (\S+): /gm)].map(([, mark, id]) => `${mark} ${id}`);
  assert.ok(told.length > 0, course);
  assert.deepEqual([...new Set(told.filter((step) => step.startsWith('✔')))], told, course);
}

const V2 = 'deploy/shop/api/v2';

test('nothing deployed is an empty status, and no health to judge', async () => {
  const { stdout } = await exits(0, 'status shop --json');
  assert.deepEqual(field(stdout, 'services.api.weights'), []);
  assert.deepEqual(field(stdout, 'services.api.revisions'), []);
  assert.deepEqual(field(stdout, 'operations'), []);
  await exits(7, 'health shop');
});

test('a first deploy ends with 0, its result on stdout and its course on stderr', async () => {
  const { stdout, stderr } = await exits(0, 'deploy shop/api v1');
  assert.equal(stdout, 'deploy/shop/api/v1: succeeded: done as planned\n');
  assert.match(stderr, /smoke[^]*v1[^]*100 %[^]*watch/);
  assertResolved(stderr);
  const status = await exits(0, 'status shop --json');
  assert.equal(field(status.stdout, 'services.api.url'), up.urlOf('shop'));
  load = startUsers(up.urlOf('shop'));
  await exits(0, 'health shop --detailed');
});

test('what is live already is nothing to do, and 0', async () => {
  const { stdout } = await exits(0, 'deploy shop/api v1 --json');
  assert.equal(field(stdout, 'outcome'), 'nothingToDo');
});

test('a dry run prints the plan and changes nothing', async () => {
  const { stdout } = await exits(0, 'deploy shop/api v2 --dry-run --json');
  assert.equal(field(stdout, 'schema'), 'fairlead/plan/v1');
  assert.equal(field(stdout, 'from'), 'v1');
  assert.match(String(field(stdout, 'digest')), /^[0-9a-f]{64}$/);
  assert.match(String(field(stdout, 'steps.4.id')), /^weight-20$/);
  assert.equal(field(stdout, 'steps.5.gate'), 'promote');
  const status = await exits(0, 'status shop --json');
  assert.equal(field(status.stdout, 'services.api.revisions.length'), 1);
});

test('--no-wait returns at once with the run', async () => {
  const { stdout } = await exits(0, 'deploy shop/api v2 --as ci --no-wait --json');
  assert.equal(field(stdout, 'operation'), V2);
  const status = await until(V2, 'state', 'waiting');
  assert.equal(field(status, 'schema'), 'fairlead/status/v1');
  assert.equal(field(status, 'runId'), field(stdout, 'runId'));
  assert.equal(field(status, 'step'), 'weight-50');
  assert.equal(field(status, 'gates.0.id'), 'weight-50');
  assert.equal(field(status, 'gates.0.need'), 1);
  assert.equal(field(status, 'weights.1.percent'), 50);
  assert.match(String(field(status, 'undo.0')), /v1 100 %/);
});

test('the same deploy is joined; when --timeout passes, 9 says how to come back', async () => {
  const { stderr } = await exits(9, 'deploy shop/api v2 --as eva --reason again --timeout 1s');
  assert.match(stderr, /joined/);
  assert.match(stderr, /still runs when --timeout passed. Look at it with "fairlead status deploy/);
});

test('a deploy that differs is refused with 6, and says in what', async () => {
  const { stderr } = await exits(6, 'deploy shop/api v2 --initial-weight 10');
  assert.match(stderr, /differs: initialWeight is nothing there and 10 here/);
  const other = await exits(6, 'deploy shop/api v4-slow');
  assert.match(other.stdout, /refused: .*holds it since/);
});

test('Ctrl-C leaves with 130, says how to come back, and the operation goes on', async () => {
  const cli = up.start('deploy shop/api v2');
  await saying(cli, 'waits for promote');
  cli.kill('SIGINT');
  const { code, stderr } = await cli.ended;
  assert.equal(code, 130);
  assert.ok(
    stderr.endsWith(
      `${V2} goes on: the same command or "fairlead status ${V2}" comes back to it, "fairlead abort ${V2}" stops it\n`,
    ),
    stderr,
  );
  const { stdout } = await exits(0, `status ${V2} --json`);
  assert.equal(field(stdout, 'state'), 'waiting');
});

test('pause and resume are taken, the requester cannot approve, another one can', async () => {
  const waiting = up.start('deploy shop/api v2');
  await saying(waiting, 'joined');
  await exits(0, `pause ${V2} --as eva`);
  await exits(6, `pause ${V2} --as eva`);
  await exits(0, `resume ${V2} --as eva`);
  const { stderr } = await exits(6, `approve ${V2} --as ci`);
  assert.match(stderr, /ci requested this and cannot approve it/);
  const yes = await exits(0, `approve ${V2} --as ana --gate weight-50 --json`);
  assert.equal(field(yes.stdout, 'as'), 'update');
  const end = await waiting.ended;
  assert.equal(end.code, 0, end.stderr);
  assert.equal(end.stdout, `${V2}: succeeded: done as planned\n`);
  await exits(6, `approve ${V2} --as ana`);
});

test('list and status know of what is over', async () => {
  const { stdout } = await exits(0, 'list --json');
  const rows = field(stdout, 'operations');
  assert.ok(Array.isArray(rows));
  const mine = rows.map((row) => JSON.stringify(row)).filter((row) => row.includes(`"${V2}"`));
  assert.ok(mine.some((row) => row.includes('"outcome":"succeeded"')));
  const status = await exits(0, `status ${V2} --json`);
  assert.equal(field(status.stdout, 'state'), 'closed');
  assert.equal(field(status.stdout, 'outcome'), 'succeeded');
  const other = await exits(2, `status ${V2} --run 01a20141-f328-7590-a700-e1ea069d8795`);
  assert.match(other.stderr, /there is no operation/);
});

test('the report tells who asked, who approved, and what was served', async () => {
  const { stdout } = await exits(0, `report ${V2}`);
  assert.match(stdout, /^# .*v2/);
  assert.match(stdout, /approved[^\n]*ana|ana[^\n]*approved/);
  const file = join(up.folder, 'report.json');
  await exits(0, `report ${V2} --format json --out ${file}`);
  const page = join(up.folder, 'report.html');
  await exits(0, `report ${V2} --out ${page}`);
  assert.match(readFileSync(page, 'utf8'), /<title>Succeeded: deploy[^]*errors: ratio/);
  const opened = await exits(0, `report ${V2} --open`, {
    PATH: '/nowhere',
    FAIRLEAD_DATA: up.data,
  });
  assert.match(opened.stderr, /no browser was opened: .*; open .* yourself/);
  assert.match(readFileSync(opened.stdout.trim(), 'utf8'), /^<!doctype html>/);
  const report = readFileSync(file, 'utf8');
  assert.equal(field(report, 'schema'), 'fairlead/report/v1');
  assert.equal(field(report, 'requestedBy'), 'ci');
  assert.equal(field(report, 'decisions.0.actor'), 'ana');
  assert.equal(field(report, 'serving'), 'new');
  assert.equal(field(report, 'clean'), true);
  const folder = join(up.data, 'objects', '_evidence', encodeURIComponent(V2));
  const evidence = readdirSync(folder).find((name) => name.endsWith('.jsonl')) ?? '';
  const checked = await exits(
    0,
    `report verify ${file} --key ${join(up.data, 'keys', 'evidence.pub')}`,
  );
  assert.match(checked.stdout, /signed by the key sha256:[0-9a-f]{64}, the one you named/);
  const verified = await exits(0, `report verify ${join(folder, evidence)}`);
  assert.match(verified.stdout, /none altered[^]*signed by the key sha256:/);
});

test('the old revision is removed when its insurance is over', async () => {
  await until('shop', 'services.api.revisions.length', 1);
  await until('retire/shop/api/v1', 'outcome', 'succeeded');
  const { stdout: report } = await exits(0, 'report retire/shop/api/v1 --json');
  assert.equal(field(report, 'outcome'), 'succeeded');
  assert.equal(field(report, 'clean'), true);
});

test('a rollback makes the old version again and sends all users back', async () => {
  const { stderr } = await exits(0, 'rollback shop/api --reason test');
  assertResolved(stderr);
  assert.match(stderr, /✔ switch:[^]* api +v1 +█+ 100 %\n/);
  const { stdout } = await exits(0, 'status shop --json');
  assert.equal(field(stdout, 'services.api.weights.0.version'), 'v1');
  assert.equal(field(stdout, 'services.api.weights.length'), 1);
});

test('a version that answers with errors is rolled back by itself: 3', async () => {
  const { stdout } = await exits(3, 'deploy shop/api v3-errors --auto-promote --json');
  assert.equal(field(stdout, 'outcome'), 'rolledBack');
  assert.equal(field(stdout, 'serving'), 'old');
  assert.match(String(field(stdout, 'message')), /errors: .*over max 0\.05/);
});

test('nobody but users of the bad version saw a failure', async () => {
  await load?.stop();
  const failed = load?.answers.filter((one) => one.status !== 200) ?? [];
  assert.deepEqual(
    failed.filter((one) => one.version !== 'v3-errors'),
    [],
  );
});

test('scale and restart change the replicas', async () => {
  await exits(0, 'scale shop/api 3');
  const { stdout } = await exits(0, 'status shop --json');
  assert.equal(field(stdout, 'services.api.revisions.0.desired'), 3);
  assert.equal(field(stdout, 'services.api.revisions.0.ready'), 3);
  await exits(0, 'restart shop/api');
  await exits(0, 'health shop');
});

test('a stop answers users with 503 and refuses deploys; admit lets users in again', async () => {
  await exits(0, 'stop shop --reason test');
  const stopped = await ask(up.urlOf('shop'));
  assert.equal(stopped.status, 503);
  assert.ok(Number(stopped.headers['retry-after']) > 0);
  await exits(8, 'health shop');
  const { stderr, stdout } = await exits(6, 'deploy shop/api v2');
  assert.match(stdout + stderr, /stopped; let traffic in first: fairlead admit/);
  await exits(0, 'admit shop --percent 100');
  assert.equal((await ask(`${up.urlOf('shop')}/health`)).status, 200);
  await exits(0, 'health shop');
});

test('after a stop, traffic for nobody makes a rollback possible before users are let in', async () => {
  const users = startUsers(up.urlOf('shop'));
  await exits(0, 'deploy shop/api v2 --auto-promote');
  await users.stop();
  await exits(0, 'stop shop');
  await exits(6, 'rollback shop/api');
  await exits(0, 'admit shop --percent 0');
  await exits(0, 'rollback shop/api');
  assert.equal((await ask(up.urlOf('shop'))).status, 503);
  await exits(0, 'admit shop --percent 100');
  const { stdout } = await exits(0, 'status shop --json');
  assert.equal(field(stdout, 'services.api.weights.0.version'), 'v1');
  await exits(0, 'health shop');
});

test('health --watch says it again until Ctrl-C', async () => {
  const cli = up.start('health shop --watch 1 --json');
  while (cli.output.stdout.split('\n').length < 3) await sleep(20);
  cli.kill('SIGINT');
  const { code, stdout } = await cli.ended;
  assert.equal(code, 130);
  for (const line of stdout.trim().split('\n')) assert.equal(field(line, 'healthy'), true);
});

test('a system, a service, a version or an operation that is not there is 2', async () => {
  const nowhere = `no system "nowhere" in ${join(up.folder, 'systems')}; there are: shop`;
  for (const [args, message] of [
    ['deploy nowhere/api v1', nowhere],
    ['deploy shop/web v1', 'shop has no service web; it has api'],
    ['status nowhere', nowhere],
    [
      'approve deploy/shop/api/v9',
      'there is no operation deploy/shop/api/v9 (did you mean deploy/shop/api/v2?); none is open',
    ],
  ] as const) {
    const { stdout, stderr } = await exits(2, args);
    assert.deepEqual([stdout, stderr], ['', `${message}\n`]);
  }
  // Nothing was started: there is no operation to tell of, and the failure is what is printed.
  const { stdout, stderr } = await exits(2, 'deploy nowhere/api v1 --json');
  assert.deepEqual(JSON.parse(stdout), {
    schema: 'fairlead/error/v1',
    error: nowhere,
    exitCode: 2,
  });
  assert.equal(stderr, `${nowhere}\n`);
});

test('a second `up` beside this one is refused with 6', async () => {
  const { stderr } = await exits(6, `up --data ${up.data} --port 0`);
  assert.match(stderr, /another `fairlead up` \(pid \d+\) runs/);
});
