// The whole demo as a newcomer runs it, in an empty folder; and given up half-way.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { entryArgs } from '../support/entry.ts';
import { temporalOrSkip } from '../support/temporal-server.ts';

function demo(t: TestContext, cli: string, args: string[] = []) {
  const folder = mkdtempSync(join(tmpdir(), 'fairlead-demo-'));
  t.after(() => {
    rmSync(folder, { recursive: true, force: true });
  });
  const child = spawn(process.execPath, [...entryArgs('client'), 'demo', ...args], {
    cwd: folder,
    env: { PATH: process.env['PATH'], HOME: folder, FAIRLEAD_TEMPORAL_CLI: cli },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const said = { out: '', err: '' };
  child.stdout.setEncoding('utf8').on('data', (text: string) => (said.out += text));
  child.stderr.setEncoding('utf8').on('data', (text: string) => (said.err += text));
  return { folder, child, said, closed: once(child, 'close') };
}

for (const [what, operations] of [
  ['canary', 3],
  ['blue-green', 4],
  ['drill', 3],
  ['inventory', 3],
] as const) {
  test(`every promise of the demo of ${what} holds, and its reports are there`, async (t) => {
    const server = await temporalOrSkip(t);
    if (server === undefined) return;
    const { folder, child, said, closed } = demo(t, server.cli, [what]);
    await closed;
    assert.equal(child.exitCode, 0, said.out + said.err);
    assert.doesNotMatch(said.out, /✘ [a-z]/);
    assert.match(said.out, /✔ nothing is left running/);
    const reports = said.out.match(/\S+\/reports\/\S+/g) ?? [];
    assert.equal(reports.length, operations * 3);
    for (const path of reports) assert.ok(readFileSync(join(folder, path), 'utf8').length > 100);
  });
}

test('Ctrl-C ends the demo with 130 and leaves nothing running', async (t) => {
  const server = await temporalOrSkip(t);
  if (server === undefined) return;
  const { folder, child, said, closed } = demo(t, server.cli);
  // Once: the second one hurries.
  while (!said.out.includes('Smoke')) await once(child.stdout, 'data');
  child.kill('SIGINT');
  await closed;
  assert.equal(child.exitCode, 130, said.out + said.err);
  assert.match(said.err, /nothing is left running/);
  assert.ok(!existsSync(join(folder, '.fairlead', 'demo', 'up.lock')));
  const children: unknown = JSON.parse(
    readFileSync(join(folder, '.fairlead', 'demo', 'children.json'), 'utf8'),
  );
  assert.ok(typeof children === 'object' && children !== null);
  const pids = Object.values(children).map((one: unknown) =>
    typeof one === 'object' && one !== null && 'pid' in one ? Number(one.pid) : 0,
  );
  assert.equal(pids.length, 3);
  for (const pid of pids) assert.throws(() => process.kill(pid, 0), { code: 'ESRCH' });
});
