// `fairlead report verify FILE`, offline: what it says of a report, with which exit code, and of whose key.
import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { buildReport } from '../../src/domain/record/build-report.ts';
import { keyFingerprint } from '../../src/domain/record/evidence-chain.ts';
import { entriesOf, ROLLED_BACK } from '../support/record/evidence.ts';
import { runCli } from '../support/run-cli.ts';
import { newSigner, signedReport } from '../support/record/signed-report.ts';

const ENTRIES = entriesOf(ROLLED_BACK);
const [MINE, THEIRS] = [newSigner(), newSigner()];
const REPORT = signedReport(ENTRIES, MINE);
const text = (report: unknown) => `${JSON.stringify(report, null, 2)}\n`;

async function files(t: TestContext, contents: Record<string, string>) {
  const dir = await mkdtemp(join(tmpdir(), 'fairlead-verify-'));
  t.after(() => rm(dir, { recursive: true, force: true }));
  for (const [name, content] of Object.entries(contents)) await writeFile(join(dir, name), content);
  return {
    at: (name: string) => join(dir, name),
    verify: (name: string, ...more: string[]) =>
      runCli(['report', 'verify', join(dir, name), ...more]),
  };
}

test('a signed report is whole; without a key it says that nobody vouched for the one it names', async (t) => {
  const it = await files(t, { 'report.json': text(REPORT) });
  const { code, stdout, stderr } = await it.verify('report.json');
  assert.equal(code, 0, stderr);
  assert.match(stdout, /deploy\/shop\/api\/v2 \(run run-1\), 12 entries, none altered/);
  assert.ok(stdout.includes(keyFingerprint(MINE.publicKey) ?? 'none'), stdout);
  assert.match(stdout, /nobody vouched for that key/);
});

test('--key takes the file of the key or its fingerprint, and refuses another key with 3', async (t) => {
  const keys = { 'mine.pub': MINE.publicKey, 'theirs.pub': THEIRS.publicKey };
  const it = await files(t, { 'report.json': text(REPORT), ...keys });
  const mine = await it.verify('report.json', '--key', it.at('mine.pub'));
  assert.equal(mine.code, 0, mine.stderr);
  assert.match(mine.stdout, /the one you named/);
  const fingerprint = keyFingerprint(MINE.publicKey) ?? '';
  assert.equal((await it.verify('report.json', '--key', fingerprint)).code, 0);
  const theirs = await it.verify('report.json', '--key', it.at('theirs.pub'), '--json');
  assert.equal(theirs.code, 3);
  assert.match(theirs.stderr, /signed by the key sha256:\w+, not by sha256:\w+, the one you named/);
  const said = JSON.parse(theirs.stdout) as Record<string, unknown>;
  assert.deepEqual([said['valid'], said['key']], [false, { fingerprint, trusted: false }]);
});

test('a field that was changed is named, exit 3; a key that stands twice too', async (t) => {
  const forged = { ...REPORT, outcome: 'succeeded' };
  const doubled = text(REPORT).replace('"outcome"', '"outcome": "succeeded",\n  "outcome"');
  const it = await files(t, { 'forged.json': text(forged), 'doubled.json': doubled });
  const changed = await it.verify('forged.json');
  assert.equal(changed.code, 3);
  assert.match(changed.stderr, /outcome says "succeeded"; the entries come to "rolledBack"/);
  const twice = await it.verify('doubled.json');
  assert.equal(twice.code, 3);
  assert.match(twice.stderr, /"outcome" stands twice/);
});

