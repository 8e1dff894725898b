// What `check` warns of: a system that loads, and may still not do what somebody meant.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { loadSystem, warningsOf } from '../../src/config/load.ts';
import { mistakeLine } from '../../src/config/reading/mistake.ts';
import { mistakesOf, SHOP, shopWith, systemsWith } from '../support/system-files.ts';

/** SHOP without a doubt: its health path is written, its program is there, its reminder comes in time. */
const SURE = shopWith(6, '    port: 8000\n    health: { path: /health }');
const PROGRAMS = { 'shop/versions/v1.mjs': '', 'bin/node': '' };

/** The warnings of a system `shop` that passes `check`, without its name and the folder. */
/** Variables that the files of these tests refer to. */
const SET = { ORDERS_PASSWORD: 'secret', KEY: 'AGE-SECRET-KEY-1' };

async function warningsIn(
  t: Parameters<typeof systemsWith>[0],
  yaml: string,
  files: Record<string, string> = PROGRAMS,
): Promise<string[]> {
  const dir = await systemsWith(t, { 'shop/system.yaml': yaml, ...files });
  assert.deepEqual(await mistakesOf(dir, 'shop'), []);
  assert.equal((await loadSystem(dir, 'shop')).name, 'shop');
  const lines = (await warningsOf(dir, 'shop', { ...process.env, ...SET })).map(mistakeLine);
  return lines.map((line) => line.replace(/^[^:]*:\d+: /, '').replaceAll(`${dir}/`, ''));
}

/** SURE with something added to its service. */
const withKeys = (keys: string): string =>
  SURE.replace('    health:', `${keys.replace(/^/gm, '    ')}\n    health:`);

test('has no doubt of a file that says all that matters', async (t) => {
  assert.deepEqual(await warningsIn(t, SURE), []);
});

test('names a health path that nobody wrote', async (t) => {
  assert.deepEqual(await warningsIn(t, SHOP), [
    'services.api.health: nobody said which path tells that a process is ready: /health is asked; write health: {path: /health}, or another',
  ]);
});

test('names a folder, a program and files that are not there', async (t) => {
  assert.deepEqual(await warningsIn(t, withKeys('directory: app')), [
    'services.api.directory: there is no folder shop/app; make it, or name another',
  ]);
  const program = SURE.replace('[node, ', '[no-such-program, ');
  assert.deepEqual(await warningsIn(t, program), [
    'services.api.command.0: no program "no-such-program" is on the PATH here; install it, or write where it is',
  ]);
  assert.deepEqual(await warningsIn(t, SURE, {}), [
    'services.api.command.1: there is no file shop/versions/{version}.mjs of any version yet',
  ]);
  assert.deepEqual(await warningsIn(t, withKeys("files: [data.csv, 'versions/{version}.py']")), [
    'services.api.files.0: there is no file shop/data.csv',
    'services.api.files.1: there is no file shop/versions/{version}.py of any version yet',
  ]);
  const check = 'checks: { smoke: [{ name: orders, command: [node, checks/orders.mjs] }] }';
  assert.deepEqual(await warningsIn(t, withKeys(check)), [
    'services.api.checks.smoke.0.command.1: there is no file shop/checks/orders.mjs',
  ]);
});

test('names a folder that would be backed up and is not there', async (t) => {
  const store = `${SURE}datastores: { data: { kind: files, directory: data } }\n`;
  assert.deepEqual(await warningsIn(t, store), [
    'datastores.data.directory: there is no folder shop/data, so there would be nothing to back up; make it, or name another',
  ]);
  assert.deepEqual(await warningsIn(t, store, { ...PROGRAMS, 'shop/data/a.csv': '' }), []);
  // What can be backed up and not recovered in its place: said on a quiet day.
  const whole = store.replace('directory: data', 'directory: .');
  const [plain = '', ...more] = await warningsIn(t, whole);
  assert.match(
    plain,
    /^datastores\.data\.directory: `fairlead recover` cannot put a backup in its place: shop has no generations, and cannot get them by itself, for the system file lies in it; have its programs read shop\/current/,
  );
  assert.deepEqual(more, []);
  const kept = { ...PROGRAMS, 'shop/data/current/a.csv': '' };
  assert.deepEqual(await warningsIn(t, store, kept), []);
  const derived = store.replace('kind: files', 'kind: files, role: derived');
  assert.deepEqual(await warningsIn(t, derived, { ...PROGRAMS, 'shop/data/a.csv': '' }), []);
});

