// The rule of a route where a Helm release is the stable side: the release's Service carries what the release stands on.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Weights } from '../../src/domain/rollout/model.ts';
import { objectName } from '../../src/platforms/kubernetes/names.ts';
import {
  isOwn,
  NEW_RECORD,
  readRecord,
  writeRecord,
  type ReleaseRecord,
  type ServiceRecord,
} from '../../src/platforms/kubernetes/record.ts';
import {
  leadsOnlyTo,
  ruleOf,
  shareOf,
  viewOf,
  withRecord,
  type RoutePlace,
} from '../../src/platforms/kubernetes/route.ts';
import { objectsIn, tagIn } from '../../src/platforms/kubernetes/release/helm.ts';
import { routeShape, type Route } from '../../src/platforms/kubernetes/shapes.ts';
import { plainSpec } from '../support/local-daemon.ts';

const ref = { system: 'shop', service: 'web' };
const v1 = plainSpec(ref, 'v1', 8080);
const v2 = plainSpec(ref, 'v2', 8080);
const place: RoutePlace = {
  ref,
  settings: {
    ...{ context: 'test', namespace: 'shop', route: 'front', identity: 'x-revision' },
    gateway: { address: 'http://127.0.0.1:8080' },
    closed: { service: 'closed', port: 80 },
    helm: {
      ...{ release: 'front', chart: 'chart', values: [], imageKey: 'image.tag' },
      ...{ deployment: 'front', service: { name: 'front', port: 8081 } },
    },
  },
};

const stands = (to?: ReleaseRecord['to']): ReleaseRecord => ({
  ...{ spec: v1, since: '2026-01-01T00:00:00.000Z', numbers: { [v1.id]: 4 } },
  ...(to && { to }),
});
const share = (spec: typeof v1, percent: number) => ({
  ...{ revision: spec.id, version: spec.version, percent },
});
const recordOf = (weights: Weights, release: ReleaseRecord): ServiceRecord => ({
  token: { epoch: 1, sequence: 1, operation: 'deploy/shop/web/v2' },
  traffic: { ...NEW_RECORD.traffic, weights },
  release,
});

/** As somebody wrote it: the release has no weight, which is 1. */
const theirs = (...names: string[]): Route =>
  routeShape.parse({
    metadata: { name: 'front' },
    spec: { rules: [{ backendRefs: names.map((name) => ({ name, port: 8081 })) }] },
  });

const namesOf = (route: Route): [string, number | undefined][] =>
  ruleOf(route, place).refs.map(({ name, weight }) => [name, weight]);

test('what the release stands on is led to by its Service, and the new version by its own', () => {
  const before = recordOf([share(v1, 100)], stands());
  const after = recordOf([share(v1, 90), share(v2, 10)], stands());
  const now = withRecord(theirs('front'), place, { before, after });
  assert.deepEqual(namesOf(now), [
    ['front', 90],
    [objectName(ref, v2.id), 10],
  ]);
  const { record, asRecorded } = viewOf(now, place);
  assert.ok(asRecorded);
  assert.deepEqual(record.traffic.weights, after.traffic.weights);
  assert.equal(shareOf(now, place, { record, revision: v1.id }), 90);
});

test('a release on its way carries nobody: users of its revisions are led to Fairlead’s own', () => {
  const before = recordOf([share(v2, 100)], stands());
  const moving = recordOf([share(v2, 100)], stands({ spec: v2, number: 5 }));
  const way = withRecord(theirs(), place, { before, after: moving });
  assert.deepEqual(namesOf(way), [[objectName(ref, v2.id), 100]]);
  const there = recordOf([share(v2, 100)], { ...stands(), spec: v2 });
  const end = withRecord(way, place, { before: moving, after: there });
  assert.deepEqual(namesOf(end), [['front', 100]]);
});

test('what was adopted holds until something is recorded, and is read back with it', () => {
  const adopted = recordOf([share(v1, 100)], stands());
  const found = viewOf(theirs('front'), { ...place, adopted });
  assert.deepEqual(found.record, adopted);
  assert.ok(found.asRecorded);
  const noted = withRecord(theirs('front'), place, { before: adopted, after: adopted });
  assert.ok(viewOf(noted, place).asRecorded);
  assert.deepEqual(readRecord(writeRecord(adopted), 'reading'), adopted);
});

test('a weight that nobody wrote is as recorded where it is everybody', () => {
  const record = recordOf([share(v1, 100)], stands());
  const written = withRecord(theirs('front'), place, { before: record, after: record });
  const [rule] = written.spec.rules ?? [];
  if (rule !== undefined) rule.backendRefs = [{ name: 'front', port: 8081 }];
  assert.ok(viewOf(written, place).asRecorded);
});

test('a release has all users only where the rule leads nowhere else', () => {
  assert.ok(leadsOnlyTo(theirs('front'), place, 'front'));
  assert.ok(!leadsOnlyTo(theirs('front', 'other'), place, 'front'));
  assert.ok(!leadsOnlyTo(theirs(), place, 'front'));
});

test('the tag of an image is what follows its last colon, and a digest is none', () => {
  assert.equal(tagIn('shop:v2'), 'v2');
  assert.equal(tagIn('registry.example:5000/shop:2024.1-rc_1'), '2024.1-rc_1');
  for (const none of [
    'shop',
    'registry.example:5000/shop',
    'shop@sha256:0123',
    'shop:v2@sha256:01',
  ]) {
    assert.equal(tagIn(none), undefined, none);
  }
});

test('fields that a template leaves empty are none, and documents that are no objects are left out', () => {
  const made = objectsIn('---\n# empty\n---\nkind: Deployment\nmetadata: { name: web, labels: }\n');
  assert.deepEqual(made, [{ kind: 'Deployment', metadata: { name: 'web' } }]);
});

test('Helm revisions that Fairlead began are its own, also the one that it goes back from', () => {
  const to = { spec: v1, number: 6, from: 5 };
  assert.deepEqual(
    [4, 5, 6, 7].map((one) => isOwn(one, to)),
    [false, true, true, false],
  );
  assert.ok(!isOwn(5, undefined));
});