test('what is not signed, or has a field that nobody knows here, is inconclusive: 7', async (t) => {
  const it = await files(t, {
    'unsigned.json': text(buildReport(ENTRIES)),
    'running.json': text(buildReport(ENTRIES.slice(0, 4))),
    'later.json': text({ ...REPORT, weather: 'fine' }),
    'earlier.json': text({ ...REPORT, evidence: { entries: 12, head: 'a' } }),
  });
  const said: Record<string, RegExp> = {
    'unsigned.json': /not signed, and could be made up as a whole: it was never signed/,
    'running.json': /not signed.*the operation still ran/,
    'later.json': /does not know weather: verify it with the one that made it/,
    'earlier.json': /of an earlier release, which has no entries/,
  };
  for (const [name, sentence] of Object.entries(said)) {
    const { code, stderr } = await it.verify(name);
    assert.equal(code, 7, `${name}: ${stderr}`);
    assert.match(stderr, sentence);
  }
});

test('a report that is nested deeper than any is altered, and no bug', async (t) => {
  const deep = `${'['.repeat(20_000)}${']'.repeat(20_000)}`;
  const it = await files(t, { 'deep.json': text(REPORT).replace('{', `{"z":${deep},`) });
  const { code, stderr } = await it.verify('deep.json');
  assert.ok([3, 7].includes(code ?? 1), stderr);
  const nested = JSON.stringify(REPORT).replace('"entries":[{', `"entries":[{"z":${deep},`);
  const other = await files(t, { 'deep.json': nested });
  const { code: altered, stderr: said } = await other.verify('deep.json');
  assert.equal(altered, 3, said);
});

test('what is no report gets a sentence and 2', async (t) => {
  const whole = text(REPORT);
  const it = await files(t, {
    'cut.json': whole.slice(0, -200),
    'cut-compact.json': JSON.stringify(REPORT).slice(0, 900),
    'page.html': '<!doctype html>\n\n<p>a page</p>\n',
    'status.json': text({ schema: 'fairlead/status/v1', operation: 'x' }),
    'list.json': '[1, 2]',
    'later.json': text({ ...REPORT, schema: 'fairlead/report/v2' }),
    'secret.pem': '-----BEGIN PRIVATE KEY-----\nMA==\n-----END PRIVATE KEY-----\n',
    'report.json': whole,
  });
  for (const name of ['cut.json', 'cut-compact.json', 'page.html', 'status.json', 'list.json']) {
    const { code, stderr } = await it.verify(name);
    assert.equal(code, 2, `${name}: ${stderr}`);
    assert.match(stderr, /neither a report|was cut/);
  }
  assert.match((await it.verify('later.json')).stderr, /made by a later version/);
  const secret = await it.verify('report.json', '--key', it.at('secret.pem'));
  assert.equal(secret.code, 2);
  assert.match(secret.stderr, /is a private key/);
  const nonsense = await it.verify('report.json', '--key', 'sha256:12');
  assert.equal(nonsense.code, 2);
  assert.equal((await runCli(['report', 'deploy/shop/api/v2', '--key', 'x'])).code, 2);
});

test('an evidence file is checked with the signature beside it', async (t) => {
  const lines = ENTRIES.map((entry) => `${JSON.stringify(entry)}\n`).join('');
  const { head, signature, publicKey } = REPORT.evidence;
  const beside = (more: object) =>
    text({ schema: 'fairlead/signature/v1', head, signature, publicKey, ...more });
  const it = await files(t, {
    'good.jsonl': lines,
    'good.sig.json': beside({}),
    'bad.jsonl': lines,
    'bad.sig.json': beside({ publicKey: THEIRS.publicKey }),
    'bare.jsonl': lines,
    'mine.pub': MINE.publicKey,
  });
  const good = await it.verify('good.jsonl', '--key', it.at('mine.pub'));
  assert.equal(good.code, 0, good.stderr);
  assert.match(good.stdout, /the one you named/);
  const bad = await it.verify('bad.jsonl');
  assert.equal(bad.code, 3);
  assert.match(bad.stderr, /fits neither its entries nor its key/);
  const bare = await it.verify('bare.jsonl');
  assert.equal(bare.code, 0, bare.stderr);
  assert.match(bare.stdout, /not signed: whoever can write the file can make it up/);
  assert.equal((await it.verify('bare.jsonl', '--key', it.at('mine.pub'))).code, 7);
});
