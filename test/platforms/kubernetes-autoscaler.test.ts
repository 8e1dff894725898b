// What an autoscaler is told to keep for a time, and how that is put back.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { boundsOf, raisedTo } from '../../src/platforms/kubernetes/autoscaler.ts';
import { autoscalerShape } from '../../src/platforms/kubernetes/shapes.ts';

const own = { minReplicas: 2, maxReplicas: 6, note: undefined };

test('its minimum is raised, its maximum where that is below, and both are put back once', () => {
  const few = raisedTo(own, { desired: 3, replicas: 5, by: 'a' });
  assert.deepEqual([few?.minReplicas, few?.maxReplicas], [5, 6]);
  const many = raisedTo(own, { desired: 3, replicas: 10, by: 'a' });
  assert.deepEqual(many, {
    ...{ minReplicas: 10, maxReplicas: 10 },
    note: { by: 'a', before: { minimum: 2, maximum: 6, replicas: 3 } },
  });
  assert.equal(raisedTo(many, { desired: 10, replicas: 10, by: 'a' }), undefined, 'tried again');
  const more = raisedTo(many, { desired: 10, replicas: 12, by: 'b' });
  assert.deepEqual([more?.minReplicas, more?.maxReplicas], [12, 12]);
  assert.ok(more);
  const back = raisedTo(more, { desired: 12, replicas: 3, by: 'c' });
  assert.deepEqual(back, { minReplicas: 2, maxReplicas: 6, note: { by: 'c' } });
  assert.equal(raisedTo(back, { desired: 12, replicas: 3, by: 'c' }), undefined, 'tried again');
});

test('it decides over the Deployment that it names, and says that it was raised', () => {
  const read = (annotations: Record<string, string>) =>
    autoscalerShape.parse({
      metadata: { name: 'web', annotations },
      spec: { scaleTargetRef: { kind: 'Deployment', name: 'shop' }, maxReplicas: 4 },
    });
  assert.deepEqual(boundsOf(read({}), 'shop'), { name: 'web', minimum: 1, maximum: 4 });
  assert.equal(boundsOf(read({}), 'other'), undefined);
  assert.equal(boundsOf(undefined, 'shop'), undefined);
  const note = { by: 'a', before: { minimum: 1, maximum: 2, replicas: 1 } };
  const raised = read({ 'fairlead/autoscaler': JSON.stringify(note) });
  assert.deepEqual(boundsOf(raised, 'shop')?.raised, true);
  const strange = read({ 'fairlead/autoscaler': 'what somebody wrote' });
  assert.equal(boundsOf(strange, 'shop')?.raised, undefined);
});
