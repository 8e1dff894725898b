// The key that signs records: made once, kept by its owner, and what it signs is checked by anybody.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { keyFingerprint, signedText } from '../../src/domain/record/evidence-chain.ts';
import { createSigner, isSignedBy } from '../../src/integrations/signing.ts';

const HEAD = 'a'.repeat(64);
const OPENSSL = 'openssl';

async function folder(t: TestContext): Promise<string> {
  const dir = await mkdtemp(join(tmpdir(), 'fairlead-keys-'));
  t.after(() => rm(dir, { recursive: true, force: true }));
  return join(dir, 'keys');
}

test('twenty signers that come at once share one key, which only its owner can read', async (t) => {
  const keys = await folder(t);
  const all = await Promise.all(Array.from({ length: 20 }, () => createSigner(keys).sign(HEAD)));
  assert.equal(new Set(all.map(({ publicKey }) => publicKey)).size, 1);
  assert.equal(new Set(all.map(({ signature }) => signature)).size, 1);
  assert.deepEqual((await readdir(keys)).sort(), ['evidence.key', 'evidence.pub']);
  assert.equal((await stat(join(keys, 'evidence.key'))).mode & 0o777, 0o600);
  assert.equal(await readFile(join(keys, 'evidence.pub'), 'utf8'), all[0]?.publicKey);
});

test('a signature fits its head and its key, and nothing else', async (t) => {
  const mine = await createSigner(await folder(t)).sign(HEAD);
  const theirs = await createSigner(await folder(t)).sign(HEAD);
  assert.ok(isSignedBy(mine));
  assert.ok(!isSignedBy({ ...mine, head: 'b'.repeat(64) }));
  assert.ok(!isSignedBy({ ...mine, publicKey: theirs.publicKey }));
  assert.ok(!isSignedBy({ ...mine, signature: theirs.signature }));
  assert.ok(!isSignedBy({ ...mine, signature: '' }));
  assert.ok(!isSignedBy({ ...mine, publicKey: 'no key' }));
});

test('a key that cannot be read is said, and not replaced', async (t) => {
  const keys = await folder(t);
  await createSigner(keys).sign(HEAD);
  await writeFile(join(keys, 'evidence.key'), 'gone');
  const signer = createSigner(keys);
  assert.match((await signer.unable()) ?? '', /evidence\.key.*cannot be had.*Bring it back/);
  await assert.rejects(signer.sign(HEAD), /cannot be had/);
  assert.equal(await readFile(join(keys, 'evidence.key'), 'utf8'), 'gone');
});

test('a public key that is gone is written anew', async (t) => {
  const keys = await folder(t);
  const { publicKey } = await createSigner(keys).sign(HEAD);
  await rm(join(keys, 'evidence.pub'));
  assert.equal((await createSigner(keys).sign(HEAD)).publicKey, publicKey);
  assert.equal(await readFile(join(keys, 'evidence.pub'), 'utf8'), publicKey);
});

test('openssl says the same of fingerprint and signature', async (t) => {
  const keys = await folder(t);
  const signed = await createSigner(keys).sign(HEAD);
  const [message, signature] = [join(keys, 'message'), join(keys, 'signature')];
  await writeFile(message, signedText(HEAD));
  await writeFile(signature, Buffer.from(signed.signature, 'base64'));
  const pub = join(keys, 'evidence.pub');
  try {
    execFileSync(OPENSSL, ['version']);
  } catch {
    t.skip('there is no openssl here');
    return;
  }
  const flags = ['pkeyutl', '-verify', '-pubin', '-inkey', pub, '-rawin'];
  const said = execFileSync(OPENSSL, [...flags, '-in', message, '-sigfile', signature]);
  assert.match(said.toString(), /Signature Verified Successfully/);
  const der = execFileSync(OPENSSL, ['pkey', '-pubin', '-in', pub, '-outform', 'DER']);
  const digest = createHash('sha256').update(der).digest('hex');
  assert.equal(keyFingerprint(signed.publicKey), `sha256:${digest}`);
});
