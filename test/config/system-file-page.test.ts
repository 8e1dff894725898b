// docs/system-file.md: its tables are those of the schema, its examples run, its system file passes `check`.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { get } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { z } from 'zod';
import { systemJsonSchema } from '../../src/config/reading/json-schema.ts';
import { keysOf, PAGE, renewed } from '../../scripts/system-file-page.ts';
import { freePort } from '../support/free-ports.ts';
import { mistakesOf, systemsWith } from '../support/system-files.ts';

const page = await readFile(PAGE, 'utf8');

/** The first block of code of that language. */
function block(language: string): string {
  const [, code = ''] = new RegExp(`\`\`\`${language}\n([^]*?)\`\`\``).exec(page) ?? [];
  assert.notEqual(code, '', `the page has a block of ${language}`);
  return code;
}

test('the tables of the page are those of the schema', () => {
  const right = renewed(page) === page;
  assert.ok(right, 'write them anew: node --import tsx scripts/system-file-page.ts');
});

test('every key says what it is for, and every value has a default or an example', () => {
  for (const { path, node } of keysOf()) {
    assert.ok(
      node.meaning,
      `${path} has no meaning: write .meta({ meaning, example }) in src/config`,
    );
    const { items, additionalProperties: entries } = node;
    const isMap = node.properties !== undefined || typeof entries === 'object';
    const ofMaps = typeof items === 'object' && 'properties' in items;
    const told = node.default !== undefined || node.example !== undefined;
    assert.ok(told || isMap || ofMaps, `${path} has neither default nor example`);
  }
});

test('what the page calls required is refused where it is missing, and nothing else is called so', async (t) => {
  const shown = [...page.matchAll(/^\| `([\w.[\]]+)` .*\*\*required\*\*/gm)].map(([, key]) => key);
  for (const key of ['system', 'services', 'directory']) assert.ok(shown.includes(key), key);
  const file = (store: string, service = 'platform: local, command: [sh], port: 8000'): string =>
    `system: shop\nservices: { api: { ${service} } }\ndatastores: { data: { ${store} } }\n`;
  const without = {
    directory: file('kind: files'),
    platform: file('kind: files, directory: data', 'command: [sh], port: 8000'),
    port: file('kind: files, directory: data', 'platform: local, command: [sh]'),
  };
  for (const [key, text] of Object.entries(without)) {
    const mistakes = await mistakesOf(await systemsWith(t, { 'shop/system.yaml': text }), 'shop');
    assert.equal(mistakes.length > 0, shown.includes(key), `${key}: ${mistakes.join('; ')}`);
  }
});

test('every example is allowed where it stands', () => {
  for (const { path, node } of keysOf()) {
    if (node.example === undefined) continue;
    const parsed = z.fromJSONSchema(node).safeParse(node.example);
    assert.ok(parsed.success, `${path}: ${parsed.error?.message ?? ''}`);
  }
});

test('an editor is told by the schema what a key is for, what it takes and an example', () => {
  const service = systemJsonSchema().properties?.['services'];
  assert.ok(typeof service === 'object' && typeof service.additionalProperties === 'object');
  const drain = service.additionalProperties.properties?.['drain'];
  assert.ok(typeof drain === 'object');
  assert.match(
    drain.description ?? '',
    /^How long a process may finish .*\. Write a duration with a unit/,
  );
  assert.doesNotMatch(JSON.stringify(systemJsonSchema()), /"meaning"|"example"/);
});

test('the system file of the page passes check', async (t) => {
  const files = { 'shop/system.yaml': block('yaml'), 'shop/v1.py': '', 'shop/data/orders.csv': '' };
  assert.deepEqual(await mistakesOf(await systemsWith(t, files), 'shop'), []);
});

for (const [language, program] of [
  ['python', 'python3'],
  ['js', process.execPath],
] as const) {
  test(`the service in ${language} listens where it is told, answers its health path and ends on SIGTERM`, async (t) => {
    const dir = await mkdtemp(join(tmpdir(), 'fairlead-example-'));
    t.after(() => rm(dir, { recursive: true, force: true }));
    const file = join(dir, language === 'js' ? 'v1.mjs' : 'v1.py');
    await writeFile(file, block(language));
    const port = await freePort();
    const env = { PATH: process.env['PATH'], HOST: '127.0.0.1', PORT: String(port) };
    const child = spawn(program, [file], { env, stdio: 'ignore' });
    const failed = once(child, 'error').then(([error]) => error as unknown);
    t.after(() => child.kill('SIGKILL'));
    const health = await Promise.race([answered(port, '/health'), failed]);
    assert.deepEqual(health, { status: 200, body: 'ok\n' });
    assert.deepEqual(await answered(port, '/'), { status: 200, body: 'hello from v1\n' });
    const ended = once(child, 'exit');
    child.kill('SIGTERM');
    assert.deepEqual(await ended, [0, null]);
  });
}

/** Asks until somebody answers. */
async function answered(port: number, path: string): Promise<{ status?: number; body: string }> {
  for (;;) {
    try {
      return await asked(port, path);
    } catch {
      await sleep(20);
    }
  }
}

function asked(port: number, path: string): Promise<{ status?: number; body: string }> {
  return new Promise((done, failed) => {
    get({ host: '127.0.0.1', port, path, agent: false }, (response) => {
      let body = '';
      response.setEncoding('utf8').on('data', (part: string) => (body += part));
      response.on('end', () => {
        done({ ...(response.statusCode !== undefined && { status: response.statusCode }), body });
      });
    }).once('error', failed);
  });
}
