import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { createHash } from 'node:crypto';
import { BSON } from 'mongodb';
import { createBackups } from '../../src/datastores/backups.ts';
import { createStores } from '../../src/datastores/registry.ts';
import { archiveOf, type Dumped } from '../support/datastores/mongodb-archive.ts';
import { passableFolder } from '../support/datastores/datastores.ts';
import { fill } from '../support/datastores/mongodb.ts';
import { clock, mongoWorld } from '../support/datastores/mongodb-world.ts';
import { keyOf, streamedManifest } from '../support/datastores/copies.ts';
import { fails } from '../support/fails.ts';
import { eventually, waiting } from '../support/local-daemon.ts';

/** An archive on the disk, as somebody names it. */
async function fileOf(root: string, collections: readonly Dumped[]): Promise<string> {
  const file = join(root, 'named.archive');
  await writeFile(file, archiveOf('orders', collections));
  return file;
}

const raw = (document: object): Buffer => Buffer.from(BSON.serialize(document));

test('a database that is not there is no backup, whatever mongodump says of it', async (t) => {
  const it = await mongoWorld(t);
  if (it === undefined) return;
  const { message } = await fails('NotFound', it.backups.backup(it.input, waiting()));
  assert.match(message, /no collection in mongodb:.*name the right database/);
  assert.deepEqual([...it.objects.stored.keys()], []);
  assert.deepEqual(await it.backups.copies(), []);
});

test('a server that is not there, and a wrong password, are said before a tool is started', async (t) => {
  const it = await mongoWorld(t);
  if (it === undefined) return;
  const { backups, input, store, objects, stores, root } = it;
  const away = { ...store, settings: { ...store.settings, port: 1 } };
  const gone = await fails('Unavailable', backups.backup({ ...input, store: away }, waiting()));
  assert.match(gone.message, /Is the server up/);
  const env = { MONGO: 'not-the-password' };
  const secrets = { env, readFile: () => Promise.reject(new Error('none')), reader: 'the test' };
  const wrong = createStores({ clock, secrets, programs: it.server.programs });
  const other = createBackups({ objects, stores: wrong, copies: join(root, 'o'), secrets, clock });
  const refused = await fails('Refused', other.backup(input, waiting()));
  assert.ok(!refused.message.includes('not-the-password'), refused.message);
  assert.ok('mongodb' in stores);
});

test('a collection that is dropped and one that is renamed while they are dumped end the dump', async (t) => {
  const folder = await passableFolder('fairlead-mongodb-wrapped-');
  t.after(() => rm(folder, { recursive: true, force: true }));
  const it = await mongoWorld(t, [folder]);
  if (it === undefined) return;
  const { db, backups, input, objects, server } = it;
  // A mongodump that waits at its end until somebody has done something.
  const script = `#!/bin/sh\n'${server.programs[0] ?? ''}/mongodump' "$@" || exit $?\n[ "$1" = --version ] && exit\ntouch '${folder}/dumped'\nwhile [ -e '${folder}/wait' ]; do sleep 0.05; done\n`;
  await writeFile(join(folder, 'mongodump'), script, { mode: 0o755 });
  const changes: [string, () => Promise<unknown>, RegExp][] = [
    ['drop', () => db.dropCollection('customers'), /the collection customers was removed/],
    [
      'rename',
      () => db.renameCollection('customers', 'people'),
      /the collection customers was rem/,
    ],
    [
      'made anew',
      async () => {
        await db.dropCollection('customers');
        await db.createCollection('customers');
      },
      /the collection customers was removed/,
    ],
    ['new', () => db.createCollection('more'), /the collection more was made/],
    [
      'index',
      () => db.collection('orders').createIndex({ total: 1 }),
      /the index orders total_1 was/,
    ],
  ];
  for (const [title, change, said] of changes) {
    await db.dropDatabase();
    await fill(db);
    await writeFile(join(folder, 'wait'), '');
    const taken = fails('Unavailable', backups.backup(input, waiting()));
    await eventually('the dump to be there', () => existsSync(join(folder, 'dumped')));
    await rm(join(folder, 'dumped'));
    await change();
    await rm(join(folder, 'wait'));
    const failure = await taken.catch((error: unknown) =>
      assert.fail(`${title}: ${String(error)}`),
    );
    assert.match(failure.message, said, title);
    assert.deepEqual(failure.details, { begun: true });
    assert.deepEqual([...objects.stored.keys()], [], title);
  }
  await backups.backup(input, waiting());
});

test('a unique key that moved while it was dumped is told, and no copy is made of half of it', async (t) => {
  const it = await mongoWorld(t);
  if (it === undefined) return;
  const { named, root, store, target, backups } = it;
  const metadata = JSON.stringify({
    indexes: [
      { v: 2, key: { _id: 1 }, name: '_id_' },
      { v: 2, key: { email: 1 }, name: 'email_1', unique: true },
    ],
    collectionName: 'customers',
    type: 'collection',
    options: {},
  });
  const documents = [
    raw({ _id: 1, email: 'a@example.org' }),
    raw({ _id: 2, email: 'a@example.org' }),
  ];
  const file = await fileOf(root, [{ collection: 'customers', metadata, documents }]);
  const failure = await fails('CheckFailed', named.restore({ file, target }, waiting()));
  assert.match(failure.message, /two documents of the dump have one unique key/);
  await fails('NotReady', backups.fingerprint(target, waiting()));
  assert.equal((await named.examine({ store, file }, waiting())).verdict, 'pass');
});

