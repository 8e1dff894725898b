// What a command needs and is not there: nothing is started without it.
import assert from 'node:assert/strict';
import { mkdtemp, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { fails } from '../support/fails.ts';
import { freePort } from '../support/free-ports.ts';
import { plainSpec, TestHost, tokens, waiting } from '../support/local-daemon.ts';

describe('the local host', () => {
  let host: TestHost;
  before(async () => {
    host = await TestHost.start();
  });
  after(() => host.end());

  const ensure = (spec: ReturnType<typeof plainSpec>) =>
    host.platform.workload.ensure({ spec, replicas: 1, token: tokens()() }, waiting());

  test('starts nothing of a command whose program or script is not there, and says which', async () => {
    const service = { system: 'shop', service: 'typo' };
    const folder = await mkdtemp(join(tmpdir(), 'fairlead-typo-'));
    await writeFile(join(folder, 'v8-0.py'), '');
    const cases: [command: string[], directory: string, said: RegExp][] = [
      [['no-such-program'], folder, /there is no program no-such-program on its PATH/],
      [['./no-such'], folder, /there is no program .\/no-such in /],
      [
        ['python3', 'v9-0.py'],
        folder,
        /there is no version v9-0.*missing file .*v9-0.py; there are v8-0/,
      ],
      [
        [process.execPath, '--no-warnings', 'v9-0.mjs'],
        folder,
        /no version v9-0.*missing file .*v9-0.mjs/,
      ],
      [
        ['java', '-jar', 'shop.jar'],
        folder,
        /no program java|missing file .*shop.jar: put it there/,
      ],
      [[process.execPath, 'server.js'], folder, /missing file .*server.js: put it there/],
      [['true'], join(folder, 'v9-0'), /missing folder .*v9-0|there is no version v9-0/],
    ];
    for (const [command, directory, said] of cases) {
      const spec = plainSpec(service, 'v9-0', await freePort(), { command, directory });
      const { missing } = await host.platform.workload.obstacles(spec);
      assert.match(missing.join('; '), said, command.join(' '));
      const failure = await fails('NotFound', ensure(spec));
      assert.match(failure.message, said);
      assert.deepEqual(await host.platform.workload.revisions(service), []);
    }
    // What may be written by the program itself is not asked for.
    const command = [process.execPath, '-e', '', '--', 'out.js'];
    const fine = plainSpec(service, 'v9-0', await freePort(), { command, directory: folder });
    assert.deepEqual((await host.platform.workload.obstacles(fine)).missing, []);
  });
});
