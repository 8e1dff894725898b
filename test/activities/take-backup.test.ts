import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { DataPorts } from '../../src/activities/data/backups.ts';
import { takeBackup } from '../../src/activities/data/take-backup.ts';
import type { Call } from '../../src/activities/call.ts';
import { Failure } from '../../src/domain/failure.ts';
import { datastoreRef } from '../support/datastores/datastores.ts';
import { fails } from '../support/fails.ts';
import { waiting } from '../support/local-daemon.ts';
import { memoryBackups, untilAborted } from '../support/memory/memory-backups.ts';

const ID = 'shop/orders/20261122T085126.123Z';

function callOf(attempt: number, change: Partial<Call> = {}): Call {
  return {
    ...waiting(),
    ...{ operation: 'backup/shop', step: 'backup', kept: null, urgent: false, attempt },
    ...{
      run: { workflowId: 'backup/shop', runId: 'run' },
      previous: undefined,
      givenUp: () => false,
    },
    token: () => Promise.resolve({ operation: 'backup/shop', step: 'b', epoch: 1, sequence: 1 }),
    ...change,
  };
}

const store = datastoreRef('orders', '/', { kind: 'postgres', database: 'shop', user: 'u' });

function takenAs(attempt: number, error: Failure) {
  const { backups, removal } = memoryBackups();
  const ports: DataPorts = {
    backups: { ...backups, backup: () => Promise.reject(error) },
    ...{ removal, clock: { now: () => 0 } },
  };
  return takeBackup({ store, id: ID, systemDigest: 'd' }, callOf(attempt), ports);
}

test('a dump that is cut off each time is tried five times, with the reason, and a server that is away longer', async () => {
  const cut = new Failure('Unavailable', 'terminating connection', { begun: true });
  const fourth = await fails('Unavailable', takenAs(4, cut));
  assert.equal(fourth.message, 'terminating connection (attempt 4 of at most 5)');
  const fifth = await fails('NotReady', takenAs(5, cut));
  assert.match(
    fifth.message,
    /^terminating connection \(attempt 5 of at most 5; each ended before/,
  );
  await fails('Unavailable', takenAs(12, new Failure('Unavailable', 'connection refused')));
});

/** What an attempt asks of the two ports, in order. */
async function asked(call: Call, error?: Failure) {
  const order: string[] = [];
  const { backups, removal } = memoryBackups();
  const ports: DataPorts = {
    backups: {
      ...backups,
      backup: async (input, w) => {
        order.push('backup');
        if (error !== undefined) throw error;
        return backups.backup(input, w);
      },
    },
    removal: {
      ...removal,
      removeLeft: async (id, { signal }) => {
        signal.throwIfAborted();
        assert.equal(id, ID);
        order.push('removeLeft');
        return { objects: 3, bytes: 1_100_000_000 };
      },
    },
    clock: { now: () => 0 },
  };
  const taken = takeBackup({ store, id: ID, systemDigest: 'd' }, call, ports);
  const detail = await taken.then(
    (done) => done.detail,
    () => '',
  );
  return { order, detail };
}

test('what attempts left is removed when one begins and when one ends, and the step says how much', async () => {
  const { order, detail } = await asked(callOf(2));
  assert.deepEqual(order, ['removeLeft', 'backup', 'removeLeft']);
  assert.match(detail, /; removed 2\.2 GB that attempts before left$/);
  const failed = await asked(callOf(1), new Failure('Unavailable', 'away'));
  assert.deepEqual(failed.order, ['removeLeft', 'backup', 'removeLeft']);
});

test('an attempt whose time was up removes nothing of its successor, and one that was cancelled leaves nothing', async () => {
  const stopped = (givenUp: boolean) => {
    const stop = new AbortController();
    const token = async () => {
      setImmediate(() => {
        stop.abort(new Failure('Unavailable', 'stopped'));
      });
      return callOf(1).token();
    };
    return callOf(1, { signal: stop.signal, givenUp: () => givenUp, token });
  };
  const slow = async (call: Call) => {
    const { backups, removal } = memoryBackups();
    const order: string[] = [];
    const removeLeft: typeof removal.removeLeft = async () => {
      order.push('removeLeft');
      return { objects: 0, bytes: 0 };
    };
    const backup: typeof backups.backup = (_, { signal }) => untilAborted(signal);
    const ports = { backups: { ...backups, backup }, removal: { ...removal, removeLeft } };
    const input = { store, id: ID, systemDigest: 'd' };
    await fails('Unavailable', takeBackup(input, call, { ...ports, clock: { now: () => 0 } }));
    return order;
  };
  assert.deepEqual(await slow(stopped(false)), ['removeLeft']);
  assert.deepEqual(await slow(stopped(true)), ['removeLeft', 'removeLeft']);
});
