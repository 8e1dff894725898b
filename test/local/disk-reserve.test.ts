// Room that is held back on a disk, and a local host that dies while the disk of its data folder is full.
import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { DiskReserve, isDiskFull } from '../../src/machine/disk-reserve.ts';
import { keepFile } from '../../src/machine/keep-file.ts';
import { hostPaths } from '../../src/platforms/local/protocol.ts';
import { fillDisk, withSmallDisk } from '../support/datastores/small-disk.ts';
import { freePort } from '../support/free-ports.ts';
import { ask } from '../support/http-load.ts';
import { eventually, plainSpec, TestHost, tokens, weightsOf } from '../support/local-daemon.ts';

const BYTES = 64 * 1024;

async function has(folder: string, name: string): Promise<boolean> {
  return (await readdir(folder)).includes(name);
}

test('what finds the disk full is written in the room that was held back', async (t) => {
  await withSmallDisk(t, '1m', async (folder) => {
    const reserve = new DiskReserve(join(folder, 'reserve'), BYTES);
    await reserve.hold();
    assert.equal((await stat(join(folder, 'reserve'))).size, BYTES);
    fillDisk(folder);
    const write = (name: string) => () =>
      keepFile(join(folder, name), 'x'.repeat(5000), { mode: 0o600 });
    await assert.rejects(write('without')(), isDiskFull);
    await reserve.spend(write('one'));
    assert.equal((await stat(join(folder, 'one'))).size, 5000);
    assert.ok(!(await has(folder, 'reserve')));
    // The next one finds the disk full, and nothing is held back any more; nor is the last room taken for that.
    fillDisk(folder);
    await assert.rejects(reserve.spend(write('two')), isDiskFull);
    await reserve.hold();
    assert.ok(!(await has(folder, 'reserve')));
  });
});

test('what fails for another reason takes nothing of it, and is not done again', async (t) => {
  await withSmallDisk(t, '1m', async (folder) => {
    const reserve = new DiskReserve(join(folder, 'reserve'), BYTES);
    await reserve.hold();
    let calls = 0;
    const work = (): void => {
      calls += 1;
      writeFileSync(join(folder, 'missing', 'file'), 'x');
    };
    assert.throws(() => {
      reserve.spendSync(work);
    }, /ENOENT/);
    assert.equal(calls, 1);
    assert.ok(await has(folder, 'reserve'));
  });
});

test('a local host that dies on a full disk comes back, and can be told to keep users out', async (t) => {
  await withSmallDisk(t, '8m', async (folder) => {
    const service = { system: 'shop', service: 'api' };
    const nextToken = tokens();
    const host = await TestHost.start([], join(folder, 'data'));
    try {
      const port = await freePort();
      const url = `http://127.0.0.1:${port}/`;
      const v1 = plainSpec(service, 'v1', port);
      await host.ready(v1, 2, nextToken());
      const { traffic } = host.platform;
      const weights = weightsOf([v1, 100]);
      await traffic.set({ service, weights, expect: [], token: nextToken() });
      await eventually('room to be held back', () => has(hostPaths(host.data).folder, 'reserve'));
      await host.kill('SIGKILL');
      fillDisk(folder);

      await host.begin();

      assert.equal((await ask(url)).status, 200);
      const stopped = await traffic.stop({ service, token: nextToken() });
      assert.equal(stopped.unsaved, undefined);
      assert.equal((await ask(url)).status, 503);
    } finally {
      await host.end();
    }
  });
});
