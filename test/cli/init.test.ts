// `fairlead init`: what it guesses, what it writes, what it refuses, and how it asks.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, mkdtemp, readFile, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { guessedFrom } from '../../src/cli/init/guess.ts';
import { whatIsNext } from '../../src/cli/init/what-is-next.ts';
import { checkSystem, loadSystem, loadSystemRunbook, warningsOf } from '../../src/config/load.ts';
import { DATASTORES } from '../../src/config/kinds.ts';
import { entryArgs } from '../support/entry.ts';
import { runCli } from '../support/run-cli.ts';

async function folderWith(t: TestContext, files: Record<string, string>): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'fairlead-init-'));
  t.after(() => rm(folder, { recursive: true, force: true }));
  for (const [path, text] of Object.entries(files)) {
    await mkdir(dirname(join(folder, path)), { recursive: true });
    await writeFile(join(folder, path), text);
  }
  return folder;
}

const PYTHON = 'port = os.environ["PORT"]\nif self.path == "/healthz": pass\n';

test('guesses the program, its versions, its health path and whether it reads PORT', async (t) => {
  const cases: [Record<string, string>, Partial<Awaited<ReturnType<typeof guessedFrom>>>][] = [
    [
      { 'v1.py': PYTHON, 'v2.py': '', 'v10.py': '' },
      {
        command: ['python3', '{version}.py'],
        versions: ['v1', 'v2', 'v10'],
        health: '/healthz',
        readsPort: true,
      },
    ],
    [
      { '1.0/app.py': '', '1.1/app.py': '' },
      { command: ['python3', '{version}/app.py'], versions: ['1.0', '1.1'] },
    ],
    [
      { 'versions/v1.mjs': 'listen(8080)' },
      { command: ['node', 'versions/{version}.mjs'], health: '/', readsPort: false },
    ],
    [
      { 'releases/v1/package.json': '{"main": "lib/start.js"}' },
      { command: ['node', 'releases/{version}/lib/start.js'] },
    ],
    [
      { 'package.json': '{"scripts": {"start": "node server.mjs"}}', 'server.mjs': '' },
      { command: ['node', 'server.mjs'] },
    ],
    [{ 'package.json': '{ broken', 'main.py': '' }, { command: ['python3', 'main.py'] }],
    [{ 'README.md': '' }, { command: undefined }],
  ];
  for (const [files, expected] of cases) {
    const found = await guessedFrom(await folderWith(t, files), '');
    assert.deepEqual({ ...found, ...expected }, found, Object.keys(files).join());
  }
});

/** Where `check` has a doubt: what is to be asked beside the health path only its writer knows. */
const doubted = async (folder: string): Promise<string[]> => {
  const found = await warningsOf(join(folder, 'systems'), 'shop', process.env);
  return found.map(({ path }) => path);
};

