// An incident to which everybody writes at once: a thousand messages that one activation of its workflow gets, and more while it
// handles them. Its worker lives on, nothing is lost, and it goes on as a new run.
import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { test } from 'node:test';
import { Client, Connection, type WorkflowHandle } from '@temporalio/client';
import { incidentStart } from '../../src/domain/incident/incident-request.ts';
import type { IncidentStatus } from '../../src/domain/incident/incident-status.ts';
import { memoryPorts, startTestWorker } from '../support/operations.ts';
import { send } from '../support/shop.ts';
import { sampleSystem } from '../support/samples.ts';
import { testServer } from '../support/temporal-server.ts';

const MANY = 1000;

async function lines(handle: WorkflowHandle): Promise<number> {
  const status = await handle.query<IncidentStatus | null>('status').catch(() => null);
  return status?.lines ?? 0;
}

test('1,010 messages at once are all kept, once, and it goes on as a new run', async () => {
  const { address } = await testServer();
  const connection = await Connection.connect({ address });
  const client = new Client({ connection });
  const taskQueue = `flood-${randomUUID()}`;
  const loaded = sampleSystem();
  const system = loaded.name;
  const { type, ...start } = incidentStart({
    ...{ system, id: `flood-${randomUUID().slice(0, 8)}`, title: 'Users wait', severity: 'P1' },
  });
  // Nobody is there to take them one by one.
  const { workflowId, firstExecutionRunId } = await client.workflow.start(type, {
    ...start,
    taskQueue,
  });
  const handle = client.workflow.getHandle(workflowId);
  await Promise.all(
    Array.from({ length: MANY }, (_, n) =>
      handle.signal('update', { actor: 'ana', note: `note ${n}` }),
    ),
  );
  const ports = memoryPorts([loaded]);
  const worker = await startTestWorker(address, ports, { taskQueue, unwatched: true });
  try {
    while ((await lines(handle)) === 0) await sleep(100);
    const notes = Array.from({ length: 10 }, (_, n) =>
      send(handle, 'update', { actor: 'ben', note: `more ${n}` }),
    );
    await Promise.all(notes);
    while ((await lines(handle)) < MANY + 10) await sleep(100);
    while ((await handle.describe()).runId === firstExecutionRunId) await sleep(100);
    await send(handle, 'acknowledge', { actor: 'ana' });
    const record = await ports.incidents.read(
      { system, id: workflowId.split('/')[2] ?? '' },
      {
        signal: AbortSignal.timeout(10_000),
        beat: () => undefined,
      },
    );
    const kept = (record?.timeline ?? [])
      .filter(({ kind }) => kind === 'note')
      .map(({ what }) => what);
    assert.equal(new Set(kept).size, MANY + 10);
    assert.equal(kept.length, MANY + 10);
    assert.equal(record?.problem, null);
  } finally {
    await worker.stop();
    await connection.close();
  }
});
