// Whoever can write to the object store can write a manifest: what the system file asks for is not theirs to take away.
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { generateX25519Identity, identityToRecipient } from 'age-encryption';
import { createBackups } from '../../src/datastores/backups.ts';
import { createStores } from '../../src/datastores/registry.ts';
import { backupId } from '../../src/domain/backup/backup-id.ts';
import { keyOf, streamedManifest } from '../support/datastores/copies.ts';
import { rewriteManifest } from '../support/datastores/backup-damage.ts';
import { datastoreRef } from '../support/datastores/datastores.ts';
import { fails } from '../support/fails.ts';
import { waiting } from '../support/local-daemon.ts';
import { createMemoryObjects } from '../support/memory/memory-objects.ts';

async function encryptedBackup(t: TestContext) {
  const root = await mkdtemp(join(tmpdir(), 'fairlead-asked-'));
  t.after(() => rm(root, { recursive: true, force: true }));
  await writeFile(join(root, 'loans.csv'), 'id\n1\n2\n');
  const identities = [await generateX25519Identity(), await generateX25519Identity()];
  const recipients = await Promise.all(identities.map((one) => identityToRecipient(one)));
  const store = datastoreRef('portfolio', root, { kind: 'files', directory: '.' });
  const asked = { recipients, identity: { env: 'KEY' } };
  const { backup } = store.settings;
  const settings = { ...store.settings, backup: { ...backup, encryption: asked } };
  const encrypting = { ...store, settings };
  const clock = { now: () => Date.now(), sleep: () => Promise.resolve() };
  const readFile = () => Promise.reject(new Error('none'));
  const secrets = { env: { KEY: identities[0] }, readFile, reader: 'the test' };
  const objects = createMemoryObjects();
  const stores = createStores({ clock, secrets });
  const backups = createBackups({ objects, stores, copies: join(root, 'copies'), secrets, clock });
  const id = backupId('shop', 'portfolio', 1_700_000_000_000);
  const input = { store: encrypting, id, systemDigest: 'd'.repeat(64) };
  const manifest = streamedManifest(await backups.backup(input, waiting()));
  const target = { copy: 'copy', store: encrypting };
  const examine = () => backups.examine({ store: encrypting, id }, waiting());
  const restore = () => backups.restore({ id, target, into: 'scratch' }, waiting());
  return { objects, backups, id, manifest, store: encrypting, examine, restore };
}

test('a manifest that says that nothing is encrypted is refused where the system file asks for encryption', async (t) => {
  const { objects, manifest, examine, restore } = await encryptedBackup(t);
  assert.equal((await examine()).verdict, 'pass');
  for (const [encryption, said] of [
    [null, /is not encrypted, and datastores\.portfolio\.backup\.encryption asks for it/],
    [{ scheme: 'age', recipients: ['age1other'] }, /for none of the recipients that it names/],
  ] as const) {
    rewriteManifest(objects, { ...manifest, encryption });
    assert.match((await fails('Refused', examine())).message, said);
    await fails('Refused', restore());
  }
});

test('a manifest that does not say whether it is encrypted is no manifest', async (t) => {
  const { objects, manifest, examine } = await encryptedBackup(t);
  const { encryption: _, ...silent } = manifest;
  rewriteManifest(objects, silent);
  await fails('Refused', examine());
});

test('plain objects under a manifest that says that they are encrypted fail', async (t) => {
  const { objects, manifest, examine, restore } = await encryptedBackup(t);
  const bytes = Buffer.from('id\n1\n');
  const key = keyOf(manifest);
  const stored = objects.stored.get(key) ?? assert.fail();
  objects.stored.set(key, { ...stored, bytes });
  const sum = { size: bytes.length, sha256: createHash('sha256').update(bytes).digest('hex') };
  const plain = manifest.objects.map((object) => ({ ...object, ...sum, plain: sum }));
  rewriteManifest(objects, { ...manifest, objects: plain });
  assert.equal((await examine()).verdict, 'fail');
  await fails('CheckFailed', restore());
});

test('a manifest of another datastore or system is unreadable under this name, whatever id it claims', async (t) => {
  const { objects, backups, manifest, id, store } = await encryptedBackup(t);
  for (const other of [
    { system: 'bank' },
    { datastore: 'orders' },
    { id: id.replace('shop', 'bank') },
  ]) {
    rewriteManifest(objects, { ...manifest, ...other });
    const [entry] = await backups.list(store, waiting());
    assert.equal(
      entry?.state === 'unreadable' && /is that of .*(bank|orders)/.test(entry.problem),
      true,
    );
  }
});
