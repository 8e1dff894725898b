// `fairlead key`: made once, readable by its owner only, and refused where others can read it.
import assert from 'node:assert/strict';
import { chmod, mkdtemp, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { PUBLIC_KEY } from '../../src/domain/text/names.ts';
import { isVoteSignedBy, makePersonalKey, personalKey } from '../../src/integrations/signing.ts';

let folder: string;
before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'fairlead-key-'));
});
after(() => rm(folder, { recursive: true }));

test('a key is made once, for its owner, and signs what its line verifies', async () => {
  const file = join(folder, 'own', 'key');
  await assert.rejects(personalKey(file), /there is no key in .*fairlead key new/);
  const { publicKey, sign } = await makePersonalKey(file);
  assert.match(publicKey, PUBLIC_KEY);
  assert.equal((await stat(file)).mode & 0o777, 0o600);
  assert.equal((await stat(join(folder, 'own'))).mode & 0o777, 0o700);
  assert.ok(isVoteSignedBy(publicKey, 'yes', sign('yes')));
  assert.equal(isVoteSignedBy(publicKey, 'no', sign('yes')), false);
  assert.equal(isVoteSignedBy(publicKey, 'yes', `${sign('yes')} `), false);
  await assert.rejects(makePersonalKey(file), /there is a key in .* already/);
  assert.equal((await personalKey(file)).publicKey, publicKey);
});

test('a key that others can read, or that is none, is refused', async () => {
  const file = join(folder, 'wide');
  await makePersonalKey(file);
  await chmod(file, 0o640);
  await assert.rejects(personalKey(file), /can be read by others \(mode 640\): chmod 600/);
  const none = join(folder, 'none');
  await writeFile(none, 'no key', { mode: 0o600 });
  await assert.rejects(personalKey(none), /holds no Ed25519 key/);
});
