// The rule of a route that leads to a service: what is Fairlead's of it changes, and nothing else.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Failure } from '../../src/domain/failure.ts';
import type { Weights } from '../../src/domain/rollout/model.ts';
import { objectName } from '../../src/platforms/kubernetes/names.ts';
import {
  NEW_RECORD,
  readRecord,
  writeRecord,
  type ServiceRecord,
} from '../../src/platforms/kubernetes/record.ts';
import {
  changedBy,
  ruleOf,
  shareOf,
  strangerIn,
  viewOf,
  withRecord,
  type RoutePlace,
} from '../../src/platforms/kubernetes/route.ts';
import { routeShape, type Route } from '../../src/platforms/kubernetes/shapes.ts';
import { plainSpec } from '../support/local-daemon.ts';

const ref = { system: 'shop', service: 'web' };
const settings = {
  ...{ context: 'test', namespace: 'shop', route: 'front', rule: 'web', identity: 'x-revision' },
  gateway: { address: 'http://127.0.0.1:8080' },
  closed: { service: 'closed', namespace: 'fairlead', port: 80 },
};
const place: RoutePlace = { ref, settings };
const LEGACY = { name: 'legacy', port: 80, weight: 0 };
const STABLE = { revision: 'v1-0123456789', version: 'v1', percent: 100 };

/** Two rules, one of them another service's; a row and a filter in ours that somebody else put there. */
const route = (): Route =>
  routeShape.parse({
    apiVersion: 'gateway.networking.k8s.io/v1',
    kind: 'HTTPRoute',
    metadata: { name: 'front', resourceVersion: '7', annotations: { theirs: 'kept' } },
    spec: {
      parentRefs: [{ name: 'gateway' }],
      rules: [
        { name: 'admin', backendRefs: [{ name: 'admin', port: 80 }] },
        {
          name: 'web',
          filters: [{ type: 'RequestHeaderModifier' }],
          timeouts: { request: '5s' },
          backendRefs: [LEGACY],
        },
      ],
    },
  });

const weighted = (weights: Weights): ServiceRecord => ({
  token: { epoch: 1, sequence: 1, operation: 'deploy/shop/web/v1' },
  traffic: { ...NEW_RECORD.traffic, weights },
});

const set = (from: Route, before: ServiceRecord, after: ServiceRecord): Route =>
  withRecord(from, place, { before, after });

const refsOf = (one: Route): object[] => ruleOf(one, place).refs;

test('weights go into rows of their own; other rows, rules, filters and annotations stay', () => {
  const now = set(route(), NEW_RECORD, weighted([STABLE]));
  const name = objectName(ref, STABLE.revision);
  const own = { group: '', kind: 'Service', name, port: 80, weight: 100 };
  assert.deepEqual(refsOf(now), [LEGACY, own]);
  const [admin, web] = now.spec.rules ?? [];
  assert.deepEqual(admin, route().spec.rules?.[0]);
  assert.deepEqual(
    [web?.['filters'], web?.['timeouts']],
    [[{ type: 'RequestHeaderModifier' }], { request: '5s' }],
  );
  assert.equal(now.metadata.annotations?.['theirs'], 'kept');
  const back = set(now, weighted([STABLE]), weighted([]));
  assert.deepEqual(refsOf(back), [LEGACY], 'also after it is taken back');
});

test('what was set is read back, halves of a percent too', () => {
  const weights = [
    { ...STABLE, percent: 97.5 },
    { revision: 'v2-0123456789', version: 'v2', percent: 2.5 },
  ];
  const { record, asRecorded } = viewOf(set(route(), NEW_RECORD, weighted(weights)), place);
  assert.ok(asRecorded);
  assert.deepEqual(record.traffic.weights, weights);
});

