// Two workers with data folders of their own and one object store: what one began the other ends, and both see all of it.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { after, test } from 'node:test';
import type { RunRef } from '../../src/domain/operation/operation.ts';
import { buildReport } from '../../src/domain/record/build-report.ts';
import { verifyChain } from '../../src/domain/record/evidence-chain.ts';
import { noticeOf } from '../../src/domain/people/notice.ts';
import { isSignedBy } from '../../src/integrations/signing.ts';
import { workerIdentity } from '../../src/integrations/store-id.ts';
import { realPorts } from '../../src/worker-assembly.ts';
import { entryArgs } from '../support/entry.ts';
import { eventually, waiting } from '../support/local-daemon.ts';
import { FACTS } from '../support/notices.ts';
import { endOf, memoryPorts, startTestWorker } from '../support/operations.ts';
import { openShop, send } from '../support/shop.ts';
import { testServer } from '../support/temporal-server.ts';

const root = mkdtempSync(join(tmpdir(), 'fairlead-shared-'));
after(() => {
  rmSync(root, { recursive: true, force: true });
});

/** What a worker with this data folder keeps in the store of both, and the key that is its own. */
function recordsOf(data: string) {
  const { evidence, signer, notify, ledger, snapshots } = realPorts({
    systems: join(root, 'systems'),
    data: join(root, data),
    objects: join(root, 'objects'),
    taskQueue: 'fairlead',
    uiHost: '127.0.0.1',
    allowedHosts: [],
    metricsHost: '127.0.0.1',
    logLevel: 'error',
  });
  return { evidence, signer, notify, ledger, snapshots };
}

const told = async (data: string): Promise<string[]> => {
  const file = join(root, data, 'notifications', 'ops.jsonl');
  const lines = (await readFile(file, 'utf8')).trim().split('\n');
  return lines.map((line) => (JSON.parse(line) as { key: string }).key);
};

const one = recordsOf('one');
const other = recordsOf('other');

test('an operation that one worker began another one ends, and both have its whole record', async (t) => {
  const shop = await openShop(one);
  const stopped = shop.live();
  const byOne = await shop.start('stopTraffic', { system: stopped });
  assert.equal((await endOf(byOne)).outcome, 'succeeded');
  const first: RunRef = { workflowId: byOne.workflowId, runId: (await byOne.describe()).runId };
  const { handle } = await shop.waiting({ notify: { ops: { type: 'file' } } });
  await eventually('the first worker to tell', async () => {
    const keys = await told('one').catch(() => []);
    return keys.length > 0;
  });
  await shop.worker.stop();

  const { address } = await testServer();
  const { taskQueue } = shop.worker;
  const worker = await startTestWorker(
    address,
    { ...shop.ports, ...(other as object) },
    { taskQueue },
  );
  t.after(() => worker.stop());
  const goesOn = worker.client.workflow.getHandle(handle.workflowId);
  await send(goesOn, 'approve', { actor: 'ana' });
  const end = await endOf(goesOn);
  assert.equal(end.outcome, 'succeeded', end.message);

  const run: RunRef = { workflowId: handle.workflowId, runId: (await goesOn.describe()).runId };
  const entries = await other.evidence.read(run);
  assert.deepEqual(await one.evidence.read(run), entries);
  assert.equal(verifyChain(entries), undefined);
  const { outcome, clean, findings } = buildReport(await one.evidence.read(run));
  assert.deepEqual([outcome, clean, findings], ['succeeded', true, []]);

  // Each signed what it closed with the key of its data folder; either signature is read and checked anywhere.
  const signatures = [
    [await one.evidence.signature(first), await other.evidence.signature(first)],
    [await one.evidence.signature(run), await other.evidence.signature(run)],
  ];
  for (const [here, there] of signatures) {
    assert.ok(here && isSignedBy(here));
    assert.deepEqual(here, there);
  }
  const keys = signatures.map(([here]) => here?.publicKey);
  assert.deepEqual(keys, [
    (await one.signer.sign('a'.repeat(64))).publicKey,
    (await other.signer.sign('a'.repeat(64))).publicKey,
  ]);
  assert.notEqual(keys[0], keys[1]);

  const [byFirst, bySecond] = [await told('one'), await told('other')];
  assert.match(byFirst.join(), /\/gate\//);
  assert.match(bySecond.join(), /\/ended\//);
  assert.equal(new Set([...byFirst, ...bySecond]).size, byFirst.length + bySecond.length);
});

test('what one worker delivered another one does not send again', async () => {
  const channel = { type: 'file' } as const;
  const sending = { key: 'run-9/ended/ops', name: 'twice', channel, directory: root };
  for (const { notify } of [one, other, one]) {
    const sent = await notify.send({ ...sending, notice: noticeOf(FACTS) }, waiting());
    assert.deepEqual(sent, { delivered: true });
  }
  const lines = await readFile(join(root, 'one', 'notifications', 'twice.jsonl'), 'utf8');
  assert.equal(lines.trim().split('\n').length, 1);
  await assert.rejects(readFile(join(root, 'other', 'notifications', 'twice.jsonl')), /ENOENT/);
});

test('a worker refuses a task queue whose workers keep their records elsewhere', async (t) => {
  const { address } = await testServer();
  const identity = workerIdentity('b'.repeat(12));
  const worker = await startTestWorker(address, memoryPorts([]), { identity });
  t.after(() => worker.stop());
  const env = {
    ...process.env,
    TEMPORAL_ADDRESS: address,
    FAIRLEAD_TASK_QUEUE: worker.taskQueue,
    FAIRLEAD_DATA: join(root, 'third'),
  };
  const { code, stderr } = await eventually('the other worker to be seen', async () => {
    const refused = await refusedWorker(env);
    return refused.code === 2 && refused;
  });
  assert.equal(code, 2);
  assert.match(stderr, /has workers with another one: \d+@\S+, store b{12}\. All workers/);
});

/** Runs a worker until it ends, for at most 15 s: the server takes a moment to know of who polls. */
async function refusedWorker(
  env: NodeJS.ProcessEnv,
): Promise<{ code: number | null; stderr: string }> {
  const child = spawn(process.execPath, entryArgs('worker'), {
    env,
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  const timer = setTimeout(() => child.kill('SIGKILL'), 15_000);
  const [stderr] = await Promise.all([text(child.stderr), once(child, 'exit')]);
  clearTimeout(timer);
  return { code: child.exitCode, stderr };
}
