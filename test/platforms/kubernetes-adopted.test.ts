// A Deployment of somebody's as the stable side: the way back from a change of its image that never happened, and a Deployment
// that was made anew under its name.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { z } from 'zod';
import type { EpochToken, RevisionSpec } from '../../src/domain/rollout/model.ts';
import type { ApiRequest } from '../../src/platforms/kubernetes/api.ts';
import { clusterOf } from '../../src/platforms/kubernetes/cluster.ts';
import type { Reached } from '../../src/platforms/kubernetes/reached.ts';
import {
  NEW_RECORD,
  type ReleaseRecord,
  type ServiceRecord,
} from '../../src/platforms/kubernetes/record.ts';
import { broughtBy } from '../../src/platforms/kubernetes/release/brought.ts';
import { podsOfChart } from '../../src/platforms/kubernetes/release/chart.ts';
import { plainOf } from '../../src/platforms/kubernetes/release/plain.ts';
import { viewOf, withRecord, type RoutePlace } from '../../src/platforms/kubernetes/route.ts';
import { routeShape, type Route } from '../../src/platforms/kubernetes/shapes.ts';
import { plainSpec } from '../support/local-daemon.ts';

const ref = { system: 'shop', service: 'web' };
const adopts = { deployment: 'web', service: { name: 'web', port: 80 } };
const place: RoutePlace = {
  ref,
  settings: {
    ...{ context: 'test', namespace: 'shop', route: 'front', identity: 'x-revision', adopts },
    gateway: { address: 'http://127.0.0.1:8080' },
    closed: { service: 'closed', port: 80 },
  },
};
const ofImage = (version: string): RevisionSpec => ({
  ...plainSpec(ref, version, 8080),
  program: { kind: 'image', reference: `registry.test/web:${version}`, port: 8080 },
});
const [v1, v2] = [ofImage('v1'), ofImage('v2')];
const token: EpochToken = {
  epoch: 9,
  sequence: 1,
  operation: 'deploy/shop/web/v2',
  step: 'settle',
};

const patchShape = z.object({
  metadata: z.object({ annotations: z.record(z.string(), z.string()) }),
  spec: z.object({
    template: z.object({
      spec: z.exactOptional(z.object({ containers: z.array(z.object({ image: z.string() })) })),
    }),
  }),
});

/** A namespace with that Deployment and its route. */
class OneDeployment {
  image: string;
  annotations: Record<string, string> = {};
  route: Route;
  readonly at: Reached;

  constructor(image: string, release: ReleaseRecord) {
    this.image = image;
    const { signal } = new AbortController();
    const cluster = clusterOf(
      { ask: (request) => Promise.resolve(this.#answer(request)) },
      'shop',
      signal,
    );
    const stable = plainOf(adopts, cluster, 'settling');
    const waiting = { signal, beat: () => undefined };
    this.at = { cluster, place, stable, waiting, what: 'settling' };
    const bare = routeShape.parse({
      metadata: { name: 'front' },
      spec: { rules: [{ backendRefs: [] }] },
    });
    const record: ServiceRecord = { ...NEW_RECORD, release };
    this.route = withRecord(bare, place, { before: NEW_RECORD, after: record });
  }

  get release(): ReleaseRecord {
    return viewOf(this.route, place).record.release ?? assert.fail('no release');
  }

  /** One call of the port: brings it to a revision, as far as it gets. */
  async brought(target: RevisionSpec): Promise<string | undefined> {
    const { stable } = this.at;
    assert.ok(stable);
    const history = await stable.history();
    const last = history.at(-1);
    assert.ok(last);
    return broughtBy({ at: this.at, stable, token, target, history }, this.release, last);
  }

  #answer({ method, path, body }: ApiRequest): unknown {
    if (path.includes('httproutes')) {
      if (method === 'PUT') this.route = routeShape.parse(body);
      return this.route;
    }
    if (method === 'PATCH') {
      const { metadata, spec } = patchShape.parse(body);
      Object.assign(this.annotations, metadata.annotations);
      this.image = spec.template.spec?.containers[0]?.image ?? this.image;
    }
    const template = { spec: { containers: [{ name: 'web', image: this.image }] } };
    return {
      metadata: { name: 'web', uid: '1', resourceVersion: '1', annotations: this.annotations },
      spec: { replicas: 2, selector: { matchLabels: { app: 'web' } }, template },
      status: {},
    };
  }
}

const stood: ReleaseRecord = {
  ...{ spec: v1, since: '2026-01-01T00:00:00.000Z', numbers: { [v1.id]: 1 } },
};

test('a change whose image was never patched is taken back, and its number is noted', async () => {
  const one = new OneDeployment('registry.test/web:v1', { ...stood, to: { spec: v2, number: 2 } });
  assert.match((await one.brought(v1)) ?? '', /change 2 of web was made/);
  assert.equal(one.image, 'registry.test/web:v1');
  assert.deepEqual(one.release.to, { spec: v1, number: 2 });
  assert.equal(await one.brought(v1), undefined, 'nothing is under way any more');
});

test('a change whose image was patched is taken back by the image of before', async () => {
  const one = new OneDeployment('registry.test/web:v1', stood);
  await one.brought(v2);
  assert.equal(one.image, 'registry.test/web:v2');
  await one.brought(v1);
  assert.equal(one.image, 'registry.test/web:v1');
  assert.deepEqual(one.release.to, { spec: v1, number: 3 });
  assert.equal(await one.brought(v1), undefined);
});

test('a Deployment that was made anew with v2 makes no v1 of it', async () => {
  const one = new OneDeployment('registry.test/web:v2', stood);
  const record = { ...NEW_RECORD, release: stood };
  const pods = await podsOfChart(one.at, { spec: v1, record });
  assert.match(JSON.stringify(pods?.spec), /"image":"registry.test\/web:v1"/);
  assert.doesNotMatch(JSON.stringify(pods?.spec), /web:v2/);
});
