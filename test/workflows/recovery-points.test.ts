// Recovery points that are measured, proofs of files that are in no catalogue, and rounds of canary records, with
// datastores in memory.
import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { fileURLToPath } from 'node:url';
import { setTimeout as sleep } from 'node:timers/promises';
import { after, describe, test } from 'node:test';
import { NativeConnection, Worker } from '@temporalio/worker';
import { Failure } from '../../src/domain/failure.ts';
import type { HeartbeatRound } from '../../src/domain/backup/heartbeat-round.ts';
import { leaseId } from '../../src/domain/operation/operation.ts';
import type { Report } from '../../src/domain/record/report.ts';
import { openDataShop, withOrders } from '../support/data-shop.ts';
import { TIMELINE } from '../support/memory/memory-heartbeats.ts';
import { endOf, reportOf, type Ended } from '../support/operations.ts';
import type { ShopFile } from '../support/shop.ts';
import { testServer } from '../support/temporal-server.ts';

const { shop, vault, stored, nothingLeft } = await openDataShop();
const { beats } = shop.ports;
after(() => shop.worker.stop());

const watched = withOrders({
  recoveryPoint: { canary: {}, watermark: { query: 'select newest' } },
  verify: { required: ['artefact', 'loads', 'pointInTime'] },
});
const beat = (daysOld: number) => ({
  ...{ timeline: TIMELINE, number: 9, skewMs: 0 },
  at: new Date(Date.now() - daysOld * 86_400_000).toISOString(),
});

describe('the recovery point of a datastore that has canary records', () => {
  async function prove(inBackup: boolean, age: number): Promise<{ end: Ended; report: Report }> {
    const system = shop.empty(watched);
    const backup = stored(system, 1);
    const entry = vault.entries.get(backup);
    assert.ok(entry?.state === 'complete');
    if (inBackup) entry.manifest.canary = beat(age);
    beats.inCopies = beat(age);
    vault.answers.set('select newest', '2026-01-02 03:04:05+00');
    const handle = await shop.start('verifyBackup', { system, backup });
    const end = await endOf(handle);
    nothingLeft(system);
    return { end, report: await reportOf(handle) };
  }

  test('is the newest record in the copy, with the watermark beside it', async () => {
    const { end, report } = await prove(true, 1.01);
    assert.equal(end.outcome, 'succeeded', end.message);
    assert.deepEqual(
      report.steps.map(({ id }) => id),
      ['artefact', 'loads', 'point-in-time', 'conclude', 'discard'],
    );
    const detail = report.steps[2]?.detail ?? '';
    assert.match(
      detail,
      /canary record 9\); the watermark is 2026-01-02T03:04:05\.000Z, .* before/,
    );
  });

  test('fails where the newest record is older than what may be lost', async () => {
    const { end, report } = await prove(true, 5);
    assert.deepEqual([end.outcome, report.verdict], ['failed', 'fail']);
    assert.match(end.message, /pointInTime: .* 96 h before, more than the RPO of 36 h/);
  });

  test('is inconclusive where the records are not those of the backup', async () => {
    const { end } = await prove(false, 1.01);
    assert.equal(end.outcome, 'inconclusive');
    assert.match(end.message, /the manifest names none/);
  });
});

test('a section that names no way to measure leaves the range of the manifest', async () => {
  const verify = { required: ['pointInTime' as const] };
  const system = shop.empty(withOrders({ recoveryPoint: {}, verify }));
  const backup = stored(system, 1);
  const { outcome, message } = await endOf(await shop.start('verifyBackup', { system, backup }));
  assert.equal(outcome, 'succeeded', message);
});

