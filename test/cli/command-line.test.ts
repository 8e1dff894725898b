import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { Command } from 'commander';
import { findAddress } from '../../src/cli/temporal/address.ts';
import { isRecord } from '../../src/domain/json.ts';
import { runProgram } from '../../src/cli/program.ts';
import { groupOf, VERB_GROUPS } from '../../src/cli/verbs.ts';
import { entryArgs, ROOT } from '../support/entry.ts';
import { entriesOf, ROLLED_BACK } from '../support/record/evidence.ts';
import { freePort } from '../support/free-ports.ts';
import { runCli } from '../support/run-cli.ts';

const VERBS = VERB_GROUPS.flatMap((group) => group.verbs);

test('--help names every verb', async () => {
  const { code, stdout } = await runCli(['--help']);
  assert.equal(code, 0);
  for (const verb of VERBS) assert.match(stdout, new RegExp(`^  ${verb}\\b`, 'm'));
  assert.match(stdout, /^Change services:\n {2}deploy /m);
  assert.match(stdout, /^Exit codes:\n {2}0 {4}done/m);
  // Where no terminal says otherwise, a window has 80 columns.
  assert.deepEqual(
    stdout.split('\n').filter((line) => line.length > 80),
    [],
  );
});

test('--version prints the version of the package: exit 0', async () => {
  const { version } = JSON.parse(await readFile(join(ROOT, 'package.json'), 'utf8')) as {
    version: string;
  };
  assert.deepEqual(await runCli(['--version']), { code: 0, stdout: `${version}\n`, stderr: '' });
});

test('output that cannot be written is told, and no success', async () => {
  const script = 'exec "$0" "$@" > /dev/full';
  const args = ['-c', script, process.execPath, ...entryArgs('client'), '--version'];
  const child = spawn('sh', args, { cwd: ROOT, stdio: ['ignore', 'ignore', 'pipe'] });
  let stderr = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => (stderr += text));
  await once(child, 'close');
  assert.match(stderr, /^what was printed could not be written: ENOSPC/);
  assert.equal(child.exitCode, 1);
});

test('a reader that has gone is no failure', async () => {
  const child = spawn(process.execPath, [...entryArgs('client'), '--help'], { cwd: ROOT });
  let stderr = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => (stderr += text));
  child.stdout.destroy();
  await once(child, 'close');
  assert.deepEqual([child.exitCode, stderr], [0, '']);
});

test('every verb shows how it is used, with an example', async () => {
  for (const verb of VERBS) {
    const program = new Command('fairlead').exitOverride();
    const { register } = (await groupOf(verb)?.load()) ?? assert.fail(verb);
    register(program);
    let help = '';
    program.commands
      .find((command) => command.name() === verb)
      ?.configureOutput({ writeOut: (text) => (help += text) })
      .outputHelp();
    assert.match(help, new RegExp(`^Usage: fairlead ${verb}`));
    assert.match(help, new RegExp(`\\$ fairlead ${verb}`));
  }
});

test('VERB --help prints on stdout and is exit 0', async () => {
  const { code, stdout, stderr } = await runCli(['deploy', '--help']);
  assert.equal(code, 0, stderr);
  assert.match(stdout, /^Usage: fairlead deploy[^]*\$ fairlead deploy shop\/api v2/);
});

test('a refusal is one sentence on stderr, nothing on stdout, and the process exits with 2', async () => {
  for (const args of [['deploy', 'Shop/api', 'v2'], ['deplyo']]) {
    const { code, stdout, stderr } = await runCli(args);
    assert.equal(code, 2);
    assert.equal(stdout, '');
    assert.notEqual(stderr, '');
    assert.doesNotMatch(stderr, /\n\s+at /);
  }
});

test('with --json a failure before anything is started is one object on stdout too', async () => {
  const port = await freePort();
  const away = { TEMPORAL_ADDRESS: `127.0.0.1:${port}` };
  const table: [args: string[], exitCode: number, error: RegExp, hint?: string][] = [
    [['deploy', 'Shop/api', 'v2', '--json'], 2, /^SYSTEM is "Shop", allowed: /],
    [['deploy', 'shop/api', 'v2', '--json', '--bogus'], 2, /^unknown option '--bogus'/],
    [['status', 'shop', '--json'], 5, /^connecting to Temporal at /, 'fairlead up'],
  ];
  for (const [args, exitCode, error, hint] of table) {
    const { code, stdout, stderr } = await runCli(args, away);
    assert.equal(code, exitCode, stderr);
    const said: unknown = JSON.parse(stdout);
    assert.ok(isRecord(said), stdout);
    const { error: sentence, ...rest } = said;
    assert.deepEqual(rest, {
      schema: 'fairlead/error/v1',
      exitCode,
      ...(hint !== undefined && { hint }),
    });
    assert.match(String(sentence), error);
    assert.ok(stderr.includes(String(sentence)), stderr);
  }
});