test('the same _id twice in a dump is told by the count', async (t) => {
  const it = await mongoWorld(t);
  if (it === undefined) return;
  const { named, root, target } = it;
  const documents = [raw({ _id: 1, a: 1 }), raw({ _id: 1, a: 2 }), raw({ _id: 2 })];
  const file = await fileOf(root, [{ collection: 'customers', documents }]);
  const { message } = await fails('CheckFailed', named.restore({ file, target }, waiting()));
  assert.match(message, /one unique key|has 2 documents of the 3 in the dump/);
});

test('an archive that is cut, of another database or of none, is found before it is loaded', async (t) => {
  const it = await mongoWorld(t);
  if (it === undefined) return;
  const { db, backups, input, id, store, objects, target, named, root } = it;
  await fill(db);
  const manifest = streamedManifest(await backups.backup(input, waiting()));
  const stored = objects.stored.get(keyOf(manifest)) ?? assert.fail();
  const file = join(root, 'cut.archive');
  await writeFile(file, stored.bytes.subarray(0, stored.bytes.length - 300));
  const cut = await named.examine({ store, file }, waiting());
  assert.equal(cut.verdict, 'fail');
  assert.match(cut.reason, /it is cut/);
  await fails('CheckFailed', named.restore({ file, target }, waiting()));
  await backups.discard('copy', waiting());
  await writeFile(file, archiveOf('orders', []));
  const none = await fails('CheckFailed', named.examine({ store, file }, waiting()));
  assert.match(none.message, /of a database that was not there/);
  // Another database's dump, with a manifest that fits its bytes.
  const bytes = archiveOf('other', [{ collection: 'orders', documents: [raw({ _id: 1 })] }]);
  const plain = { size: bytes.length, sha256: createHash('sha256').update(bytes).digest('hex') };
  objects.stored.set(keyOf(manifest), { ...stored, bytes, ...plain });
  const place = [...objects.stored.keys()].find((key) => key.endsWith('manifest.json')) ?? '';
  const written = objects.stored.get(place) ?? assert.fail();
  const changed = {
    ...manifest,
    objects: manifest.objects.map((one) => ({ ...one, ...plain, plain })),
  };
  objects.stored.set(place, { ...written, bytes: Buffer.from(JSON.stringify(changed)) });
  const other = await backups.examine({ store, id }, waiting());
  assert.equal(other.verdict, 'fail');
  assert.match(other.reason, /of the database other, and the manifest says orders/);
});

test('what FerretDB cannot hold is refused before anything is loaded', async (t) => {
  const it = await mongoWorld(t);
  if (it === undefined) return;
  if (it.server.isReal) {
    t.skip('the server here can hold it');
    return;
  }
  const { db, backups, input, id, objects, target } = it;
  await fill(db);
  const manifest = await backups.backup(input, waiting());
  const text = JSON.stringify({ key: { _id: 'hashed' } });
  const definitions = [{ kind: 'index', of: 'orders', name: '_id_hashed', text }];
  const place = [...objects.stored.keys()].find((key) => key.endsWith('manifest.json')) ?? '';
  const written = objects.stored.get(place) ?? assert.fail();
  const changed = { ...manifest, contents: { ...manifest.contents, definitions } };
  objects.stored.set(place, { ...written, bytes: Buffer.from(JSON.stringify(changed)) });
  const restored = backups.restore({ id, target, into: 'scratch' }, waiting());
  assert.match(
    (await fails('Unsupported', restored)).message,
    /_id_hashed of orders is "hashed"; install mongod/,
  );
});

test('no password is in the arguments of a tool, and no file with one is left', async (t) => {
  const folder = await passableFolder('fairlead-mongodb-wrapped-');
  t.after(() => rm(folder, { recursive: true, force: true }));
  const it = await mongoWorld(t, [folder]);
  if (it === undefined) return;
  const { db, backups, input, root, server, id, target } = it;
  for (const name of ['mongodump', 'mongorestore']) {
    const script = `#!/bin/sh\nls -l "$2" >> '${folder}/said' 2>/dev/null\necho "$@" >> '${folder}/said'\nexec '${server.programs[0] ?? ''}/${name}' "$@"\n`;
    await writeFile(join(folder, name), script, { mode: 0o755 });
  }
  await fill(db);
  await backups.backup(input, waiting());
  await backups.restore({ id, target, into: 'scratch' }, waiting());
  const said = await readFile(join(folder, 'said'), 'utf8');
  assert.ok(!said.includes(it.server.env['MONGO'] ?? '-'), said);
  assert.match(said, /^-rw-------.*login-\w+\.yaml$/m);
  const left = await readdir(join(root, 'copies'), { recursive: true });
  assert.deepEqual(
    left.filter((name) => name.includes('login-')),
    [],
  );
});
