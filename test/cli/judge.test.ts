import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { entryArgs } from '../support/entry.ts';
import { field } from '../support/up/whole-up.ts';
import { runCli } from '../support/run-cli.ts';

const rising = (from: number, count = 30): number[] =>
  Array.from({ length: count }, (_, index) => from + index / 10);
const GOOD = { experiment: rising(10), control: rising(10.05) };
const HIGH = { experiment: rising(20), control: rising(10) };
const NULLS = Array.from({ length: 25 }, () => null);
const EMPTY = { experiment: [null], control: rising(10) };

async function file(t: TestContext, text: string): Promise<string> {
  const dir = await mkdtemp(join(tmpdir(), 'fairlead-judge-'));
  t.after(() => rm(dir, { recursive: true, force: true }));
  const path = join(dir, 'samples.json');
  await writeFile(path, text);
  return path;
}

const ENDS: [name: string, input: object, code: number, verdict: string][] = [
  ['a pass', GOOD, 0, 'pass'],
  ['a fail', HIGH, 3, 'fail'],
  ['no data', EMPTY, 7, 'inconclusive'],
  [
    'nothing but zeros in the place of null',
    { experiment: NULLS, control: NULLS, nanStrategy: 'replace', critical: true },
    7,
    'inconclusive',
  ],
  ['a group that passes', { groups: { a: { metrics: [GOOD] } } }, 0, 'pass'],
  ['a group that fails', { groups: { a: { metrics: [HIGH] } } }, 3, 'fail'],
  [
    'a marginal group',
    { groups: { a: { weight: 80, metrics: [GOOD] }, b: { metrics: [HIGH] } } },
    7,
    'inconclusive',
  ],
];
for (const [name, input, code, verdict] of ENDS) {
  test(`${name} is ${verdict}, exit ${code}, and nothing else is said`, async (t) => {
    const found = await runCli(['judge', await file(t, JSON.stringify(input))]);
    assert.equal(found.code, code, found.stderr);
    assert.ok(found.stdout.startsWith(`${verdict}\n`) || found.stdout.startsWith(`${verdict}  `));
    assert.equal(found.stderr, '');
  });
}

test('--json has the class, the numbers and the verdict of a metric', async (t) => {
  const { code, stdout } = await runCli(['judge', await file(t, JSON.stringify(HIGH)), '--json']);
  assert.equal(code, 3);
  const found = JSON.parse(stdout) as Record<string, unknown>;
  assert.deepEqual(Object.keys(found), [
    'schema',
    'class',
    'critical',
    'reason',
    'interval',
    'estimate',
    'effect',
    'verdict',
    'samples',
    'measured',
  ]);
  assert.equal(found['class'], 'High');
  assert.equal((found['interval'] as number[]).length, 2);
});

test('--json has score, verdict and metrics of groups; people get a line for each', async (t) => {
  const groups = {
    errors: { weight: 60, metrics: [GOOD] },
    latency: { metrics: [{ ...HIGH, name: 'p95' }] },
  };
  const path = await file(t, JSON.stringify({ groups, pass: 90, marginal: 70 }));
  const json = JSON.parse((await runCli(['judge', path, '--json'])).stdout) as Record<
    string,
    unknown
  >;
  assert.deepEqual([json['score'], json['class'], json['verdict']], [60, 'Fail', 'fail']);
  assert.equal((json['metrics'] as object[]).length, 2);
  const { stdout } = await runCli(['judge', path]);
  assert.match(stdout, /^fail {2}Fail, score 60 \(pass from 90, marginal from 70\)/);
  assert.match(stdout, /^latency: score 0, weight 40\n {2}fail {2}p95 {2}High: /m);
});

test('bad input is exit 2, named on stderr, and with --json on stdout', async (t) => {
  const table: [text: string, message: RegExp][] = [
    ['{"experiment": [1],\n"control": [1,]}', /samples\.json:2: not valid JSON: /],
    ['{"experiment": [1], "control": "x"}', /samples\.json: control: "x" is not allowed/],
    ['\ufffe', /reading|not valid JSON/],
  ];
  for (const [text, message] of table) {
    const { code, stdout, stderr } = await runCli(['judge', await file(t, text), '--json']);
    assert.equal(code, 2);
    assert.equal(field(stdout, 'schema'), 'fairlead/error/v1');
    assert.match(String(field(stdout, 'error')), message);
    assert.match(stderr, message);
  }
  const missing = await runCli(['judge', join(tmpdir(), 'fairlead-no-such-file.json')]);
  assert.equal(missing.code, 2);
  assert.match(missing.stderr, /reading .*no-such-file\.json: ENOENT.*- for the standard input/);
});

test('- reads the standard input, a byte order mark and all', async () => {
  const child = spawn(process.execPath, [...entryArgs('client'), 'judge', '-', '--json'], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  child.stdin.end(`\ufeff${JSON.stringify(GOOD)}`);
  let stdout = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => (stdout += text));
  await once(child, 'close');
  assert.equal(child.exitCode, 0);
  assert.match(stdout, /"class":"Pass"/);
});
