// `fairlead up --private`: commands of the same data folder reach Temporal without being told how, Temporal's own tools by the
// profile, and nobody else; what dies is started again behind the same door.
import assert from 'node:assert/strict';
import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, readFile, rm } from 'node:fs/promises';
import { connect } from 'node:net';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { promisify } from 'node:util';
import { networkOfItsOwn } from '../../src/embedded/private/private-server.ts';
import { passableFolder } from '../support/datastores/datastores.ts';
import { entryArgs } from '../support/entry.ts';
import { awaitThat } from '../support/faults/await-that.ts';

const run = promisify(execFile);
const cli = process.env['FAIRLEAD_TEST_TEMPORAL_CLI'];
const why = await networkOfItsOwn().then(
  () => (cli === undefined ? 'no Temporal' : false),
  (error: unknown) => String(error),
);
const NOBODY = 65_534;

test('nobody but this user reaches what --private starts', { skip: why }, async () => {
  assert.ok(cli !== undefined);
  const folder = await passableFolder('fairlead-private-up-');
  const data = join(folder, 'data');
  await mkdir(join(folder, 'systems'));
  const env = { PATH: process.env['PATH'], HOME: folder, FAIRLEAD_TEMPORAL_CLI: cli };
  const fairlead = async (...args: string[]) =>
    run(process.execPath, [...entryArgs('client'), ...args], {
      cwd: folder,
      env: { ...env, FAIRLEAD_DATA: data },
    });
  const ports = ['--port', '0', '--port-offset', '21000'];
  const up = spawn(
    process.execPath,
    [...entryArgs('client'), 'up', '--private', '--json', '--data', data, ...ports],
    { cwd: folder, env, stdio: ['ignore', 'pipe', 'inherit'] },
  );
  // Also where the test fails: nothing of it goes on.
  after(async () => {
    await fairlead('down', '--data', data).catch(() => up.kill('SIGKILL'));
    await rm(folder, { recursive: true, force: true });
  });
  const [said] = (await once(up.stdout, 'data')) as [Buffer];
  const where = JSON.parse(said.toString()) as Record<'address' | 'uiUrl' | 'profile', string>;
  const { address, uiUrl, profile } = where;
  assert.ok(!said.toString().includes('uiKey'), 'a log of CI would hold the key');

  await fairlead('list');
  const list = ['workflow', 'list'];
  const plain = run(cli, [...list, '--address', address], { env });
  await assert.rejects(plain);
  await run(cli, list, { env: { ...env, TEMPORAL_CONFIG_FILE: profile } });
  // The name of its own is not asked for: resolvers differ.
  const { port: uiPort } = new URL(uiUrl);
  assert.match(uiUrl, /^http:\/\/fairlead-[0-9a-f]{12}\.localhost:/);
  assert.equal((await fetch(`http://127.0.0.1:${uiPort}`)).status, 403);

  if (process.getuid?.() === 0) {
    const look = `
      const fs = require('node:fs');
      for (const path of process.argv.slice(1)) {
        try { fs.accessSync(path); console.log('reached', path); } catch (error) { console.log(error.code); }
      }`;
    const paths = [profile, join(data, 'tls', 'client.key'), join(data, 'private', 'temporal')];
    const { stdout } = await run(process.execPath, ['-e', look, ...paths], {
      ...{ uid: NOBODY, gid: NOBODY, cwd: '/' },
    });
    assert.deepEqual(stdout.trim().split('\n'), ['EACCES', 'EACCES', 'EACCES']);
  }

  const children = JSON.parse(await readFile(join(data, 'children.json'), 'utf8')) as {
    temporal: { pid: number };
  };
  process.kill(children.temporal.pid, 'SIGKILL');
  await awaitThat('the server to be started again', async () =>
    fairlead('list').then(
      () => true,
      () => undefined,
    ),
  );
  await fairlead('down', '--data', data);
  const port = Number(address.split(':').at(-1));
  const gone = connect(port, '127.0.0.1');
  await assert.rejects(once(gone, 'connect'));
});
