// What whoever owns a folder of files may put there while root backs it up, writes records into it, or removes what is out of use.
import assert from 'node:assert/strict';
import {
  chmod,
  chown,
  lstat,
  mkdir,
  mkdtemp,
  readFile,
  rename,
  rm,
  symlink,
  writeFile,
} from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { HEARTBEAT_FILE } from '../../src/domain/backup/heartbeat.ts';
import { fileBytes } from '../../src/datastores/files/contents.ts';
import { addHeartbeat, takeHeartbeat } from '../../src/datastores/files/heartbeat.ts';
import { noteQuarantined, removeGeneration } from '../../src/datastores/files/quarantine.ts';
import { drain } from '../../src/datastores/byte-streams.ts';
import { removeTree } from '../../src/machine/remove-tree.ts';
import { fails } from '../support/fails.ts';
import { waiting } from '../support/local-daemon.ts';

const OTHER = 1234;

async function folders(t: TestContext): Promise<{ theirs: string; ofRoot: string }> {
  const top = await mkdtemp(join(tmpdir(), 'fairlead-theirs-'));
  t.after(() => rm(top, { recursive: true, force: true }));
  const [theirs, ofRoot] = [join(top, 'theirs'), join(top, 'of-root')];
  for (const folder of [theirs, ofRoot]) await mkdir(folder);
  await writeFile(join(ofRoot, 'shadow'), 'a secret');
  await writeFile(join(ofRoot, 'gen-1.json'), 'a file of root');
  return { theirs, ofRoot };
}

test('a link in the place of the canary records is not read, and not written through', async (t) => {
  const { theirs, ofRoot } = await folders(t);
  await symlink(join(ofRoot, 'shadow'), join(theirs, HEARTBEAT_FILE));
  await fails('Refused', takeHeartbeat(theirs));
  await fails('Refused', addHeartbeat(theirs, 3, Date.now()));
  assert.equal(await readFile(join(ofRoot, 'shadow'), 'utf8'), 'a secret');
});

test('canary records that are larger than any are not read into memory', async (t) => {
  const { theirs } = await folders(t);
  await writeFile(join(theirs, HEARTBEAT_FILE), Buffer.alloc(17 * 1024 * 1024));
  await fails('Refused', takeHeartbeat(theirs));
});

test('a file or folder that was exchanged for a link after it was listed is not read', async (t) => {
  const { theirs, ofRoot } = await folders(t);
  await mkdir(join(theirs, 'sub'));
  for (const name of ['shadow', 'sub/shadow']) await writeFile(join(theirs, name), 'mine');
  const [file, inFolder] = ['shadow', 'sub/shadow'].map((path) =>
    fileBytes(theirs, path, waiting()),
  );
  await rename(join(theirs, 'sub'), join(theirs, 'away'));
  await symlink(ofRoot, join(theirs, 'sub'));
  await rm(join(theirs, 'shadow'));
  await symlink(join(ofRoot, 'shadow'), join(theirs, 'shadow'));
  for (const one of [file, inFolder]) {
    assert.ok(one);
    await fails('Refused', drain(one.body));
  }
});

test('what is removed takes nothing along that a link leads to', async (t) => {
  const { theirs, ofRoot } = await folders(t);
  await mkdir(join(theirs, 'gone', 'deep'), { recursive: true });
  await symlink(ofRoot, join(theirs, 'gone', 'deep', 'link'));
  await writeFile(join(theirs, 'gone', 'file'), 'x');
  await removeTree(join(theirs, 'gone'));
  await assert.rejects(lstat(join(theirs, 'gone')), /ENOENT/);
  await removeTree(join(theirs, 'gone'));
  await symlink(ofRoot, join(theirs, 'link'));
  await removeTree(join(theirs, 'link'));
  assert.equal(await readFile(join(ofRoot, 'shadow'), 'utf8'), 'a secret');
});

test('a folder that its owner exchanges for a link all the while is removed without what the link leads to', async (t) => {
  const { theirs, ofRoot } = await folders(t);
  const end = new AbortController();
  let exchanged = 0;
  const [folder, aside] = [join(theirs, 'tree', 'sub'), join(theirs, 'aside')];
  await mkdir(folder, { recursive: true });
  const exchanging = (async () => {
    while (!end.signal.aborted) {
      await rename(folder, aside).catch(() => undefined);
      await symlink(ofRoot, folder).then(
        () => (exchanged += 1),
        () => undefined,
      );
      await rm(folder).catch(() => undefined);
      await rename(aside, folder).catch(() => undefined);
    }
  })();
  for (let tries = 0; tries < 100; tries += 1) {
    await mkdir(folder, { recursive: true }).catch(() => undefined);
    await writeFile(join(folder, `${tries}`), 'x').catch(() => undefined);
    await rm(join(ofRoot, `${tries}`), { force: true });
    await removeTree(join(theirs, 'tree')).catch(() => undefined);
  }
  end.abort();
  await exchanging;
  assert.ok(exchanged > 0);
  assert.equal(await readFile(join(ofRoot, 'shadow'), 'utf8'), 'a secret');
});

test('notes of what is out of use are put through no link', async (t) => {
  const { theirs, ofRoot } = await folders(t);
  await mkdir(join(theirs, 'gen-1'));
  await symlink(ofRoot, join(theirs, '.quarantined'));
  await fails('Refused', noteQuarantined(theirs, 'gen-1', { operation: 'recover/shop' }, 1));
  assert.equal(await readFile(join(ofRoot, 'gen-1.json'), 'utf8'), 'a file of root');
  await fails('Refused', removeGeneration(theirs, 'gen-1'));
});

test('a folder that is a link to another disk is read, and for its owner only what is theirs', async (t) => {
  const { theirs, ofRoot } = await folders(t);
  const [link, own] = [join(theirs, 'data'), join(theirs, 'disk')];
  await mkdir(own);
  await writeFile(join(own, 'rows.csv'), 'a\n1\n');
  await symlink(own, link);
  assert.equal(await drain(fileBytes(link, 'rows.csv', waiting()).body), 4);
  if (process.getuid?.() !== 0) {
    t.diagnostic('not tried for another user, for which it takes root');
    return;
  }
  await chmod(dirname(theirs), 0o755);
  for (const path of [theirs, own]) await chown(path, OTHER, OTHER);
  assert.equal(await drain(fileBytes(link, 'rows.csv', waiting()).body), 4);
  await rm(link);
  await symlink(ofRoot, link);
  await fails('Refused', drain(fileBytes(link, 'shadow', waiting()).body));
});
