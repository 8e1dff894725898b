// What a service needs to log in to copies reaches it, and nobody outside hears of it.
import assert from 'node:assert/strict';
import { rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import type { CopyAddress } from '../../src/ports/backups.ts';
import { fails } from '../support/fails.ts';
import { isolatedWorld } from '../support/isolated/isolated-world.ts';
import { waiting } from '../support/local-daemon.ts';
import { serverCopy } from '../support/datastores/copies.ts';

const PASSWORD = 'only-of-this-copy/+';
const URL = 'postgres://{{copy.new-orders.user}}:{{ copy.new-orders.password }}@127.0.0.1/shop';

async function world(t: TestContext) {
  const it = await isolatedWorld(t);
  if (it === undefined) return undefined;
  await it.open('one');
  const passwordFile = join(it.data, 'password');
  await writeFile(passwordFile, PASSWORD);
  const place = { host: '127.0.0.1', port: 5432, passwordFile };
  const copies: Record<string, CopyAddress> = {
    'new-orders': serverCopy({
      of: 'postgres',
      ...place,
      fields: { user: 'fairlead', database: 'shop' },
    }),
    cache: serverCopy({ of: 'redis', ...place }),
  };
  return { ...it, copies, passwordFile };
}

test('placeholders are filled in where the service is started, and its answers tell no password', async (t) => {
  const it = await world(t);
  if (it === undefined) return;
  const environment = {
    ...{ URL, USER: '{{copy.cache.user}} of {{copy.new-orders.database}}' },
    ...{ KNOWN: PASSWORD, OTHER: '{{copy.other.password}}', HEX: '{{copy.cache.password}}' },
  };
  await it.isolation.start(it.service('one', { environment, copies: it.copies }), waiting());
  const seen = await it.asked('one', '/environment');
  assert.equal(seen['URL'], 'postgres://fairlead:[redacted]@127.0.0.1/shop');
  assert.equal(seen['USER'], 'default of shop');
  assert.deepEqual([seen['KNOWN'], seen['HEX']], ['[redacted]', '[redacted]']);
  assert.equal(seen['OTHER'], '{{copy.other.password}}');
  // Another worker that asks hears no more of it.
  const request = { target: 'one', port: 8000, path: '/environment', timeoutMs: 5000 };
  const { body } = await it.another().ask(request, waiting());
  assert.ok(!body.includes(PASSWORD));
});

test('what a service prints before it ends tells no password, whole or encoded', async (t) => {
  const it = await world(t);
  if (it === undefined) return;
  const script =
    'const u = process.env.URL; console.error("refused:", u, encodeURIComponent(u), btoa(u)); process.exit(3)';
  const failing = it.service('one', {
    ...{ command: [process.execPath, '-e', script], environment: { URL }, copies: it.copies },
  });
  const { message } = await fails('CheckFailed', it.isolation.start(failing, waiting()));
  assert.match(
    message,
    /refused: postgres:\/\/fairlead:\[redacted\]@127\.0\.0\.1\/shop postgres%3A/,
  );
  for (const form of [PASSWORD, encodeURIComponent(PASSWORD), btoa(PASSWORD).slice(2, -4)]) {
    assert.ok(!message.includes(form), form);
  }
});

test('a copy without its password is said to be gone', async (t) => {
  const it = await world(t);
  if (it === undefined) return;
  await rm(it.passwordFile);
  const starting = it.service('one', { environment: { URL }, copies: it.copies });
  const { message } = await fails('NotReady', it.isolation.start(starting, waiting()));
  assert.match(message, /logging in to the copy of new-orders: its password is not there/);
});