test('names a private key that nothing could be restored without', async (t) => {
  const keys = [
    'age1ql3z7hjy54pw3hyww5ayyfg7zqgvc7w3j2elw8zmrj2kg5sfn9aqmcac8p',
    'age1lggyhqrw2nlhcxprm67z43rta597azn8gknawjehu9d9dl0jq3yqqvfafg',
  ];
  const store = (identity: string): string =>
    `${SURE}datastores: { data: { kind: files, directory: data, backup: { encryption: { recipients: [${keys.join(', ')}]${identity} } } } }\n`;
  const there = { ...PROGRAMS, 'shop/data/current/a.csv': '' };
  assert.deepEqual(await warningsIn(t, store(''), there), [
    'datastores.data.backup.encryption: names no private key: nothing that is backed up can be proved or restored; write identity: {file: PATH} or {env: NAME}',
  ]);
  const file = store(', identity: { file: age.key }');
  assert.deepEqual(await warningsIn(t, file, there), [
    'datastores.data.backup.encryption.identity: there is no file shop/age.key',
  ]);
  assert.deepEqual(await warningsIn(t, file, { ...there, 'shop/age.key': 'k' }), []);
  assert.deepEqual(await warningsIn(t, store(', identity: { env: KEY }'), there), []);
});

test('looks at the placeholders of previews, and wherever nothing is put in', async (t) => {
  const keys =
    'rollout: { strategy: blue-green, blueGreen: { approval: promote, preview: { bake: 5s, analysis: errors } } }\n' +
    "configuration: { A: '{version}', B: 'hello {name}' }\n" +
    "checks: { preview: [{ name: a, http: '/{foo}' }, { name: b, command: [node, '{url}', '{urll}'] }] }";
  const yaml = withKeys(keys).replace(/ {4}rollout:\n[^]*?analyses:/, 'analyses:');
  assert.deepEqual(await warningsIn(t, yaml), [
    'services.api.configuration.A: {version} is taken as it stands; nothing is filled in here',
    'services.api.checks.preview.0.http: {foo} is taken as it stands; filled in here: {version}, {address}, {url}',
    'services.api.checks.preview.1.command.2: {urll} is taken as it stands; filled in here: {version}, {address}, {url}',
  ]);
});

test('takes in http checks what they really get, and doubts the rest', async (t) => {
  const checks = (http: string, contains: string) =>
    withKeys(`checks: { smoke: [{ name: a, http: '${http}', contains: '${contains}' }] }`);
  assert.deepEqual(await warningsIn(t, checks('/page?v={version}', 'is {version} {ok}')), []);
  assert.deepEqual(await warningsIn(t, checks('{address}/page?u={url}', 'ok')), []);
  assert.deepEqual(await warningsIn(t, checks('/page?v={verison}', 'ok')), [
    'services.api.checks.smoke.0.http: {verison} is taken as it stands; filled in here: {version}, {address}, {url}',
  ]);
});

test('names checks of a preview that never comes', async (t) => {
  const keys = 'checks: { preview: [{ name: home, http: / }] }';
  assert.deepEqual(await warningsIn(t, withKeys(keys)), [
    'services.api.checks.preview: these checks are never run: only a blue-green deploy has a preview; write rollout.blueGreen, or move them to smoke',
  ]);
});

test('names variables that Fairlead sets itself', async (t) => {
  assert.deepEqual(await warningsIn(t, withKeys('configuration: { PORT: 1, PORTS: 2 }')), [
    'services.api.configuration.PORT: PORT is set by Fairlead for each process, and this value is lost; remove it',
  ]);
});

test('names a default that contradicts what is written', async (t) => {
  const reminded = SURE.replace('{ quorum: 1,', '{ deadline: 1h, quorum: 1,');
  assert.deepEqual(await warningsIn(t, reminded), [
    'approvals.promote.deadline: nobody is reminded: a reminder comes after 4h, by default, and the deadline is 1h; write reminder',
  ]);
  const usual = SURE.replace('      canary:', '      canary:\n        analysis: errors')
    .replace('{ weight: 25, bake: 3s }', '{ weight: 25 }')
    .replace('source: scrape,', 'source: scrape, interval: 2s, limits: { failures: 1 },');
  assert.deepEqual(await warningsIn(t, usual), [
    'services.api.rollout.canary.steps.0: the bake at 5 % (3s) has room for 1 measurement of the analysis errors, which forgives 1 failure: it could not fail there; write a longer one, or smaller limits',
    'services.api.rollout.canary.steps.1: the bake at 25 % (0s, by default) is shorter than the interval of the analysis errors (2s), which measures nothing there; write a longer one',
  ]);
  const drill = `${SURE}drill: { rto: 2m, services: [api], golden: [{ service: api, name: home, http: / }] }\n`;
  assert.deepEqual(await warningsIn(t, drill), [
    'services.api.rollout.deadlines.ready: a version may by default take 5m to be ready, and a whole recovery 2m (drill.rto); write a shorter deadline',
  ]);
});

