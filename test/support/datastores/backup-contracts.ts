// What backups of every kind of datastore promise, run against real files, a real Postgres and a real Redis, over an
// object store in memory that can be damaged.
import assert from 'node:assert/strict';
import { mkdir, readdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { generateX25519Identity, identityToRecipient } from 'age-encryption';
import type { CopyRef } from '../../../src/ports/backups.ts';
import type { ObjectsPort } from '../../../src/ports/objects.ts';
import type { Datastore } from '../../../src/config/datastores.ts';
import { createBackups } from '../../../src/datastores/backups.ts';
import { backupId } from '../../../src/domain/backup/backup-id.ts';
import {
  contentDifferences,
  structureDifferences,
} from '../../../src/domain/backup/compare-contents.ts';
import { Failure } from '../../../src/domain/failure.ts';
import { judgeComplete, judgeCorrect } from '../../../src/domain/backup/ladder.ts';
import { processesIn } from '../../../src/machine/processes-in.ts';
import { DAMAGES } from './backup-damage.ts';
import { cutOff } from '../bytes.ts';
import { passableFolder } from './datastores.ts';
import { fails } from '../fails.ts';
import { HANDED_OVER } from './handed-over-contract.ts';
import { waiting } from '../local-daemon.ts';
import { createMemoryObjects } from '../memory/memory-objects.ts';
import { copyAddress, keyOf, streamedManifest, type StoreUnderTest } from './copies.ts';

interface Keys {
  recipients: string[];
  identities: string[];
}

export function backupContracts(
  name: string,
  start: () => Promise<StoreUnderTest | undefined>,
): void {
  describe(`${name} keeps the contract of backups`, () => {
    let under: StoreUnderTest | undefined;
    let root = '';
    let keys: Keys;
    let count = 0;

    before(async () => {
      root = await passableFolder('fairlead-backups-');
      const identities = await Promise.all([generateX25519Identity(), generateX25519Identity()]);
      keys = { identities, recipients: await Promise.all(identities.map(identityToRecipient)) };
      under = await start();
    });
    after(async () => {
      await under?.end();
      await rm(root, { recursive: true, force: true });
    });

    /** Backups of the store over an object store of their own. */
    const world = (change: Partial<Datastore['backup']> = {}, env: Record<string, string> = {}) => {
      const it = under ?? assert.fail('not started');
      const objects = createMemoryObjects();
      const { settings } = it.store;
      const store = {
        ...it.store,
        settings: { ...settings, backup: { ...settings.backup, ...change } },
      };
      const over = (on: ObjectsPort) =>
        createBackups({
          objects: on,
          stores: it.stores,
          copies: join(root, 'copies'),
          secrets: {
            env: { ...it.env, ...env },
            readFile: () => Promise.reject(new Error('no file')),
            reader: 'the test',
          },
          clock: { now: () => Date.now() },
        });
      const id = backupId(store.system, store.datastore, 1_700_000_000_000 + (count += 1));
      const target: CopyRef = { copy: `copy-${count}`, store };
      const input = { store, id, systemDigest: 'd'.repeat(64) };
      return { it, objects, store, backups: over(objects), over, id, target, input };
    };

    const check = (title: string, work: () => Promise<void>): void => {
      test(title, async (t) => {
        if (under === undefined) t.skip(`missing part: ${name} (npm run parts gets it)`);
        else await work();
      });
    };

    check(
      'what is backed up is listed, examined, restored, and the same as the source',
      async () => {
        const { it, backups, id, input, target, store } = world();
        const manifest = await backups.backup(input, waiting());
        const [entry, ...more] = await backups.list(store, waiting());
        assert.deepEqual(entry, { id, state: 'complete', manifest, marks: [] });
        assert.deepEqual(more, []);
        const { notBefore, notAfter, skewMs } = manifest.recoveryPoint;
        assert.ok(notBefore <= notAfter, `${notBefore} ${notAfter}`);
        assert.ok(Math.abs(skewMs) < 1000);
        const examined = await backups.examine({ store, id }, waiting());
        assert.equal(examined.verdict, 'pass', examined.reason);
        await backups.restore({ id, target, into: 'scratch' }, waiting());
        const address = await copyAddress(join(root, 'copies'), it.stores, target);
        assert.equal(address.of, store.settings.kind);
        const copy = await backups.fingerprint(target, waiting());
        assert.equal(judgeComplete(manifest.contents, copy.contents).verdict, 'pass');
        assert.equal(judgeCorrect(manifest.contents, copy.contents).verdict, 'pass');
        assert.deepEqual(
          (await backups.copies()).map(({ copy, backup, state }) => [copy, backup, state]),
          [[target.copy, id, 'ready']],
        );
        await backups.discard(target.copy, waiting());
        assert.deepEqual(await backups.copies(), []);
      },
    );

    check('a backup asked for twice is made once', async () => {
      const { backups, input, objects } = world();
      const first = await backups.backup(input, waiting());
      const keys = [...objects.stored.keys()];
      assert.deepEqual(await backups.backup(input, waiting()), first);
      assert.deepEqual([...objects.stored.keys()], keys);
    });

    check('an upload that is cut leaves no backup, and the next attempt makes it', async () => {
      const { over, backups, input, objects, id } = world();
      const cut: ObjectsPort = {
        ...objects,
        put: (one, w) => objects.put({ ...one, body: cutOff(one.body) }, w),
      };
      await fails('Unavailable', over(cut).backup(input, waiting()));
      await fails('NotFound', backups.read(id, waiting()));
      const noManifest: ObjectsPort = {
        ...objects,
        put: (one, w) =>
          objects.put(
            one.key.endsWith('manifest.json') ? { ...one, body: cutOff(one.body) } : one,
            w,
          ),
      };
      await fails('Unavailable', over(noManifest).backup(input, waiting()));
      const entry = await backups.read(id, waiting());
      assert.equal(entry.state, 'incomplete');
      const manifest = await backups.backup(input, waiting());
      assert.equal((await backups.read(id, waiting())).state, 'complete');
      assert.ok(objects.stored.has(keyOf(manifest)));
    });

    for (const [damage, apply, said] of DAMAGES) {
      check(`an object that is ${damage} fails the first rung, and its restore`, async () => {
        const { backups, input, objects, store, id, target } = world();
        const manifest = await backups.backup(input, waiting());
        apply(objects, keyOf(manifest));
        const { verdict, reason } = await backups.examine({ store, id }, waiting());
        assert.equal(verdict, 'fail');
        assert.match(reason, said);
        await assert.rejects(backups.restore({ id, target, into: 'scratch' }, waiting()), Failure);
        await fails('NotReady', backups.fingerprint(target, waiting()));
        await backups.discard(target.copy, waiting());
      });
    }

    check('what was done to the source afterwards shows as a difference', async () => {
      const { backups, input, it, store } = world();
      const { contents } = await backups.backup(input, waiting());
      const same = (await backups.fingerprint(store, waiting())).contents;
      assert.deepEqual(structureDifferences(contents, same), []);
      assert.deepEqual(contentDifferences(contents, same), []);
      await it.change();
      const changed = (await backups.fingerprint(store, waiting())).contents;
      assert.equal(judgeComplete(contents, changed).verdict, 'pass');
      assert.equal(judgeCorrect(contents, changed).verdict, 'fail');
      await it.remove();
      const fewer = (await backups.fingerprint(store, waiting())).contents;
      const { verdict, reason } = judgeComplete(contents, fewer);
      assert.equal(verdict, 'fail');
      assert.match(reason, /expected \d+ rows, got \d+/);
    });

    check(
      'the same restore again changes nothing, another one into its place is refused',
      async () => {
        const { it, backups, input, id, target, store } = world();
        await backups.backup(input, waiting());
        const address = () => copyAddress(join(root, 'copies'), it.stores, target);
        await backups.restore({ id, target, into: 'scratch' }, waiting());
        const first = await address();
        await backups.restore({ id, target, into: 'scratch' }, waiting());
        assert.deepEqual(await address(), first);
        const other = { ...input, id: backupId(store.system, store.datastore, 1_600_000_000_000) };
        await backups.backup(other, waiting());
        const failure = await fails(
          'Refused',
          backups.restore({ id: other.id, target, into: 'scratch' }, waiting()),
        );
        assert.match(failure.message, /not empty/);
        await backups.discard(target.copy, waiting());
        await backups.discard(target.copy, waiting());
      },
    );

    check('a copy that somebody else put something into is refused', async () => {
      const { backups, input, id, target } = world();
      await backups.backup(input, waiting());
      const folder = join(root, 'copies', target.copy);
      await mkdir(folder, { recursive: true });
      await writeFile(join(folder, 'precious.csv'), 'a\n1\n');
      await fails('Refused', backups.restore({ id, target, into: 'scratch' }, waiting()));
      assert.deepEqual(await readdir(folder), ['precious.csv']);
    });

    check(
      'a restore that is cancelled is begun anew for whoever asks last, and leaves nothing when discarded',
      async () => {
        const { backups, input, id, target, over, objects } = world();
        await backups.backup(input, waiting());
        const stop = new AbortController();
        const stopping: ObjectsPort = {
          ...objects,
          get: async (key, w) => {
            const got = await objects.get(key, w);
            if (!key.endsWith('.json')) stop.abort(new Failure('Unavailable', 'cancelled'));
            return got;
          },
        };
        const cancelled = { ...waiting(), signal: stop.signal };
        await assert.rejects(over(stopping).restore({ id, target, into: 'scratch' }, cancelled));
        assert.deepEqual(
          (await backups.copies()).map(({ copy, state }) => [copy, state]),
          [[target.copy, 'loading']],
        );
        const owned = async (runId: string): Promise<void> => {
          const owner = { workflowId: `verify/${id}`, runId };
          await backups.restore({ id, target: { ...target, owner }, into: 'scratch' }, waiting());
          assert.deepEqual(
            (await backups.copies()).map((copy) => copy.owner),
            [owner],
          );
        };
        await owned('first');
        // A run that a Reset made goes on with the copy, and the first one is closed.
        await owned('second');
        const owner = { workflowId: 'drill/shop', runId: 'third' };
        await fails(
          'Refused',
          backups.restore({ id, target: { ...target, owner }, into: 'scratch' }, waiting()),
        );
        await backups.discard(target.copy, waiting());
        assert.ok(!(await readdir(join(root, 'copies'))).includes(target.copy));
        assert.deepEqual(processesIn(join(root, 'copies', target.copy)), []);
      },
    );

    for (const [title, promised] of Object.entries(HANDED_OVER)) {
      check(title, async () => promised(world()));
    }

    check('what is encrypted is read with either key and with no other', async () => {
      const encryption = { recipients: keys.recipients, identity: { env: 'KEY' } };
      for (const key of keys.identities) {
        const { backups, input, id, target, objects, it } = world(
          { encryption, compression: 'gzip' },
          { KEY: `# created: today\n${key}\n` },
        );
        const manifest = streamedManifest(await backups.backup(input, waiting()));
        assert.deepEqual(manifest.encryption, { scheme: 'age', recipients: keys.recipients });
        const bytes = objects.stored.get(keyOf(manifest))?.bytes ?? assert.fail();
        assert.match(bytes.subarray(0, 30).toString('latin1'), /^age-encryption\.org\/v1/);
        assert.ok(!bytes.includes(it.within));
        await backups.restore({ id, target, into: 'scratch' }, waiting());
        const { contents } = await backups.fingerprint(target, waiting());
        assert.equal(judgeCorrect(manifest.contents, contents).verdict, 'pass');
        await backups.discard(target.copy, waiting());
      }
    });

    check('a wrong key, and none at all, say so and load nothing', async () => {
      const encryption = { recipients: keys.recipients, identity: { env: 'KEY' } };
      const wrong = await generateX25519Identity();
      const { backups, input, id, target, store } = world({ encryption }, { KEY: wrong });
      await backups.backup(input, waiting());
      const failure = await fails(
        'Refused',
        backups.restore({ id, target, into: 'scratch' }, waiting()),
      );
      assert.match(failure.message, /one of the recipients/);
      assert.ok(!failure.message.includes(wrong));
      await fails('Refused', backups.examine({ store, id }, waiting()));
      await backups.discard(target.copy, waiting());
      const backup = { ...store.settings.backup, encryption: { recipients: keys.recipients } };
      const none = { ...store, settings: { ...store.settings, backup } };
      const missing = await fails('BadInput', backups.examine({ store: none, id }, waiting()));
      assert.match(missing.message, /encryption\.identity/);
    });
  });
}