const REFUSED: [name: string, args: string[], message: RegExp][] = [
  ['nothing at all', [], /Usage: fairlead/],
  ['an unknown verb', ['deplyo', 'shop/api', 'v2'], /unknown command 'deplyo'[^]*deploy/],
  ['an unknown flag', ['deploy', 'shop/api', 'v2', '--dryrun'], /--dryrun[^]*--dry-run/],
  ['an argument too many', ['stop', 'shop', 'api'], /too many arguments/],
  ['a missing argument', ['deploy', 'shop/api'], /missing required argument 'version'/],
  ['a system that cannot be', ['deploy', 'Shop/api', 'v2'], /SYSTEM is "Shop", allowed: .*lower/],
  ['a system without a service', ['deploy', 'shop', 'v2'], /for example shop\/api/],
  ['an operation as a system', ['stop', 'deploy'], /not that of an operation|name that is not/],
  ['a version with a space', ['deploy', 'shop/api', 'v 2'], /VERSION is "v 2", allowed/],
  ['a version for a shell', ['deploy', 'shop/api', '$(id)'], /VERSION is "\$\(id\)", allowed/],
  [
    'a strategy nobody knows',
    ['deploy', 'shop/api', 'v2', '--strategy', 'yolo'],
    /strategy is "yolo"/,
  ],
  ['a share over 100', ['admit', 'shop', '--percent', '101'], /--percent is 101, allowed/],
  ['half a replica', ['scale', 'shop/api', '1.5'], /REPLICAS is 1.5, allowed/],
  ['a time without a unit', ['deploy', 'shop/api', 'v2', '--timeout', '10'], /--timeout is "10"/],
  ['a name with a space', ['stop', 'shop', '--as', 'ana maria'], /--as is "ana maria"/],
  [
    'a digest that is none',
    ['approve', 'deploy/a/b/c', '--digest', 'x'],
    /--digest is "x", allowed/,
  ],
  ['an operation with quotes', ['status', 'x" OR ""="/'], /OPERATION is/],
  [
    'a format nobody knows',
    ['report', 'deploy/a/b/c', '--format', 'pdf'],
    /allowed: md, html or json/,
  ],
  ['a freeze of nothing', ['freeze', '--until', '2099-01-01T00:00Z'], /name one SYSTEM, or say/],
  ['a freeze of one and all', ['freeze', 'shop', '--all'], /name one SYSTEM, or say --all/],
  ['a freeze without an end', ['freeze', 'shop', '--reason', 'r'], /freeze needs --until/],
  ['a freeze without a reason', ['freeze', 'shop', '--until', '2099-01-01T00:00Z'], /--reason/],
  [
    'a freeze that is over',
    ['freeze', 'shop', '--reason', 'r', '--until', '2020-01-01T00:00:00Z'],
    /--until is "2020-01-01T00:00:00Z", allowed: .* yet to come/,
  ],
  [
    'a freeze until nobody knows when',
    ['freeze', 'shop', '--reason', 'r', '--until', 'tomorrow'],
    /--until is "tomorrow", allowed: a time with its zone/,
  ],
  ['a freeze of a service', ['freeze', 'shop/api', '--until', 'x'], /SYSTEM is "shop\/api"/],
  ['a thaw of nothing', ['thaw'], /name one SYSTEM, or say --all/],
  ['a page in Markdown', ['report', 'deploy/a/b/c', '--open', '--out', 'x.md'], /ends in .html/],
];

for (const [name, args, message] of REFUSED) {
  test(`${name} is refused before anything is sent: exit 2`, async () => {
    let said = '';
    const code = await runProgram(args, (text) => (said += text));
    assert.match(said, message);
    assert.equal(code, 2);
  });
}

const ASKING = [
  ['deploy', 'shop/api', 'v2', '--json'],
  ['approve', 'deploy/shop/api/v2'],
  ['list', '--json'],
];

