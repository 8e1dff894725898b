// (j) A roll-back while the old side of a blue-green deploy lives: from the lease being had until the local host has
// switched, under `fairlead up` with commercial-view.
import type { WorkflowHandle } from '@temporalio/client';
import { figure, type Measured, type Stage } from './figure.ts';
import { UpPlace } from './up-place.ts';

const SYSTEM = 'side-by-side';
const BLUE_GREEN = `      strategy: blue-green
      blueGreen: { watch: 0s }
      insurance: 1h`;

export async function switchBack(stage: Stage): Promise<Measured[]> {
  await stage.server();
  const place = await UpPlace.open([{ name: SYSTEM, rollout: BLUE_GREEN }]);
  try {
    for (const version of ['v1', 'v2']) {
      const input = { system: SYSTEM, service: 'api', version };
      await (
        await place.start('blueGreenDeploy', `deploy/${SYSTEM}/api/${version}`, input)
      ).result();
    }
    const fromLease: number[] = [];
    const fromStart: number[] = [];
    for (let round = 0; round < stage.rounds(11); round += 1) {
      // A second roll-back goes forward again, so they take turns; the other side is kept all the while.
      const to = round % 2 === 0 ? 'v1' : 'v2';
      const started = Date.now();
      const input = { system: SYSTEM, service: 'api', reason: 'measured' };
      const handle = await place.start('rollback', `rollback/${SYSTEM}/api`, input);
      const switched = await place.whenShared(SYSTEM, to, 100);
      await handle.result();
      // The first one warms the worker up.
      if (round === 0) continue;
      fromLease.push((switched - (await leaseHad(handle))) / 1000);
      fromStart.push((switched - started) / 1000);
    }
    return [
      figure('rollback: lease had → switched', 's', fromLease, {
        target: { atMost: 1, of: 'max' },
        notes: ['the old side is there and ready: plan, look, look, switch'],
      }),
      figure('rollback: asked for → switched', 's', fromStart),
    ];
  } finally {
    await place.close();
  }
}

/** When Temporal's server started the lease (ms since 1970): the same machine's clock. */
async function leaseHad(handle: WorkflowHandle): Promise<number> {
  const { events } = await handle.fetchHistory();
  const started = events?.find((one) => one.childWorkflowExecutionStartedEventAttributes != null);
  const { seconds, nanos } = started?.eventTime ?? {};
  if (seconds == null) throw new Error(`${handle.workflowId} has no lease`);
  return Number(seconds) * 1000 + (nanos ?? 0) / 1e6;
}
