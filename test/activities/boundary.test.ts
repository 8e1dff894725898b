// What an outage is: nobody there for longer than resumeWithin, and not a long wait with somebody there.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { MockActivityEnvironment } from '@temporalio/testing';
import { atBoundary, type Call, type Envelope } from '../../src/activities/boundary.ts';
import { createActivityWorld } from '../support/activity-world.ts';

type Clock = ReturnType<typeof createActivityWorld>['clock'];

const RESUME_WITHIN = 900_000;

/** The kind that asking for a fence fails with after `waits`. Nothing holds a lease here, so that it does fail. */
async function fenceAfter(waits: (call: Call, clock: Clock) => Promise<void>) {
  const { clock, ports } = createActivityWorld();
  const envelope: Envelope<null> = {
    input: null,
    operation: 'deploy/shop/api/v2',
    system: '',
    step: 'weight-5',
    sequence: 1,
    entries: [],
    aliveAt: clock.now(),
    resumeWithin: RESUME_WITHIN,
  };
  const work = atBoundary(ports, async (_: null, call) => {
    await waits(call, clock);
    return call.fence();
  });
  const running = new MockActivityEnvironment().run(work, envelope);
  return running.then(
    () => 'none',
    (error: unknown) => (error instanceof Error && 'type' in error ? error.type : String(error)),
  );
}

test('a wait longer than resumeWithin with a worker there is no outage', async () => {
  const kind = await fenceAfter(async (call, clock) => {
    for (let minutes = 0; minutes < 20; minutes += 1) {
      await clock.sleep(60_000, call.signal);
      call.beat();
    }
  });
  assert.equal(kind, 'Broken', 'it got as far as the missing lease');
});

test('a silence longer than resumeWithin is one, also when the worker beats again afterwards', async () => {
  const kind = await fenceAfter(async (call, clock) => {
    clock.jump(RESUME_WITHIN + 1);
    call.beat();
  });
  assert.equal(kind, 'Outage');
});
