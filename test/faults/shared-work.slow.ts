// Two workers with nothing in common but Temporal's server and the local host share fifty deploys; one of them is
// killed in the middle of it, and the other one brings all of them to their end.
import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { test } from 'node:test';
import { Client, Connection, type WorkflowHandle } from '@temporalio/client';
import { buildReport } from '../../src/domain/record/build-report.ts';
import { verifyChain } from '../../src/domain/record/evidence-chain.ts';
import type { Report } from '../../src/domain/record/report.ts';
import { awaitThat } from '../support/faults/await-that.ts';
import { FaultPlace } from '../support/faults/fault-place.ts';
import { FaultWorker } from '../support/faults/fault-process.ts';
import { evidenceIn } from '../support/record/evidence-in.ts';
import { temporalOrSkip } from '../support/temporal-server.ts';

const OPERATIONS = 50;
/** Activities that each of the two has done when one is killed: well inside, an operation has about a dozen. */
const DONE_BY_EACH = 120;
const PATIENCE = { within: 240_000, every: 250 };

/** Activities that a worker has begun and not ended. */
function atHand(worker: FaultWorker): number {
  const journal = worker.journal();
  const begun = journal.filter(({ point }) => point?.endsWith('/before') && !point.includes(':'));
  return begun.length - done(worker);
}

function done(worker: FaultWorker): number {
  return worker.journal().filter(({ ended }) => ended !== undefined).length;
}

async function reportOf(place: FaultPlace, handle: WorkflowHandle): Promise<Report> {
  const { workflowId } = handle;
  await handle.result();
  const { runId } = await handle.describe();
  const entries = await evidenceIn(place.data).read({
    workflowId,
    runId,
  });
  assert.equal(verifyChain(entries), undefined);
  return buildReport(entries);
}

test('two workers share fifty deploys, and when one is killed the other brings all of them to their end', async (t) => {
  const server = await temporalOrSkip(t);
  if (server === undefined) return;
  const place = await FaultPlace.open({ address: server.address });
  const workers = [new FaultWorker(place), new FaultWorker(place)] as const;
  const connection = await Connection.connect({ address: server.address });
  t.after(async () => {
    for (const worker of workers) await worker.kill();
    await connection.close();
    await place.close();
  });
  const client = new Client({ connection });
  const taskQueue = `shared-${randomUUID()}`;
  const systems = Array.from({ length: OPERATIONS }, () => `shared-${randomUUID().slice(0, 8)}`);
  for (const system of systems) await place.addSystem(system);
  for (const worker of workers) await worker.begin(taskQueue);
  const handles = await Promise.all(
    systems.map((system) =>
      client.workflow.start('canaryDeploy', {
        workflowId: `deploy/${system}/api/v1`,
        taskQueue,
        workflowTaskTimeout: '5s',
        args: [{ system, service: 'api', version: 'v1', requestedBy: 'ci' }],
      }),
    ),
  );

  const [victim, survivor] = workers;
  const lost = await awaitThat(
    'both workers to be in the middle of it',
    () => {
      const busy = workers.every((worker) => done(worker) >= DONE_BY_EACH);
      return busy && atHand(victim) > 0 ? atHand(victim) : undefined;
    },
    PATIENCE,
  );
  await victim.kill();
  const doneBefore = done(survivor);

  const reports = await Promise.all(handles.map((handle) => reportOf(place, handle)));
  assert.ok(lost > 0 && done(survivor) > doneBefore, 'nothing was left for the survivor');
  const [first] = reports;
  for (const [index, report] of reports.entries()) {
    const { outcome, clean, findings } = report;
    assert.deepEqual(
      { outcome, clean, findings },
      { outcome: 'succeeded', clean: true, findings: [] },
    );
    assert.deepEqual(
      report.steps.map(({ id, status }) => `${id} ${status}`),
      first?.steps.map(({ id, status }) => `${id} ${status}`),
    );
    const system = systems[index] ?? '';
    const service = { system, service: 'api' };
    const { weights } = await place.platform.traffic.read(service);
    assert.deepEqual(
      weights.map(({ version, percent }) => `${version} ${percent}`),
      ['v1 100'],
    );
    // Made twice, it would have a second process.
    assert.equal((await place.servicePids(system)).length, 1);
  }
  const open = await client.workflow.count(
    `TaskQueue = '${taskQueue}' AND ExecutionStatus = 'Running'`,
  );
  assert.equal(open.count, 0, 'a lease or a retirement was left open');
});
