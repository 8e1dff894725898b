// What a person types for a copy that the datastore's own service makes, and for runbooks that work on one.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { byHand } from '../../../src/domain/by-hand/step-commands.ts';
import type { PlanStep, StepAction } from '../../../src/domain/operation/plan.ts';
import { sampleSystem } from '../../support/samples.ts';

const FIRESTORE = { kind: 'firestore', project: 'shop-prod' } as const;
const context = {
  loaded: {
    ...sampleSystem({}, { datastores: { stock: FIRESTORE } }),
    places: { stock: { place: { database: 'stock' }, by: null } },
  },
  datastores: {},
  services: {},
};

function typed(action: StepAction): string {
  const step: PlanStep = { id: 'a', title: 'A', undo: 'none', action };
  return byHand(step, context).type.join('\n');
}

const rung = (backup: string, of: 'loads' | 'invariants' = 'loads'): StepAction => ({
  ...{ kind: 'rung', rung: of, datastore: 'stock', backup, copy: 'copy' },
  ...(of === 'loads' && { into: { elsewhere: { database: 'stock-restored-1' } } }),
});

test('a database that a service has yet to make is made first', () => {
  const clone = typed(rung('place:at:2026-11-22T07:55Z'));
  assert.match(
    clone,
    /^gcloud firestore databases clone --source-database=projects\/shop-prod\/databases\/stock /,
  );
  assert.match(clone, /--snapshot-time=2026-11-22T07:55Z --destination-database=stock-restored-1$/);
  const restore = typed(rung('place:backup:b1'));
  assert.match(restore, /^gcloud firestore databases restore --project=shop-prod /);
  assert.match(restore, /backups\/b1 --destination-database=stock-restored-1$/);
  assert.match(typed(rung('place:at:2026-11-22T07:55Z', 'invariants')), /^# .*that was made/);
  assert.match(typed(rung('place:yesterday')), /yesterday is there already/);
});

test('the page of a runbook on a copy is asked for with what it has to be given', () => {
  const said = typed({ kind: 'runBeside', runbook: 'carry', datastore: 'stock', copy: 'copy' });
  assert.match(said, /--input datastore=stock --input copy=COPY --input quarantined=QUARANTINED/);
});
