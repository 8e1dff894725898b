// What an autoscaler is told to keep for a time, and how that is put back: what somebody else set meanwhile stays, and what is
// older than its newest change is refused.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { EpochToken } from '../../src/domain/rollout/model.ts';
import {
  backFrom,
  boundsOf,
  pointed,
  putBack,
  raised,
  raiseOf,
} from '../../src/platforms/kubernetes/autoscaler.ts';
import { objectName } from '../../src/platforms/kubernetes/names.ts';
import { NEW_RECORD, type ServiceRecord } from '../../src/platforms/kubernetes/record.ts';
import { withRecord, type RoutePlace } from '../../src/platforms/kubernetes/route.ts';
import { autoscalerShape, routeShape, type Route } from '../../src/platforms/kubernetes/shapes.ts';
import { oneAutoscaler, type OneAutoscaler } from '../support/kubernetes/one-autoscaler.ts';

const own = { minReplicas: 2, maxReplicas: 6 };
const ref = { system: 'shop', service: 'web' };
const place: RoutePlace = {
  ref,
  settings: {
    ...{ context: 'test', namespace: 'shop', route: 'front', identity: 'x-revision' },
    gateway: { address: 'http://127.0.0.1:8080' },
    ...{ closed: { service: 'closed', port: 80 }, autoscaler: 'web' },
  },
};
const [v1, v2] = ['v1-0123456789', 'v2-0123456789'];

function token(epoch: number, sequence = 1): EpochToken {
  return { epoch, sequence, operation: `scale/${epoch}`, step: 'scale' };
}

function onV1(): OneAutoscaler {
  const name = objectName(ref, v1);
  return oneAutoscaler(place, { ...own, scaleTargetRef: { kind: 'Deployment', name } });
}

const raisedTo = (one: OneAutoscaler, replicas: number, by: EpochToken): Promise<boolean> =>
  raised(one.at, { name: objectName(ref, v1), desired: 3, replicas }, by);

const limitsOf = ({ spec }: OneAutoscaler): number[] => [spec.minReplicas, spec.maxReplicas];

/** All users on a revision, as an operation of this epoch left it. */
function routeOn(revision: string, epoch: number): { route: Route; record: ServiceRecord } {
  const weights = [{ revision, version: revision.slice(0, 2), percent: 100 }];
  const record: ServiceRecord = {
    token: { epoch, sequence: 1, operation: `deploy/${epoch}` },
    traffic: { ...NEW_RECORD.traffic, weights },
  };
  const bare = routeShape.parse({
    metadata: { name: 'front' },
    spec: { rules: [{ backendRefs: [] }] },
  });
  return { route: withRecord(bare, place, { before: NEW_RECORD, after: record }), record };
}

test('its minimum is raised, its maximum where that is below, and both are put back', () => {
  const few = raiseOf(own, undefined, { desired: 3, replicas: 5 });
  assert.deepEqual(few, { before: own, set: { minReplicas: 5, maxReplicas: 6 }, replicas: 3 });
  const many = raiseOf(own, undefined, { desired: 3, replicas: 10 });
  assert.deepEqual(many.set, { minReplicas: 10, maxReplicas: 10 });
  assert.deepEqual(raiseOf(many.set, many, { desired: 10, replicas: 10 }), many, 'tried again');
  const second = raiseOf(many.set, many, { desired: 10, replicas: 4 });
  assert.deepEqual(second, { before: own, set: { minReplicas: 4, maxReplicas: 6 }, replicas: 3 });
  assert.deepEqual(backFrom(second.set, second), { limits: own });
  assert.equal(raiseOf(own, undefined, { desired: 3, replicas: 1 }).set.minReplicas, 2);
});

