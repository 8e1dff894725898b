import assert from 'node:assert/strict';
import { test } from 'node:test';
import { takeBackup, type DataPorts } from '../../src/activities/data/backups.ts';
import type { Call } from '../../src/activities/call.ts';
import { Failure } from '../../src/domain/failure.ts';
import { datastoreRef } from '../support/datastores/datastores.ts';
import { fails } from '../support/fails.ts';
import { waiting } from '../support/local-daemon.ts';
import { memoryBackups } from '../support/memory/memory-backups.ts';

function takenAs(attempt: number, error: Failure) {
  const call: Call = {
    ...waiting(),
    ...{ operation: 'backup/shop', step: 'backup', kept: null, urgent: false, attempt },
    ...{
      run: { workflowId: 'backup/shop', runId: 'run' },
      previous: undefined,
      givenUp: () => false,
    },
    token: () => Promise.resolve({ operation: 'backup/shop', step: 'b', epoch: 1, sequence: 1 }),
  };
  const { backups, removal } = memoryBackups();
  const ports: DataPorts = {
    backups: { ...backups, backup: () => Promise.reject(error) },
    ...{ removal, clock: { now: () => 0 } },
  };
  const store = datastoreRef('orders', '/', { kind: 'postgres', database: 'shop', user: 'u' });
  return takeBackup(
    { store, id: 'shop/orders/20261122T085126.123Z', systemDigest: 'd' },
    call,
    ports,
  );
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