test('a stopped service leads to the backend that closes, in its namespace, and to nobody else', () => {
  const record = weighted([STABLE]);
  const stopped = {
    ...record,
    traffic: { ...record.traffic, stopped: true, weights: [], beforeStop: [STABLE] },
  };
  const open = set(route(), NEW_RECORD, record);
  const strange = structuredClone(open);
  ruleOf(strange, place).refs.push({ name: 'other', port: 80, weight: 5 });
  const closed = set(strange, record, stopped);
  assert.deepEqual(refsOf(closed), [
    LEGACY,
    { name: 'other', port: 80, weight: 0 },
    { group: '', kind: 'Service', name: 'closed', namespace: 'fairlead', port: 80, weight: 1 },
  ]);
  assert.ok(viewOf(closed, place).record.traffic.stopped);
});

test('what somebody else made of the rule is found, whatever the record says', () => {
  const record = weighted([STABLE]);
  const changed = set(route(), NEW_RECORD, record);
  const refs = ruleOf(changed, place).refs;
  refs[1] = { ...refs[1], name: objectName(ref, STABLE.revision), port: 80, weight: 60 };
  refs.push({ name: 'other', port: 80, weight: 40 });
  const view = viewOf(changed, place);
  assert.equal(view.asRecorded, false);
  assert.deepEqual(view.record.traffic.weights, [
    { ...STABLE, percent: 60 },
    { revision: 'other', version: 'other', percent: 40 },
  ]);
  assert.equal(view.stored?.traffic.weights[0]?.percent, 100);
  assert.match(strangerIn(changed, place, view.record) ?? '', /to other \(weight 40\) as well/);
  assert.equal(shareOf(changed, place, { record, revision: STABLE.revision }), 60);
});

test('who set the rules last is named by its field manager', () => {
  const fields = (manager: string, time: string, what: object) => ({
    ...{ manager, operation: 'Update', time },
    fieldsV1: { 'f:spec': what },
  });
  const rules = { 'f:rules': {} };
  assert.equal(changedBy([fields('fairlead', '2026-01-02T00:00:00Z', rules)]), undefined);
  assert.equal(
    changedBy([
      fields('kubectl-edit', '2026-01-02T00:00:00Z', rules),
      fields('argocd', '2026-01-01T00:00:00Z', rules),
      fields('traefik', '2026-01-03T00:00:00Z', {}),
    ]),
    'kubectl-edit at 2026-01-02T00:00:00Z',
  );
});

test('a rule that is not there, and one of several that nobody names, are refused', () => {
  const other = (rule?: string): RoutePlace => {
    const { rule: _, ...rest } = settings;
    return { ref, settings: { ...rest, ...(rule !== undefined && { rule }) } };
  };
  assert.throws(() => ruleOf(route(), other('api')), /no rule api \(it has: admin, web\)/);
  assert.throws(() => ruleOf(route(), other()), /it has 2 rules; give one a name/);
});

test('a record is read as it was written, and the oldest of a long history goes first', () => {
  const served = (version: string, filler = '') => ({
    spec: plainSpec(ref, version, 8080, { configuration: { FILLER: filler } }),
    ...{ replicas: 2, since: '2026-01-01T00:00:00.000Z' },
  });
  const record = {
    token: { epoch: 3, sequence: 2, operation: 'deploy/shop/web/v2' },
    traffic: {
      ...NEW_RECORD.traffic,
      weights: [STABLE],
      served: [served('v2'), served('v1')],
      began: { operation: 'deploy/shop/web/v2', weights: [], served: [served('v1')] },
    },
  };
  assert.deepEqual(readRecord(writeRecord(record), 'reading'), record);
  const long = ['v4', 'v3', 'v2', 'v1'].map((one) => served(one, one.repeat(20_000)));
  const text = writeRecord({ ...record, traffic: { ...record.traffic, served: long } });
  assert.ok(text.length <= 100_000);
  const versions = readRecord(text, 'reading').traffic.served.map(({ spec }) => spec.version);
  assert.deepEqual(versions, ['v4', 'v3']);
  assert.throws(() => readRecord('{}', 'reading shop/web'), Failure);
});
