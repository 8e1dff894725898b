// A recovery that is given up: its copy goes, and what a datastore's own service made for it is named as left over.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { discardCopy } from '../../src/activities/data/discard-copy.ts';
import { STEP_INPUTS } from '../../src/activities/inputs/step-inputs.ts';
import { adoptedAsBackup } from '../../src/domain/backup/backup-id.ts';
import { finishPlan } from '../../src/domain/operation/plan-steps.ts';
import { undoOf } from '../../src/domain/operation/undo.ts';
import { adoptSteps } from '../../src/domain/recovery/live/adopted.ts';
import { undoWork } from '../../src/workflows/step-kinds/table.ts';
import { createActivityWorld } from '../support/activity-world.ts';
import { datastoreRef } from '../support/datastores/datastores.ts';
import { sampleSystem } from '../support/samples.ts';

const INTO = { database: 'orders-restored-1' };

/** What taking back the step that adopts it comes to, and what was asked for. */
async function givenUp(what: string) {
  const { settings } = datastoreRef('orders', '/', { kind: 'firestore', project: 'shop' });
  const sample = sampleSystem();
  const loaded = { ...sample, system: { ...sample.system, datastores: { orders: settings } } };
  const steps = adoptSteps({
    ...{ datastore: 'orders', settings, copy: 'adopted-1' },
    ...{ backup: adoptedAsBackup(what), elsewhere: INTO },
  });
  const plan = finishPlan({ operation: 'recover/shop', kind: 'disasterRecovery', loaded, steps });
  const step = plan.steps.find(({ id }) => id === 'loads-orders') ?? assert.fail('no step');
  const asked: unknown[] = [];
  const discarded: string[] = [];
  const value = await discardCopy(
    STEP_INPUTS.discardCopy({ loaded, plan, step }, {}),
    createActivityWorld().call(),
    {
      backups: {
        copies: async () => [],
        discard: async (copy) => {
          discarded.push(copy);
        },
      },
      namedFiles: {
        left: async ({ into }) => {
          asked.push(into);
          return 'the database orders-restored-1 is there';
        },
      },
    },
  );
  assert.deepEqual(discarded, ['adopted-1']);
  const entry = undoOf(step) ?? assert.fail('no undo');
  const work = undoWork(entry, { expected: () => [], leased: [], plan });
  assert.ok('activity' in work && work.activity === 'discardCopy');
  const result = work.answered({ value, written: true, attempts: 1, runId: 'run', at: 0 });
  assert.ok('event' in result);
  return { asked, event: result.event, detail: result.detail };
}

for (const what of ['backup:b1', 'at:2026-11-22T07:55Z']) {
  test(`the database that was to be made of ${what} is left over`, async () => {
    const { asked, event, detail } = await givenUp(what);
    assert.deepEqual(asked, [INTO]);
    const message = 'the database orders-restored-1 is there';
    assert.deepEqual(event, { type: 'undoFailed', message });
    assert.equal(detail, `adopted-1 is gone; ${message}`);
  });
}

test('what somebody else restored is not asked for, and nothing is left over', async () => {
  const { asked, event } = await givenUp('by-hand');
  assert.deepEqual(asked, []);
  assert.deepEqual(event, { type: 'undone' });
});
