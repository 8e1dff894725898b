// A stop while the local host's state cannot be written down: a folder stands where its draft would.
import assert from 'node:assert/strict';
import { mkdir, readFile, rmdir } from 'node:fs/promises';
import { after, before, test } from 'node:test';
import { hostPaths } from '../../src/platforms/local/protocol.ts';
import { freePort } from '../support/free-ports.ts';
import { ask } from '../support/http-load.ts';
import { eventually, plainSpec, TestHost, tokens, weightsOf } from '../support/local-daemon.ts';

const service = { system: 'shop', service: 'web' };
const nextToken = tokens();
let host: TestHost;
before(async () => {
  host = await TestHost.start();
});
after(() => host.end());

test('keeps users out though it cannot be written down, says so, and is written down once it can', async () => {
  const port = await freePort();
  const url = `http://127.0.0.1:${port}/`;
  const v1 = plainSpec(service, 'v1', port);
  await host.ready(v1, 1, nextToken());
  const { traffic } = host.platform;
  const weights = weightsOf([v1, 100]);
  await traffic.set({ service, weights, expect: [], token: nextToken() });
  const { state } = hostPaths(host.data);
  const draft = `${state}.tmp`;
  await mkdir(draft);

  const stopped = await traffic.stop({ service, token: nextToken() });

  assert.equal(stopped.stopped, true);
  assert.match(stopped.unsaved ?? '', /EISDIR/);
  assert.equal((await ask(url)).status, 503);
  assert.match(host.output, /stopping shop\/web: done, and not written down/);
  // What lets users in is not done where it cannot be written down.
  await assert.rejects(traffic.admit({ service, percent: 100, token: nextToken() }));
  assert.equal((await ask(url)).status, 503);
  await rmdir(draft);
  await eventually('the stop to be written down', async () =>
    (await readFile(state, 'utf8')).includes('"stopped":true'),
  );
  assert.equal((await traffic.read(service)).unsaved, undefined);
});