test('names what is declared and named by nobody', async (t) => {
  const unused = SURE.replace('approvals:', 'approvals:\n  spare: {}');
  assert.deepEqual(await warningsIn(t, unused), [
    'approvals.spare: no service names this approval, so it does nothing; name it in rollout, or remove it',
  ]);
});

test('names checks and golden queries that ask nothing but the health path', async (t) => {
  const checks = (...pages: string[]): string =>
    withKeys(
      `checks:\n  smoke: [${pages.map((page, n) => `{ name: c${n}, http: '${page}' }`).join(', ')}]`,
    );
  const [warning, ...more] = await warningsIn(t, checks('/health', '{url}/health/?deep=1'));
  assert.match(
    warning ?? '',
    /^services\.api\.checks\.smoke: only the health path \/health is asked, .* wrong everywhere else passes; write a page/,
  );
  assert.deepEqual(more, []);
  assert.deepEqual(await warningsIn(t, checks('/health', '/orders')), []);
  const command = withKeys('checks:\n  smoke: [{ name: c, command: [node, --version] }]');
  assert.deepEqual(await warningsIn(t, command), []);
  const drill = (page: string) =>
    `${SURE}drill: { rto: 2m, services: [api], golden: [{ service: api, name: g, http: ${page} }] }\n`;
  const golden = async (page: string) =>
    (await warningsIn(t, drill(page))).filter((line) => line.startsWith('drill.golden: only'));
  assert.equal((await golden('/health')).length, 1);
  assert.deepEqual(await golden('/orders'), []);
});

test('names programs and scripts of runbooks of steps that are not there, with file and line', async (t) => {
  const book = `title: Slow
leases: [api]
steps:
  - { id: seen, look: { command: [no-such-program] } }
  - { id: asked, look: { command: [node, --no-warnings, checks/errors.mjs, '{{inputs.minutes}}'] } }
  - { id: fine, look: { command: [node, versions/v1.mjs] } }
  - id: made
    do: { command: [touch, flag.sh], check: { command: [./no/check.sh, x] } }
    undo: { command: [rm, -f, flag.sh] }
inputs: { minutes: { type: integer, default: 5 } }
`;
  const files = { ...PROGRAMS, 'shop/runbooks/slow.yaml': book };
  const dir = await systemsWith(t, { 'shop/system.yaml': SURE, ...files });
  const found = (await warningsOf(dir, 'shop', { ...process.env, ...SET })).map(mistakeLine);
  assert.deepEqual(
    found.map((line) => line.replaceAll(`${dir}/`, '').replace(/^[^ ]*(shop\/runbooks)/, '$1')),
    [
      'shop/runbooks/slow.yaml:4: steps.0.look.command.0: no program "no-such-program" is on the PATH here; install it, or write where it is',
      'shop/runbooks/slow.yaml:5: steps.1.look.command.2: there is no file shop/checks/errors.mjs',
      'shop/runbooks/slow.yaml:8: steps.3.do.check.command.0: there is no file shop/no/check.sh',
    ],
  );
});

test('names secrets that are not set where it is asked, and is silent of those that are', async (t) => {
  const store = (name: string): string =>
    `${SURE}datastores: { data: { kind: redis, password: { env: ${name} } } }\n`;
  assert.deepEqual(await warningsIn(t, store('FAIRLEAD_NOBODY_SETS_THIS')), [
    'datastores.data.password.env: FAIRLEAD_NOBODY_SETS_THIS is not set here: whoever runs the worker, and the local host where a service is given it, has to set it before they start',
  ]);
  assert.deepEqual(await warningsIn(t, store('ORDERS_PASSWORD')), []);
});

test('names a datastore that no runbook of a recovery is carried out on', async (t) => {
  const text = '{ type: text }';
  const stores = 'datastores:\n  sessions: { kind: redis }\n';
  const yaml = `${SURE}${stores}recovery: { reconcile: carry }\n`;
  const inputs = `{ datastore: ${text}, copy: ${text}, quarantined: ${text} }`;
  const carry = `title: T\ninputs: ${inputs}\nsteps: [{ id: a, manual: Look }]\n`;
  const found = await warningsIn(t, yaml, { ...PROGRAMS, 'shop/runbooks/carry.yaml': carry });
  assert.deepEqual(
    found.filter((one) => one.startsWith('recovery.')),
    [
      'recovery.reconcile: is not carried out on sessions: its fence keeps every login out of the server that has the copy too',
    ],
  );
});
