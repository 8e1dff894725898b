import assert from 'node:assert/strict';
import { test, type TestContext } from 'node:test';
import { readFile, writeFile } from 'node:fs/promises';
import fc from 'fast-check';
import type { Redactor } from '../../src/ports/redactor.ts';
import { loadSystem } from '../../src/config/load.ts';
import { secretSource } from '../../src/domain/loaded-system.ts';
import { createRedactor } from '../../src/integrations/secrets.ts';
import { shopWith, systemsWith } from '../support/system-files.ts';

const YAML = shopWith(
  6,
  '    port: 8000\n    configuration: { TOKEN: { env: TOKEN }, KEY: { file: key.txt }, PLAIN: visible }',
);

async function knowing(t: TestContext, token: string, key: string): Promise<Redactor> {
  const dir = await systemsWith(t, { 'shop/system.yaml': YAML, 'shop/key.txt': key });
  const redactor = createRedactor({
    env: { TOKEN: token },
    readFile: (path) => readFile(path, 'utf8'),
    reader: 'the worker',
  });
  await redactor.learn(secretSource(await loadSystem(dir, 'shop')));
  return redactor;
}

test('takes secrets out of strings and keys, however deep', async (t) => {
  const redactor = await knowing(t, 'tok-12345', 'key-67890\n');
  const value = {
    note: 'used tok-12345 and key-67890, visible',
    'at tok-12345': [{ 'at key-67890': 1 }, null, true],
    'at key-67890': 2,
  };
  assert.deepEqual(redactor.redact(value), {
    note: 'used [redacted] and [redacted], visible',
    'at [redacted]': [{ 'at [redacted]': 1 }, null, true],
    'at [redacted] 2': 2,
  });
});

test('leaves a secret that is part of a name, and words that values are made of', async (t) => {
  const redactor = await knowing(t, 'production', 'pass');
  const names = ['shop-production'];
  const text = 'shop-production is production, shop-production-2, my-production';
  assert.equal(
    redactor.redact(text, names),
    'shop-production is [redacted], shop-production-2, my-[redacted]',
  );
  const value = { verdict: 'pass', version: 'production-1', production: { text: 'production' } };
  assert.deepEqual(redactor.redact(value), { ...value, production: { text: '[redacted]' } });
});

test('replaces the longer of two secrets that start alike', async (t) => {
  const redactor = await knowing(t, 'secret', 'secret-and-more');
  assert.equal(redactor.redact('x secret-and-more y secret z'), 'x [redacted] y [redacted] z');
});

test('finds a secret that is encoded, escaped, or inside other encoded text', async (t) => {
  const token = 'pä"ss/w+rd &=?';
  const redactor = await knowing(t, token, 'key-67890');
  const base64 = (text: string): string => Buffer.from(text).toString('base64');
  const forms = [
    token,
    JSON.stringify(token),
    encodeURIComponent(token),
    new URLSearchParams({ q: token }).toString(),
    base64(token),
    Buffer.from(token).toString('base64url'),
    base64(`ana:${token}:x`),
    base64(`anna:${token}`),
    base64(`a:${token}`),
  ];
  for (const form of forms) assert.match(redactor.redact(form), /\[redacted\]/, form);
});

test('finds single lines of a secret of many lines', async (t) => {
  const redactor = await knowing(t, 'tok-12345', 'first-line-of-it\nsecond-line-of-it\n');
  assert.equal(redactor.redact('got second-line-of-it'), 'got [redacted]');
});

test('leaves values shorter than four characters alone', async (t) => {
  const redactor = await knowing(t, 'abc', 'key-67890');
  assert.equal(redactor.redact('abcdef'), 'abcdef');
});

test('names every secret that is not there, and no value', async (t) => {
  const dir = await systemsWith(t, { 'shop/system.yaml': YAML });
  const redactor = createRedactor({
    env: {},
    readFile: () => Promise.reject(new Error('gone')),
    reader: 'the worker',
  });
  await assert.rejects(redactor.learn(secretSource(await loadSystem(dir, 'shop'))), {
    kind: 'BadInput',
    message: [
      'secrets of shop are not there: services.api.configuration.TOKEN refers to the environment variable TOKEN; set it where the worker is started',
      `services.api.configuration.KEY refers to the file ${dir}/shop/key.txt, which cannot be read; write the secret there`,
    ].join('; '),
  });
});

test('knows the old value and the new one after a change', async (t) => {
  const dir = await systemsWith(t, { 'shop/system.yaml': YAML, 'shop/key.txt': 'old-value' });
  const redactor = createRedactor({
    env: { TOKEN: 'tok-12345' },
    readFile: (path) => readFile(path, 'utf8'),
    reader: 'the worker',
  });
  const loaded = await loadSystem(dir, 'shop');
  await redactor.learn(secretSource(loaded));
  await writeFile(`${dir}/shop/key.txt`, 'new-value');
  await redactor.learn(secretSource(loaded));
  assert.equal(redactor.redact('old-value new-value'), '[redacted] [redacted]');
});

test('leaves no secret in any JSON value', async (t) => {
  const secret = 'S3cr*t(.)[x]';
  const redactor = await knowing(t, secret, 'key-67890');
  const planted = fc
    .jsonValue()
    .chain((value) =>
      fc.constantFrom(
        { value, [`k${secret}`]: secret },
        [value, { deep: [`${secret}${secret}`] }],
        JSON.stringify({ value, secret }),
      ),
    );
  fc.assert(
    fc.property(planted, (value) => {
      const text = JSON.stringify(redactor.redact(value));
      assert.ok(!text.includes(secret));
      assert.ok(text.includes('[redacted]'));
    }),
  );
});

test('knows the secrets that an analysis sends to its server, and says which is missing', async (t) => {
  const analysis =
    '{ source: prometheus, bearerToken: { env: PROM }, headers: { x-key: { file: key.txt } }, metrics: { e: { query: up, max: 1 } } }';
  const yaml = shopWith(13, `  errors: ${analysis}`);
  const dir = await systemsWith(t, { 'shop/system.yaml': yaml, 'shop/key.txt': 'key-67890' });
  const sources = {
    readFile: (path: string) => readFile(path, 'utf8'),
    reader: 'the worker',
  };
  const redactor = createRedactor({ ...sources, env: { PROM: 'tok-12345' } });
  await redactor.learn(secretSource(await loadSystem(dir, 'shop')));
  assert.equal(redactor.redact('tok-12345, key-67890'), '[redacted], [redacted]');
  await assert.rejects(
    createRedactor({ ...sources, env: {} }).learn(secretSource(await loadSystem(dir, 'shop'))),
    /analyses\.errors\.bearerToken refers to the environment variable PROM; set it where the worker/,
  );
});