describe('a proof of a file that is in no catalogue', () => {
  async function proveFile(file: string, store: ShopFile): Promise<{ end: Ended; report: Report }> {
    const system = shop.empty(store);
    const handle = await shop.start('verifyBackup', { system, datastore: 'orders', file });
    const end = await endOf(handle);
    nothingLeft(system);
    const report = await reportOf(handle);
    assert.equal(report.operation, `verify/${system}/orders/file`);
    return { end, report };
  }

  test('restores it, asks it, and gives it no mark', async () => {
    beats.files.set('dumps/good.dump', Date.now());
    beats.inCopies = null;
    vault.answers.set('select debts', '0');
    const required = ['artefact', 'loads', 'invariants'] as const;
    const invariants = [{ name: 'debts', query: 'select debts', equals: '0' }];
    const { end, report } = await proveFile(
      'dumps/good.dump',
      withOrders({ verify: { required: [...required], invariants } }),
    );
    assert.equal(end.outcome, 'succeeded', end.message);
    assert.equal(report.verdict, 'pass');
    assert.deepEqual(
      report.steps.map(({ id }) => id),
      ['artefact', 'loads', 'invariants', 'conclude', 'discard'],
    );
    assert.match(report.steps[3]?.detail ?? '', /gets no mark/);
  });

  test('is inconclusive where rungs are required that take a manifest', async () => {
    beats.files.set('/dumps/good.dump', Date.now());
    const { end } = await proveFile('/dumps/good.dump', withOrders());
    assert.equal(end.outcome, 'inconclusive');
    assert.match(end.message, /not run: complete, correct \(complete and correct take a manifest/);
  });

  test('judges its age by its canary records, at the time of the file', async () => {
    beats.inCopies = beat(3);
    beats.files.set('old.dump', Date.now() - 3 * 86_400_000 + 60_000);
    const fresh = await proveFile('old.dump', watched);
    assert.equal(fresh.end.outcome, 'succeeded', fresh.end.message);
    beats.files.set('old.dump', Date.now());
    const late = await proveFile('old.dump', watched);
    assert.equal(late.end.outcome, 'failed');
    assert.match(late.end.message, /72 h before, more than the RPO/);
  });

  test('that is not there ends before anything is begun', async () => {
    const { end, report } = await proveFile('gone.dump', withOrders());
    assert.equal(end.outcome, 'failed');
    assert.match(end.message, /^there is no gone\.dump on the worker's machine/);
    assert.deepEqual(report.steps, []);
  });

  test('plans without touching anything', async () => {
    const system = shop.empty(withOrders());
    beats.files.set('never-loaded.dump', Date.now());
    const input = { system, datastore: 'orders', file: 'never-loaded.dump', dryRun: true };
    const { outcome } = await endOf(await shop.start('verifyBackup', input));
    assert.equal(outcome, 'planned');
  });
});

describe('a round of canary records', () => {
  const recoveryPoint = { canary: {} };
  const reached = { kind: 'postgres', database: 'o', user: 'u' } as const;
  const three: ShopFile = {
    datastores: {
      orders: { ...reached, recoveryPoint },
      users: { ...reached, recoveryPoint },
      quiet: reached,
    },
  };
  const count = (system: string, store: string): number =>
    beats.written.get(`${system}/${store}`)?.length ?? 0;

  test('writes one into each datastore that asks for it', async () => {
    const system = shop.empty(three);
    const handle = await shop.start('writeCanary', { system });
    const { results } = (await handle.result()) as HeartbeatRound;
    assert.deepEqual(
      results.map(({ datastore, state }) => [datastore, state]),
      [
        ['orders', 'written'],
        ['users', 'written'],
      ],
    );
    assert.deepEqual(
      ['orders', 'users', 'quiet'].map((store) => count(system, store)),
      [1, 1, 0],
    );
  });

  test('goes on when one fails, and fails with what went wrong where', async () => {
    const system = shop.empty(three);
    beats.failures.set(`${system}/orders`, new Failure('Refused', 'the table is somebody else’s'));
    const { outcome, message } = await endOf(await shop.start('writeCanary', { system }));
    assert.equal(outcome, 'failed');
    assert.match(message, /to 1 of 2 datastores: orders: the table is somebody else’s/);
    assert.deepEqual(
      ['orders', 'users'].map((store) => count(system, store)),
      [0, 1],
    );
  });

  test('of a system that asks for none says where to ask', async () => {
    const system = shop.empty(withOrders());
    const { message } = await endOf(await shop.start('writeCanary', { system }));
    assert.match(message, /asks for canary records; write recoveryPoint\.canary/);
  });

  test('leaves a datastore alone that is being recovered', async () => {
    const system = shop.empty(three);
    const { address } = await testServer();
    const connection = await NativeConnection.connect({ address });
    const taskQueue = `recovering-${randomUUID()}`;
    const workflowsPath = fileURLToPath(import.meta.resolve('../support/recovering-workflow.ts'));
    const worker = await Worker.create({ connection, taskQueue, workflowsPath });
    await worker.runUntil(async () => {
      const { client } = shop.worker;
      const id = leaseId(system, 'orders');
      const recovery = await client.workflow.start('disasterRecovery', {
        workflowId: `recover/${system}`,
        taskQueue,
        args: [id],
      });
      while (
        (await client.workflow
          .getHandle(id)
          .describe()
          .catch(() => null)) === null
      ) {
        await sleep(20);
      }
      const fenced = (await (
        await shop.start('writeCanary', { system })
      ).result()) as HeartbeatRound;
      assert.deepEqual(
        fenced.results.map(({ datastore, state }) => [datastore, state]),
        [
          ['orders', 'fenced'],
          ['users', 'written'],
        ],
      );
      assert.match(fenced.results[0]?.detail ?? '', /recover\/shop-.* recovers it/);
      assert.equal(count(system, 'orders'), 0);
      await recovery.terminate('over');
      await (await shop.start('writeCanary', { system })).result();
      assert.equal(count(system, 'orders'), 1);
    });
    await connection.close();
  });
});