test('what somebody else set meanwhile stays, and is said', () => {
  const many = raiseOf(own, undefined, { desired: 3, replicas: 10 });
  const wider = backFrom({ minReplicas: 10, maxReplicas: 20 }, many);
  assert.deepEqual(wider.limits, { minReplicas: 2, maxReplicas: 20 });
  assert.equal(wider.left, 'the maximum 20, which somebody else set meanwhile');
  const higher = backFrom({ minReplicas: 8, maxReplicas: 10 }, many);
  assert.deepEqual(higher.limits, { minReplicas: 8, maxReplicas: 8 }, 'a maximum that is allowed');
  const again = raiseOf({ minReplicas: 3, maxReplicas: 20 }, many, { desired: 4, replicas: 12 });
  assert.deepEqual(again.before, { minReplicas: 3, maxReplicas: 20 }, 'theirs is what is kept');
});

test('put back restores whatever was raised, also to more than there were, and leaves alone what was not', async () => {
  const one = onV1();
  assert.deepEqual(await putBack(one.at, token(1)), {});
  assert.deepEqual([limitsOf(one), one.annotations], [[2, 6], {}], 'nothing was written');
  assert.equal(await raisedTo(one, 10, token(2)), true);
  assert.deepEqual(limitsOf(one), [10, 10]);
  assert.equal(await raisedTo(one, 12, token(3)), true);
  assert.deepEqual(await putBack(one.at, token(4)), {});
  assert.deepEqual(limitsOf(one), [2, 6]);
  assert.deepEqual(await putBack(one.at, token(4)), {}, 'tried again');
  await raisedTo(one, 10, token(5));
  one.touch({ maxReplicas: 15 });
  const back = await putBack(one.at, token(6));
  assert.match(back?.left ?? '', /autoscaler web keeps the maximum 15, which somebody else set/);
  assert.deepEqual(limitsOf(one), [2, 15]);
});

test('a raise that was frozen before its write does not undo a put-back that is newer', async () => {
  const one = onV1();
  await raisedTo(one, 10, token(1));
  one.beforeWrite = () => {
    one.beforeWrite = undefined;
    const note = { epoch: 3, sequence: 1, operation: 'scale-back/shop/web' };
    one.annotations['fairlead/autoscaler'] = JSON.stringify(note);
    one.touch(own);
  };
  await assert.rejects(raisedTo(one, 12, token(2)), { kind: 'Superseded' });
  assert.deepEqual(limitsOf(one), [2, 6]);
});

test('it is pointed at what has all users then, whatever is raised, and by nobody who is too late', async () => {
  const one = onV1();
  await raisedTo(one, 10, token(1));
  const now = routeOn(v2, 2);
  one.route = now.route;
  await pointed(one.at, now.record, token(2));
  assert.equal(one.spec.scaleTargetRef.name, objectName(ref, v2));
  await putBack(one.at, token(3));
  assert.deepEqual(limitsOf(one), [2, 6], 'what was raised is still known');
  // A worker that set the weights, was frozen, and wakes up after a newer operation went back to v1.
  const newer = routeOn(v1, 5);
  one.route = newer.route;
  one.touch({ scaleTargetRef: { kind: 'Deployment', name: objectName(ref, v1) } });
  await assert.rejects(pointed(one.at, now.record, token(4)), { kind: 'Superseded' });
  assert.equal(one.spec.scaleTargetRef.name, objectName(ref, v1));
  // Another one that had read the route already.
  one.route = routeOn(v2, 6).route;
  one.beforeWrite = () => {
    one.beforeWrite = undefined;
    one.route = newer.route;
    one.touch({});
  };
  await pointed(one.at, routeOn(v2, 6).record, token(6));
  assert.equal(one.spec.scaleTargetRef.name, objectName(ref, v1), 'it asked the route again');
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
  const raise = raiseOf(own, undefined, { desired: 3, replicas: 10 });
  const note = { epoch: 1, sequence: 1, operation: 'scale/shop/web', raise };
  const found = read({ 'fairlead/autoscaler': JSON.stringify(note) });
  assert.equal(boundsOf(found, 'shop')?.raised, 3);
  const strange = read({ 'fairlead/autoscaler': 'what somebody wrote' });
  assert.equal(boundsOf(strange, 'shop')?.raised, undefined);
});