for (const args of ASKING) {
  test(`${args.join(' ')} without Temporal is exit 5, and says where it looked`, async () => {
    const address = `127.0.0.1:${await freePort()}`;
    const { code, stdout, stderr } = await runCli(args, { TEMPORAL_ADDRESS: address });
    assert.equal(code, 5, stderr);
    if (args.includes('--json')) assert.match(stdout, /^\{"schema":"fairlead\/error\/v1",/);
    else assert.equal(stdout, '');
    assert.match(stderr, new RegExp(`connecting to Temporal at ${address} .*fairlead up`));
    assert.equal(stderr.trim().split('\n').length, 1);
  });
}

test('the address is that of the nearest up.json when the environment says nothing', async (t) => {
  const dir = await mkdtemp(join(tmpdir(), 'fairlead-address-'));
  t.after(() => rm(dir, { recursive: true, force: true }));
  await mkdir(join(dir, '.fairlead'));
  await mkdir(join(dir, 'deep', 'er'), { recursive: true });
  const up = { address: '127.0.0.1:4711', namespace: 'default', taskQueue: 'mine' };
  await writeFile(join(dir, '.fairlead', 'up.json'), JSON.stringify(up));
  const found = findAddress({}, join(dir, 'deep', 'er'));
  assert.equal(found.connection.address, '127.0.0.1:4711');
  assert.equal(found.taskQueue, 'mine');
  assert.equal(findAddress({ FAIRLEAD_TASK_QUEUE: 'other' }, dir).taskQueue, 'other');
  await writeFile(join(dir, '.fairlead', 'up.json'), '{"addr');
  assert.equal(findAddress({}, dir).connection.address, '127.0.0.1:7233');
  // Whose data folder is named is not taken elsewhere, to what may be another one's server.
  assert.throws(
    () => findAddress({ FAIRLEAD_DATA: dir }, dir),
    /no "fairlead up" runs on .* \(FAIRLEAD_DATA\); start it there, or name a server in TEMPORAL_ADDRESS/,
  );
});

test('a server that another user put in the place of one that was killed is asked nothing', async (t) => {
  if (process.getuid?.() !== 0 || process.platform !== 'linux') {
    t.skip('only root can listen as another user');
    return;
  }
  const dir = await mkdtemp(join(tmpdir(), 'fairlead-taken-'));
  t.after(() => rm(dir, { recursive: true, force: true }));
  const listen = `require('node:net').createServer().listen(+process.argv[1], process.argv[2], () => console.log('listens'))`;
  const listening = async (uid: number, port: number, host: string) => {
    const args = ['-e', listen, String(port), host];
    const child = spawn(process.execPath, args, {
      uid,
      cwd: '/',
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    t.after(() => child.kill());
    await once(child.stdout, 'data');
  };
  const port = await freePort();
  await mkdir(join(dir, '.fairlead'));
  const up = { address: `127.0.0.1:${port}`, uiUrl: 'http://127.0.0.1:1' };
  await writeFile(join(dir, '.fairlead', 'up.json'), JSON.stringify(up));
  await listening(65_534, port, '127.0.0.2');
  assert.equal(findAddress({}, dir).connection.address, up.address, 'nobody else hears it');
  await listening(65_534, port, '127.0.0.1');
  assert.throws(
    () => findAddress({}, dir),
    /up\.json says: .* is gone, and user 65534 listens there/,
  );
});

test('report verify tells unaltered evidence from altered', async (t) => {
  const dir = await mkdtemp(join(tmpdir(), 'fairlead-verify-'));
  t.after(() => rm(dir, { recursive: true, force: true }));
  const file = join(dir, 'run.jsonl');
  const lines = entriesOf(ROLLED_BACK).map((entry) => JSON.stringify(entry));
  await writeFile(file, `${lines.join('\n')}\n`);
  const good = await runCli(['report', 'verify', file]);
  assert.equal(good.code, 0, good.stderr);
  assert.match(good.stdout, /12 entries, none altered/);
  await writeFile(file, [...lines, '{"seq":99,"type":"closed"}', ''].join('\n'));
  const added = await runCli(['report', 'verify', file]);
  assert.equal(added.code, 3);
  assert.match(added.stderr, /line 13 was altered or put there/);
  await writeFile(file, `${lines.join('\n')}\n`);
  await writeFile(file, (await readFile(file, 'utf8')).replace('"actor":"ana"', '"actor":"eve"'));
  const bad = await runCli(['report', 'verify', file]);
  assert.equal(bad.code, 3);
  assert.match(bad.stderr, /entry 5 \(decision/);
});