test('writes a system file that passes check, of what lies in the folder, and asks nothing without a terminal', async (t) => {
  const folder = await folderWith(t, { 'v1.py': PYTHON, 'v2.py': PYTHON });
  const { code, stdout, stderr } = await runCli(['init', 'shop'], {}, folder);
  assert.equal(code, 0, stderr);
  assert.match(
    stdout,
    /npx fairlead deploy shop\/web v1\n[^]*npx fairlead deploy shop\/web v2\n +# in a third terminal[^\n]*\n +npx fairlead approve deploy\/shop\/web\/v2 --as ana\n/,
  );
  const { system } = await loadSystem(join(folder, 'systems'), 'shop');
  assert.deepEqual(system.services['web']?.command, ['python3', '../../{version}.py']);
  assert.equal(system.services['web'].health.path, '/healthz');
  assert.deepEqual(await doubted(folder), ['services.web.checks.smoke']);
  const text = await readFile(join(folder, 'systems', 'shop', 'system.yaml'), 'utf8');
  const [, schema = ''] = /^# yaml-language-server: \$schema=(\S+)\n/.exec(text) ?? [];
  const written = await readFile(join(folder, 'systems', 'shop', schema), 'utf8');
  assert.match(written, /"title": "A system of Fairlead/);
});

test('takes every answer as a flag, backs up a folder of data, and gives each system a port of its own', async (t) => {
  const folder = await folderWith(t, {
    'systems/one/v1.mjs': '',
    'systems/two/data/orders.csv': '',
    'systems/two/run.sh': '',
  });
  assert.equal((await runCli(['init', 'one', '--yes'], {}, folder)).code, 0);
  const flags = [
    '--service',
    'api',
    '--command',
    'sh run.sh {version}',
    '--health',
    '/up?full=1',
    '--replicas',
    '1',
    '--no-approval',
  ];
  const { code, stdout, stderr } = await runCli(['init', 'two', ...flags, '--json'], {}, folder);
  assert.equal(code, 0, stderr);
  assert.match(stdout, /"port":8001,"warnings":\[/);
  const { warnings } = JSON.parse(stdout) as { warnings: string[] };
  assert.deepEqual(
    warnings.map((line) => / (\S+): only (?:the )?health path/.exec(line)?.[1]),
    ['services.api.checks.smoke', 'drill.golden'],
  );
  const { system } = await loadSystem(join(folder, 'systems'), 'two');
  assert.deepEqual(system.services['api']?.command, ['sh', 'run.sh', '{version}']);
  assert.equal(system.services['api'].health.path, '/up?full=1');
  assert.equal(system.datastores?.['data']?.kind, 'files');
  assert.equal(system.drill?.golden[0]?.service, 'api');
  const text = await readFile(join(folder, 'systems', 'two', 'system.yaml'), 'utf8');
  assert.doesNotMatch(text, /minimumSamples:/);
  for (const above of ['smoke', 'golden']) {
    assert.match(text, new RegExp(`# [^\n]*contains: rope }\n +${above}:\n`));
  }
  assert.deepEqual(system.approvals, {});
});

test('writes an example where there is no program', async (t) => {
  const folder = await folderWith(t, {});
  const { stdout } = await runCli(['init', 'shop', '--yes'], {}, folder);
  assert.match(stdout, /v1 and v2 are an example/);
  const files = await readdir(join(folder, 'systems', 'shop'));
  assert.deepEqual(files.sort(), ['runbooks', 'system.yaml', 'v1.mjs', 'v2.mjs']);
  assert.deepEqual(await doubted(folder), ['services.web.checks.smoke']);
});

test('overwrites nothing, and takes no name, port, path or folder that cannot be', async (t) => {
  const folder = await folderWith(t, { 'systems/shop/system.yaml': 'mine' });
  for (const [args, said] of [
    [['shop'], /system\.yaml is there already, and nothing was written/],
    [['Shop'], /write a name of 1 to 63 lower-case letters/],
    [['deploy'], /is the name of an operation/],
    [['new', '--port', '70000'], /between 1 and 65535/],
    [['new', '--health', 'health'], /write a path such as \/health/],
    [['new', '--data', '../other'], /inside that of the system/],
    [['new', '--datastore', 'files', '--data', 'none'], /--datastore files: it needs a folder/],
    [['new', '--service', 'A'], /write a name of/],
    [['new', '--command', ' '], /write the program and its arguments/],
  ] as const) {
    const { code, stderr, stdout } = await runCli(['init', ...args], {}, folder);
    assert.deepEqual({ code, stdout }, { code: 2, stdout: '' });
    assert.match(stderr, said);
  }
  assert.equal(await readFile(join(folder, 'systems', 'shop', 'system.yaml'), 'utf8'), 'mine');
  assert.deepEqual(await readdir(join(folder, 'systems')), ['shop']);
});

/** At the end of what is typed: nothing more comes. */
const END = '<end>';

/** The command line at a terminal of its own, with what is typed there; `script` is in util-linux. */
async function atTerminal(
  folder: string,
  args: string[],
  typed: string,
): Promise<{ code: number | null; output: string }> {
  const command = [process.execPath, ...entryArgs('client'), ...args]
    .map((one) => `'${one}'`)
    .join(' ');
  const child = spawn('script', ['-qec', command, '/dev/null'], {
    cwd: folder,
    env: { PATH: process.env['PATH'], HOME: folder, TERM: 'dumb' },
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  let output = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    output += text;
    if (output.includes('Next:')) child.stdin.end();
  });
  if (typed.endsWith(END)) child.stdin.end(typed.slice(0, -END.length));
  else child.stdin.write(typed);
  await once(child, 'close');
  return { code: child.exitCode, output };
}

test('asks at a terminal, one question after the other, and again after an answer that cannot be', async (t) => {
  const folder = await folderWith(t, { 'v1.py': PYTHON });
  const typed = 'shop\napi\n\n99999\n9000\n\n\nno\n';
  const { code, output } = await atTerminal(folder, ['init'], typed);
  assert.equal(code, 0, output);
  assert.match(output, /Which port do users come to\?[^]*write a number between 1 and 65535/);
  const { system } = await loadSystem(join(folder, 'systems'), 'shop');
  assert.equal(system.services['api']?.port, 9000);
  assert.deepEqual(system.approvals, {});
});

test('the end of the input calls it off: exit 130, and nothing is written', async (t) => {
  const folder = await folderWith(t, { 'v1.py': PYTHON });
  const { code, output } = await atTerminal(folder, ['init'], `shop\n${END}`);
  assert.equal(code, 130, output);
  assert.match(output, /nothing was written/);
  assert.deepEqual(await readdir(folder), ['v1.py']);
});

test('writes an example of a runbook of steps that passes check, and its schema', async (t) => {
  const folder = await folderWith(t, { 'v1.py': PYTHON });
  const { code, stdout, stderr } = await runCli(['init', 'shop'], {}, folder);
  assert.equal(code, 0, stderr);
  assert.match(stdout, /npx fairlead run shop\/first-look/);
  const systems = join(folder, 'systems');
  assert.deepEqual(await checkSystem(systems, 'shop'), []);
  const loaded = await loadSystem(systems, 'shop');
  const { runbook } = await loadSystemRunbook(systems, loaded, 'first-look');
  assert.deepEqual(
    runbook.steps.map(({ id }) => id),
    ['look', 'logs', 'way', 'back', 'told'],
  );
  const schema: unknown = JSON.parse(await readFile(join(systems, 'runbook.schema.json'), 'utf8'));
  assert.deepEqual((schema as { required: string[] }).required, ['title', 'steps']);
});

test('writes a datastore of each kind that passes check, and names the kinds that there are', async (t) => {
  for (const kind of Object.keys(DATASTORES)) {
    const folder = await folderWith(t, { 'v1.py': PYTHON, 'systems/shop/data/a.csv': 'a' });
    const { code, stderr } = await runCli(['init', 'shop', '--datastore', kind], {}, folder);
    assert.equal(code, 0, stderr);
    const checked = await checkSystem(join(folder, 'systems'), 'shop');
    assert.deepEqual(checked, [], kind);
    const { system } = await loadSystem(join(folder, 'systems'), 'shop');
    assert.equal(system.datastores?.['data']?.kind, kind);
    assert.deepEqual(system.services['web']?.datastores, ['data']);
    assert.equal(system.drill?.golden.length, 1);
    const doubts = await doubted(folder);
    assert.deepEqual(
      doubts.filter((path) => path.startsWith('datastores')),
      [],
      kind,
    );
  }
  const folder = await folderWith(t, {});
  const wrong = await runCli(['init', 'shop', '--datastore', 'mongo'], {}, folder);
  assert.equal(wrong.code, 2);
  assert.match(wrong.stderr, /none of the kinds files, .*did you mean mongodb/);
  const both = ['init', 'shop', '--datastore', 'redis', '--data', 'data'];
  assert.equal((await runCli(both, {}, folder)).code, 2);
  assert.deepEqual(await readdir(folder), []);
});

test('`up` says the first deploy where nothing was ever done, and how it is afterwards', async (t) => {
  const folder = await folderWith(t, { 'systems/shop/v1.py': PYTHON });
  const systems = join(folder, 'systems');
  const data = join(folder, 'data');
  const env = { FAIRLEAD_SYSTEMS: systems };
  assert.equal((await runCli(['init', 'shop', '--yes'], env)).code, 0);
  const next = async () => (await whatIsNext(systems, data)).join('\n');
  assert.match(await next(), /fairlead deploy shop\/web v1$/);
  await mkdir(join(data, 'objects', '_evidence'), { recursive: true });
  assert.match(await next(), /fairlead status shop$/);
  await rm(join(systems, 'shop'), { recursive: true });
  assert.match(await next(), /There is no system in .*: put SYSTEM\/system.yaml there/);
});
