// A name that is not there ends a command before anything is started: exit 2, no operation, no record. So does an approval
// of which nobody knows whose it is.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { runProgram } from '../../src/cli/program.ts';
import { unknownId, unknownOption } from '../../src/cli/operation/send.ts';
import { backupId } from '../../src/domain/backup/backup-id.ts';
import type { Report } from '../../src/domain/record/report.ts';
import { storedBackup } from '../support/memory/memory-backups.ts';
import { freshName, untilStatus } from '../support/operations.ts';
import { runCli } from '../support/run-cli.ts';
import { openShop, type Shop } from '../support/shop.ts';
import { testServer } from '../support/temporal-server.ts';

const LATER = '2099-01-04T08:00:00Z';
const OF_OPERATIONS = [
  'approve OPERATION --as ana',
  'reject OPERATION --as ana',
  'tick OPERATION told',
  'choose OPERATION way left',
  ...['retry', 'skip', 'adopt', 'promote', 'pause', 'resume', 'abort', 'take'].map(
    (verb) => `${verb} OPERATION`,
  ),
  'hand-over OPERATION --to ana',
];

let shop: Shop;
let env: Record<string, string>;
let system: string;

before(async () => {
  const { address } = await testServer();
  shop = await openShop();
  env = { TEMPORAL_ADDRESS: address, FAIRLEAD_TASK_QUEUE: shop.worker.taskQueue };
  system = shop.live({ datastores: { orders: { kind: 'files', directory: 'data' } } });
});
after(() => shop.worker.stop());

/** Every workflow of the system, whatever it is. */
async function workflowsOf(name: string): Promise<string[]> {
  const found: string[] = [];
  const query = `TaskQueue = '${shop.worker.taskQueue}'`;
  for await (const { workflowId } of shop.worker.client.workflow.list({ query })) {
    if (workflowId.includes(name)) found.push(workflowId);
  }
  return found;
}

