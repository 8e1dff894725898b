// The logs of a service, read from where an earlier look ended.
import assert from 'node:assert/strict';
import { appendFile, mkdtemp, rm, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { readLogs } from '../../src/platforms/local/read-logs.ts';

async function folder(t: TestContext): Promise<string> {
  const dir = await mkdtemp(join(tmpdir(), 'logs-'));
  t.after(() => rm(dir, { recursive: true, force: true }));
  return dir;
}

const textsOf = (answer: { lines: { text: string }[] }): string[] =>
  answer.lines.map(({ text }) => text);

test('each look goes on where the last one ended, and a half line waits for its end', async (t) => {
  const dir = await folder(t);
  const log = join(dir, 'v1-a.1.log');
  await writeFile(log, 'one\ntwo\nthr');
  const first = await readLogs(dir, null);
  assert.deepEqual(first.lines, [
    { source: 'v1-a.1', text: 'one' },
    { source: 'v1-a.1', text: 'two' },
  ]);
  await appendFile(log, 'ee\nfour\n');
  await writeFile(join(dir, 'v1-a.2.log'), 'another process\n');
  const second = await readLogs(dir, first.position);
  assert.deepEqual(textsOf(second).toSorted(), ['another process', 'four', 'three']);
  assert.deepEqual(textsOf(await readLogs(dir, second.position)), []);
});

test('a log that was cut is read from its start, and a long one from its last lines', async (t) => {
  const dir = await folder(t);
  const log = join(dir, 'v1-a.1.log');
  await writeFile(log, `${'x'.repeat(99)}\n`.repeat(1000));
  const first = await readLogs(dir, null);
  assert.ok(first.lines.length > 100 && first.lines.length < 200, `${first.lines.length}`);
  assert.ok(first.lines.every(({ text }) => text.length === 99));
  await truncate(log, 0);
  await appendFile(log, 'anew\n');
  assert.deepEqual(textsOf(await readLogs(dir, first.position)), ['anew']);
});

test('a service that never ran has no logs', async (t) => {
  const dir = await folder(t);
  assert.deepEqual(await readLogs(join(dir, 'nothing'), null), { lines: [], position: {} });
});
