// Whoever made an operation give way is told what stays done of it.
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { leftBy } from '../../src/activities/leases/left-by.ts';
import { sealInterrupted } from '../../src/activities/record/seal-interrupted.ts';
import type { PlanStep, StepAction } from '../../src/domain/operation/plan.ts';
import type { EvidenceBody, StepStatus } from '../../src/domain/record/evidence.ts';
import { createActivityWorld } from '../support/activity-world.ts';
import { entriesOf, OPENED, ROLLED_BACK } from '../support/record/evidence.ts';

const change = { command: ['make'] };
const made: StepAction = { kind: 'do', change, check: null, back: change, timeout: 1 };
const kept: StepAction = { ...made, back: null };
const stopped: StepAction = { kind: 'stop', service: 'api', back: 100 };
const admitted: StepAction = { kind: 'admit', service: 'api', percent: 100 };
const scaled = (replicas: number, before: number | null): StepAction => ({
  ...{ kind: 'scale', service: 'api', revision: 'v1' },
  ...{ replicas, before },
});
const weights: StepAction = {
  ...{ kind: 'weights', service: 'api', weights: [], back: [] },
  capacity: { revision: 'v2', replicas: 1 },
};

type Course = [id: string, action: StepAction, status: StepStatus][];

/** The record of an operation whose steps came so far. */
function recordOf(course: Course, ...more: EvidenceBody[]): EvidenceBody[] {
  const steps = course.map(([id, action]): PlanStep => ({ id, title: id, undo: '', action }));
  const planned = ROLLED_BACK.find((entry) => entry.type === 'planned') ?? assert.fail();
  return [
    { ...OPENED, operation: 'run/shop/tidy' } as EvidenceBody,
    { type: 'planned', plan: { ...planned.plan, steps } },
    ...course.map(([id, , status]): EvidenceBody => {
      return { type: 'step', id, title: id, status, attempts: 1 };
    }),
    ...more,
  ];
}

async function told(bodies: EvidenceBody[]): Promise<string | undefined> {
  const it = createActivityWorld();
  const { run } = it.call();
  await it.ports.evidence.append(run, entriesOf(bodies));
  return leftBy(it.ports, run);
}

const undone: EvidenceBody = {
  ...{ type: 'undo', step: 'a', verb: 'takeBack', status: 'done', detail: '' },
};

describe('whoever took over is told', () => {
  test('the steps that stay done, with an undo or without one', async () => {
    const course: Course = [
      ['a', made, 'done'],
      ['seen', { kind: 'manual', text: 'Look', back: null }, 'done'],
      ['b', kept, 'done'],
    ];
    const said = 'run/shop/tidy gave way after step b; its steps a, b stay done';
    assert.equal(await told(recordOf(course)), said);
  });

  test('a step that was under way, and one that failed', async () => {
    const ways: [StepStatus, string][] = [
      ['started', 'b was under way, and how far it came was not recorded'],
      ['failed', 'b failed, and may be done in part'],
    ];
    for (const [status, words] of ways) {
      const course: Course = [
        ['a', made, 'done'],
        ['b', made, status],
      ];
      const said = `run/shop/tidy gave way at step b; its step a stays done; ${words}`;
      assert.equal(await told(recordOf(course)), said);
    }
  });

  test('nothing of a step that was undone, was passed over or changed nothing', async () => {
    const course: Course = [
      ['a', made, 'done'],
      ['b', made, 'passedOver'],
      ['wait', { kind: 'pause', ms: 1 }, 'done'],
    ];
    assert.equal(await told(recordOf(course, undone)), undefined);
    const failed: EvidenceBody = { ...undone, status: 'failed' };
    assert.match((await told(recordOf(course, failed))) ?? '', /its step a stays done/);
  });

  test('that a window keeps users out, until the window itself let them in', async () => {
    const [out, down]: Course = [
      ['stop-api', stopped, 'done'],
      ['down-api', scaled(0, 4), 'done'],
    ];
    assert.ok(out !== undefined && down !== undefined);
    const up: Course[number] = ['up-api', scaled(4, null), 'done'];
    const all: Course = [out, down, up, ['admit-api', admitted, 'done']];
    const said = await Promise.all([2, 3, 4].map((n) => told(recordOf(all.slice(0, n)))));
    assert.deepEqual(said, [
      'run/shop/tidy gave way after step down-api; its steps stop-api, down-api stay done',
      'run/shop/tidy gave way after step up-api; its step stop-api stays done',
      undefined,
    ]);
  });

  test('nothing of shares of users, from which it plans as they are', async () => {
    assert.equal(await told(recordOf([['weight-5', weights, 'done']])), undefined);
  });

  test('that the record cannot be read', async () => {
    const evidence = { read: () => Promise.reject(new Error('entry 3 is missing')) };
    const run = { workflowId: 'run/shop/tidy', runId: 'run' };
    assert.match((await leftBy({ evidence }, run)) ?? '', /run\/shop\/tidy.*not known.*entry 3/);
  });

  test('the same of one that was terminated', async () => {
    const it = createActivityWorld();
    const { run } = it.call();
    const course: Course = [
      ['a', made, 'done'],
      ['b', made, 'started'],
    ];
    await it.ports.evidence.append(run, entriesOf(recordOf(course)));
    assert.match(
      (await sealInterrupted(it.ports, run)) ?? '',
      /ended without closing its record, at b; its step a stays done; b was under way/,
    );
  });
});