test('a typo in any verb names what was meant, exits with 2, and leaves no operation and no record', async (t) => {
  const unknown = `${system.slice(0, -1)}~`.replace('~', system.endsWith('x') ? 'y' : 'x');
  const missing = backupId(system, 'orders', 0);
  const typos: [string, RegExp][] = [
    [`deploy ${unknown}/api v2`, /no system/],
    [`stop ${unknown}`, /no system/],
    [`deploy ${system}/apj v2`, /no service apj \(did you mean api\?\)/],
    [`deploy ${system}/apj v2 --dry-run`, /did you mean api/],
    [`deploy ${system}/apj v2 --strategy blue-green`, /did you mean api/],
    [`rollback ${system}/apj`, /did you mean api/],
    [`stop ${system}/apj`, /did you mean api/],
    [`admit ${system}/apj`, /did you mean api/],
    [`scale ${system}/apj 3`, /did you mean api/],
    [`restart ${system}/apj`, /did you mean api/],
    [`backup ${system}/order`, /no datastore order \(did you mean orders\?\)/],
    [`verify ${system}/order`, /did you mean orders/],
    [`verify ${missing}`, /there is no backup/],
    [`status deploy/${system}/api/v7`, /there is no operation/],
    [`rollback ${system}/api --to v9`, /nothing says that of v9: it is not here/],
    [`rollback ${system}/api --revision v1-0000000000`, /it is not here/],
    [`admit ${unknown}`, /no system/],
    [`run ${system}/no-runbook`, /no runbook "?no-runbook/],
    [`runbooks ${unknown}`, /no system/],
    [`maintain ${system} --now --reason x --work no-runbook`, /no runbook/],
    [`maintain ${unknown} --now --reason x --work x`, /no system/],
    [`freeze ${unknown} --until ${LATER} --reason x`, /no system/],
    [`thaw ${unknown}`, /no system/],
    [`windows ${unknown}`, /no system/],
    [`incident open ${unknown} title`, /no system/],
    [`incident open ${system}/apj title`, /did you mean api/],
    [
      `incident open ${system} title --severity P9`,
      /--severity is "P9", allowed: P0, P1, P2, P3$/m,
    ],
    [`incident show ${system}/nope`, /no incident/],
    [`alerts ${unknown}`, /no system/],
    [`status ${unknown}`, /no system/],
    [`status ${system}/apj`, /did you mean api/],
    [`list --system ${unknown}`, /no system/],
    [`history ${unknown}`, /no system/],
    [`history ${system}/apj`, /no service or datastore apj \(did you mean api\?\)/],
    [`history ${system}/order`, /did you mean orders/],
    [`logs ${system}/apj`, /did you mean api/],
    [`diff ${system}/apj`, /did you mean api/],
    [`health ${unknown}`, /no system/],
    [`backups ${unknown}`, /no system/],
    [`backups accept ${missing} --reason x`, /there is no backup/],
    [`drill ${unknown}`, /no system/],
    [`recover ${unknown}`, /no system/],
    [`recover ${system} --datastore order`, /did you mean orders/],
    [`recover ${system} --datastore orders --backup ${missing}`, /there is no backup/],
    [`recover ${system} --datastore order --beside`, /did you mean orders/],
    [`recover ${system} --beside`, /needs --datastore NAME, or --backup ID/],
    [`recover ${system} --adopt /nope`, /cannot be recovered so: there is no \/nope/],
    [`recover ${system} --adopt /nope --dry-run`, /there is no \/nope/],
    [`verify ${system}/orders --file /nope`, /there is no \/nope on the worker's machine/],
    [`backups acept`, /did you mean "fairlead backups accept"\?/],
    [`backups acept ${missing} --reason x`, /did you mean "fairlead backups accept"\?/],
    [`report verfy x`, /did you mean "fairlead report verify"\?/],
    [`quarantine rmove ${system}/orders gen-1`, /did you mean "fairlead quarantine remove"\?/],
    [`quarantine ${unknown}`, /no system/],
    [`quarantine remove ${system}/order gen-1 --yes`, /did you mean orders/],
    [`quarantine remove ${system}/orders gen-9 --yes`, /no exchange keeps gen-9 of .*; kept there/],
    [`schedules sync ${unknown}`, /no system/],
    [`report deploy/${system}/api/v7`, /there is no operation/],
    [`open deploy/${system}/api/v7`, /there is no operation/],
    ...OF_OPERATIONS.map((verb): [string, RegExp] => [
      verb.replace('OPERATION', `deploy/${system}/api/v7`),
      /there is no operation/,
    ]),
  ];
  Object.assign(process.env, env);
  t.after(() => {
    for (const name of Object.keys(env)) Reflect.deleteProperty(process.env, name);
  });
  const wrong: string[] = [];
  for (const [line, message] of typos) {
    let said = '';
    const code = await runProgram(line.split(' '), (text) => (said += text));
    if (code !== 2 || !message.test(said)) wrong.push(`${line} exits with ${code}: ${said}`);
  }
  assert.deepEqual(wrong, []);
  assert.deepEqual(await workflowsOf(system), []);
  assert.deepEqual(await workflowsOf(unknown), []);
});

test('a recovery of what is said to be lost begins only where it is, and only into a place that takes it', async () => {
  const other = shop.live({ datastores: { orders: { kind: 'files', directory: 'data' } } });
  const { exchanged, vault } = shop.ports;
  storedBackup(vault, other, 1);
  const asked = ['recover', other, '--lost', '--into', '/srv/other'];
  exchanged.answers.add('orders');
  const there = await runCli(asked, env);
  exchanged.answers.delete('orders');
  assert.equal(there.code, 2, there.stderr);
  assert.match(there.stderr, /it answers: orders is not lost; recover it in its place/);
  exchanged.unable.set('orders elsewhere', '/srv/other holds something');
  const full = await runCli(asked, env);
  exchanged.unable.delete('orders elsewhere');
  assert.equal(full.code, 2, full.stderr);
  assert.match(full.stderr, /cannot be recovered so: \/srv\/other holds something/);
  assert.deepEqual(await workflowsOf(other), []);
});

test('a version that is not there is no operation either', async () => {
  const other = shop.live({ files: ['versions/{version}/server.js'] });
  shop.ports.world.missingFiles.add(`/systems/shop/versions/v9/server.js`);
  const { code, stderr } = await runCli(['deploy', `${other}/api`, 'v9'], env);
  assert.equal(code, 2, stderr);
  assert.match(stderr, /v9 of .* cannot be started: missing file .*v9\/server.js/);
  assert.deepEqual(await workflowsOf(other), []);
});

test('a plain client that names what is not there is refused, and no record is kept', async () => {
  const named = freshName();
  const handle = await shop.start('canaryDeploy', { system: named, service: 'api', version: 'v2' });
  const { runId } = await handle.describe();
  await assert.rejects(handle.result(), (error: Error) => {
    assert.match(String(error.cause), /no system/);
    return true;
  });
  const { outcome } = await handle.query<Report>('report');
  assert.equal(outcome, 'refused');
  const run = { workflowId: handle.workflowId, runId };
  assert.deepEqual(await shop.ports.evidence.read(run), []);
});

test('what was refused before it began tells by status and report why', async () => {
  const handle = await shop.start('canaryDeploy', null);
  await assert.rejects(handle.result());
  const { workflowId } = handle;
  const why = /canaryDeploy needs one JSON object, not null; send one JSON object, for example/;
  const status = await runCli(['status', workflowId], env);
  assert.equal(status.code, 0, status.stderr);
  assert.match(status.stdout, /^\S+ {2}refused\n/);
  assert.match(status.stdout, why);
  const report = await runCli(['report', workflowId], env);
  assert.equal(report.code, 2, report.stderr);
  assert.match(report.stderr, /left no report: it was refused before it began: /);
  assert.match(report.stderr, why);
});

test('a gate or a step that the plan does not have is named with the one that was meant', () => {
  const gates = ['weight-25', 'weight-50'];
  assert.equal(unknownId('gate', 'weight-25', gates, 'deploy/a'), undefined);
  assert.equal(unknownId('gate', 'weight-25#2', gates, 'deploy/a'), undefined);
  assert.equal(
    unknownId('gate', 'wieght-25', gates, 'deploy/a'),
    'deploy/a has no gate wieght-25 (did you mean weight-25?); it has weight-25, weight-50',
  );
  assert.equal(unknownId('step', 'x', [], 'deploy/a'), 'deploy/a has no step x; it has none');
});

test('an option that the question does not have is named with the one that was meant', () => {
  const asks = {
    kind: 'choose' as const,
    step: 'way',
    text: 'Which?',
    options: ['left', 'right'],
    since: '',
  };
  const problem = (option: string, step = 'way') => unknownOption({ step, option }, { asks });
  assert.equal(problem('lfet'), 'way has no option lfet (did you mean left?); it has left, right');
  assert.equal(problem('left'), undefined);
  // Of another step, and where nobody answered, the operation itself says it.
  assert.equal(problem('lfet', 'other'), undefined);
  assert.equal(unknownOption({ step: 'way', option: 'lfet' }, undefined), undefined);
});

test('an approval of a gate that is not there is not sent', async () => {
  const { system: waiting, handle } = await shop.waiting();
  const line = ['approve', `deploy/${waiting}/api/v2`, '--gate', 'wieght-5', '--as', 'ana'];
  const { code, stderr } = await runCli(line, env);
  assert.equal(code, 2, stderr);
  assert.match(stderr, /no gate wieght-5 \(did you mean weight-5\?\)/);
  assert.equal((await handle.query<{ state: string }>('status')).state, 'waiting');
  await handle.cancel();
});

test('an approval without --as is refused where --as named the requester and nobody can be asked', async () => {
  const other = shop.live();
  const started = await runCli(['deploy', `${other}/api`, 'v2', '--as', 'ci', '--no-wait'], env);
  assert.equal(started.code, 0, started.stderr);
  const handle = shop.worker.client.workflow.getHandle(`deploy/${other}/api/v2`);
  await untilStatus(handle, (status) => status.state === 'waiting');
  const { code, stderr } = await runCli(['approve', handle.workflowId], env);
  assert.equal(code, 2, stderr);
  assert.match(stderr, /was asked for as ci, by --as[^]*fairlead approve deploy[^]*--as NAME/);
  const yes = await runCli(['approve', handle.workflowId, '--as', 'ana'], env);
  assert.equal(yes.code, 0, yes.stderr);
  await handle.result();
});
