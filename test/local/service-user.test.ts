// Who a service runs as, and that it reads neither the keys nor the records of a Fairlead that runs as root.
import assert from 'node:assert/strict';
import { once } from 'node:events';
import fs from 'node:fs/promises';
import {
  chmod,
  chown,
  lchown,
  mkdir,
  mkdtemp,
  readFile,
  rm,
  stat,
  symlink,
  writeFile,
} from 'node:fs/promises';
import { syncBuiltinESMExports } from 'node:module';
import { tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { checkSystem } from '../../src/config/load.ts';
import { prepareDataFolder } from '../../src/embedded/data-folder.ts';
import type { ProcessProgram, RevisionSpec } from '../../src/domain/rollout/model.ts';
import { serviceUser } from '../../src/machine/service-user.ts';
import { startProcess } from '../../src/platforms/local/start-process.ts';
import { runToEnd } from '../../src/integrations/run-command.ts';
import { secretValue } from '../../src/integrations/secret-value.ts';
import { fails } from '../support/fails.ts';
import { plainSpec } from '../support/local-daemon.ts';

const OTHER = 1234;
const AS_ROOT = process.getuid?.() === 0 ? false : 'only root starts processes of others';

/** A folder of a system that belongs to the user, with a program that tries to read what is not its own. */
async function world(t: TestContext, owner: number) {
  const root = await mkdtemp(join(tmpdir(), 'fairlead-user-'));
  t.after(() => rm(root, { recursive: true, force: true }));
  await chmod(root, 0o755);
  const [data, directory] = [join(root, 'data'), join(root, 'shop')];
  await mkdir(join(data, 'keys'), { recursive: true });
  await chmod(data, 0o755);
  const key = join(data, 'keys', 'evidence.key');
  await writeFile(key, 'the key', { mode: 0o644 });
  await mkdir(directory);
  const attack = `
    const fs = require('node:fs');
    const read = (file) => { try { return fs.readFileSync(file, 'utf8') } catch (error) { return error.code } };
    console.log(JSON.stringify({ uid: process.getuid(), groups: process.getgroups(), home: process.env.HOME, key: read(${JSON.stringify(key)}) }));`;
  await writeFile(join(directory, 'attack.cjs'), attack);
  await chown(directory, owner, owner);
  return { data, key, directory, log: join(root, 'log') };
}

async function saidBy(
  { directory, log }: { directory: string; log: string },
  user?: string,
): Promise<Record<string, unknown>> {
  const spec = plainSpec({ system: 'shop', service: 'web' }, 'v1', 8000);
  const program: ProcessProgram = {
    ...{ kind: 'process', command: [process.execPath, 'attack.cjs'], directory, files: [] },
    ...{ host: '127.0.0.1', port: 8000, ...(user !== undefined && { user }) },
  };
  const started = { ...spec, program } satisfies RevisionSpec;
  const { child } = await startProcess({ spec: started, port: 8001, hostId: 'test', log });
  if (child.exitCode === null) await once(child, 'exit');
  const said: unknown = JSON.parse(await readFile(log, 'utf8'));
  assert.ok(typeof said === 'object' && said !== null);
  return { ...said };
}

test(
  'a service of a root runs as the owner of its folder, and reads no key',
  { skip: AS_ROOT },
  async (t) => {
    const it = await world(t, OTHER);
    // A data folder that was wide is narrowed by the next start, with what lies in it.
    prepareDataFolder(it.data, { named: true });
    assert.equal((await stat(it.data)).mode & 0o777, 0o700);
    const said = await saidBy(it);
    assert.deepEqual(said, { uid: OTHER, groups: [OTHER], home: '/', key: 'EACCES' });
  },
);

test('a service runs as whom the file names', { skip: AS_ROOT }, async (t) => {
  const it = await world(t, 0);
  prepareDataFolder(it.data, { named: true });
  const { uid, key } = await saidBy(it, String(OTHER));
  assert.deepEqual({ uid, key }, { uid: OTHER, key: 'EACCES' });
});

test('a user whom nobody knows is named before a start', { skip: AS_ROOT }, async () => {
  const { message } = await fails(
    'NotFound',
    serviceUser({ user: 'no_such_user', directory: '/' }),
  );
  assert.match(message, /there is no user no_such_user in \/etc\/passwd/);
  assert.equal(await serviceUser({ user: 'root', directory: '/tmp' }), undefined);
});

test('who is not root starts no process of another user', async (t) => {
  if (AS_ROOT === false) {
    const { getuid } = process;
    process.getuid = () => 65_534;
    t.after(() => Object.assign(process, { getuid }));
  }
  const { message } = await fails('Refused', serviceUser({ user: 'root', directory: '/' }));
  assert.match(message, /only root starts processes of others/);
  assert.equal(await serviceUser({ directory: '/' }), undefined);
});

test(
  'the owner of a folder has root run no command as root, and read no file that is not theirs',
  { skip: AS_ROOT },
  async (t) => {
    const it = await world(t, OTHER);
    const ended = await runToEnd({
      ...{
        command: ['id', '-u'],
        directory: it.directory,
        timeoutMs: 10_000,
        environment: process.env,
      },
      ...{ mark: 'test', signal: new AbortController().signal },
    });
    assert.equal(ended.printed.trim(), String(OTHER));
    const sources = {
      ...{ env: {}, reader: 'the worker' },
      readFile: (path: string) => readFile(path, 'utf8'),
    };
    await chmod(it.key, 0o600);
    await symlink(it.key, join(it.directory, 'link'));
    for (const file of [it.key, 'link']) {
      const found = await secretValue({ file }, it.directory, sources);
      assert.ok('problem' in found && found.problem.includes('belongs to another user'), file);
    }
    const own = join(it.directory, 'own');
    await writeFile(own, 'secret', { mode: 0o600 });
    await chown(own, OTHER, OTHER);
    assert.deepEqual(await secretValue({ file: 'own' }, it.directory, sources), {
      secret: 'secret',
    });
  },
);

test(
  'where the machine does not say which file is open, root reads for an owner only what is theirs',
  { skip: AS_ROOT },
  async (t) => {
    const it = await world(t, OTHER);
    const sources = {
      ...{ env: {}, reader: 'the worker' },
      readFile: (path: string) => readFile(path, 'utf8'),
    };
    await writeFile(join(it.directory, 'own'), 'secret', { mode: 0o600 });
    await chown(join(it.directory, 'own'), OTHER, OTHER);
    await writeFile(join(it.directory, 'public'), 'text', { mode: 0o644 });
    // As on macOS, where there is no /proc.
    t.mock.method(fs, 'readlink', () => Promise.reject(new Error('ENOENT')));
    syncBuiltinESMExports();
    t.after(() => {
      t.mock.restoreAll();
      syncBuiltinESMExports();
    });
    assert.deepEqual(await secretValue({ file: 'own' }, it.directory, sources), {
      secret: 'secret',
    });
    const found = await secretValue({ file: 'public' }, it.directory, sources);
    assert.ok('problem' in found && found.problem.includes('give it to the owner of the folder'));
  },
);

test(
  'no link, missing folder or `user` in a folder that another user can exchange leads to root or to a third user',
  { skip: AS_ROOT },
  async (t) => {
    const { directory: home } = await world(t, OTHER);
    const directory = join(home, 'shop');
    const uidAt = async (at: string, user?: string) =>
      (await serviceUser({ directory: at, ...(user !== undefined && { user }) }))?.uid;
    await mkdir(directory);
    assert.equal(await uidAt(directory), OTHER, 'a folder of root in one of theirs');
    await rm(directory, { recursive: true });
    const { message: gone } = await fails('NotFound', serviceUser({ directory }));
    assert.match(gone, /looking whose .*shop is: .*ENOENT/);
    await symlink('/', directory);
    await lchown(directory, OTHER, OTHER);
    assert.equal(await uidAt(directory), OTHER, 'their link to a folder of root');
    const roots = join(home, '..', 'roots');
    await symlink(directory, roots);
    assert.equal(await uidAt(roots), OTHER, 'a link of root to their link');
    const ended = await runToEnd({
      ...{ command: ['id', '-u'], directory, timeoutMs: 10_000, environment: process.env },
      ...{ mark: 'test', signal: new AbortController().signal },
    });
    assert.equal(ended.printed.trim(), String(OTHER));
    for (const user of ['root', '0', String(OTHER + 1)]) {
      const { message } = await fails('Refused', serviceUser({ user, directory }));
      assert.match(message, /in the folder of another user than root they run as its owner/, user);
    }
    assert.equal(await uidAt(directory, String(OTHER)), OTHER);
    const third = join(home, 'third');
    await mkdir(third);
    await chown(third, OTHER + 1, OTHER + 1);
    const { message: both } = await fails('Refused', serviceUser({ directory: third }));
    assert.match(both, /users 1234 and 1235 can each exchange/);
  },
);

test(
  'a system file or a runbook that its owner made a link to a file of root is not read, and nothing of that is told',
  { skip: AS_ROOT },
  async (t) => {
    const it = await world(t, OTHER);
    await chmod(it.key, 0o600);
    await writeFile(it.key, 'a-secret-of-root: 1\n');
    const [systems, name] = [dirname(it.directory), basename(it.directory)];
    const file = join(it.directory, 'system.yaml');
    const told = async (): Promise<string> =>
      (await checkSystem(systems, name)).map(({ message, path }) => `${path} ${message}`).join();
    await symlink(it.key, file);
    const said = await told();
    assert.match(said, /a file of another user than the owner of the folder/);
    assert.doesNotMatch(said, /a-secret-of-root/);
    await rm(file);
    const text = `system: ${name}\nservices: {api: {platform: local, command: [/bin/true], port: 18999, rollout: {canary: {steps: [{weight: 5, bake: 5m}]}}}}\n`;
    await writeFile(file, text);
    // What root itself has put there is read.
    assert.doesNotMatch(await told(), /another user/);
    await mkdir(join(it.directory, 'runbooks'));
    await symlink(it.key, join(it.directory, 'runbooks', 'odd.yaml'));
    const odd = await told();
    assert.match(odd, /a file of another user than the owner of the folder/);
    assert.doesNotMatch(odd, /a-secret-of-root/);
  },
);
