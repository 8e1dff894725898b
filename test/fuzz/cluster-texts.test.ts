// What a cluster and Helm say, on what nobody meant them to say: objects of the API server, logs and events, releases, charts, and
// the annotations that Fairlead reads back. It is read, or refused by a Failure, in a time that grows as the text does.
import assert from 'node:assert/strict';
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { after, describe, test } from 'node:test';
import fc from 'fast-check';
import { Failure } from '../../src/domain/failure.ts';
import { autoscalerOf, boundsOf } from '../../src/platforms/kubernetes/autoscaler.ts';
import { ownSpec } from '../../src/platforms/kubernetes/carriers.ts';
import { clusterOf } from '../../src/platforms/kubernetes/cluster.ts';
import { lastWordsOf, logsSince } from '../../src/platforms/kubernetes/logs.ts';
import { ANNOTATIONS, recordName } from '../../src/platforms/kubernetes/names.ts';
import type { Reached } from '../../src/platforms/kubernetes/reached.ts';
import { readRecord } from '../../src/platforms/kubernetes/record.ts';
import {
  containerOf,
  deploymentIn,
  imageIn,
} from '../../src/platforms/kubernetes/release/chart.ts';
import { helmOf, objectsIn, tagIn } from '../../src/platforms/kubernetes/release/helm.ts';
import {
  changedBy,
  strangerIn,
  viewOf,
  type RoutePlace,
} from '../../src/platforms/kubernetes/route.ts';
import { podShape } from '../../src/platforms/kubernetes/shapes.ts';
import { isReplaced, stateOf } from '../../src/platforms/kubernetes/state.ts';
import { plainSpec } from '../support/local-daemon.ts';
import { hostile, holds, holdsAsync, inTime, tree } from '../support/hostile.ts';

const ref = { system: 'shop', service: 'web' };
const spec = plainSpec(ref, 'v1', 8080);
const helm = {
  ...{ release: 'front', chart: 'chart', values: [], imageKey: 'image.tag' },
  ...{ deployment: 'front', service: { name: 'front', port: 8081 } },
};
const place: RoutePlace = {
  ref,
  settings: {
    ...{ context: 'test', namespace: 'shop', route: 'front', identity: 'x-revision' },
    gateway: { address: 'http://127.0.0.1:8080' },
    closed: { service: 'closed', port: 80 },
    ...{ helm, autoscaler: 'web' },
  },
};
const waiting = { signal: new AbortController().signal, beat: () => undefined };

function answering(object: unknown, text = ''): Reached {
  const ask = (asked: { path: string; text?: true }): Promise<unknown> =>
    Promise.resolve(
      asked.text ? text : asked.path.includes('Selector=') ? { items: [object] } : object,
    );
  return { cluster: clusterOf({ ask }, 'shop', waiting.signal), place, what: 'looking', waiting };
}

/** An object as the API server has it, with any field of it replaced by something else. */
const annotation = fc.oneof(
  tree.map((value) => JSON.stringify(value)),
  hostile,
  fc.constantFrom(...['__proto__', 'constructor', 'toString']).map((id) =>
    JSON.stringify({
      ...{ token: null, weights: [{ revision: id, version: id, percent: 100 }] },
      ...{ stopped: false, beforeStop: [], served: [{ id, replicas: 1, since: '' }], specs: {} },
    }),
  ),
);
const object = fc
  .record({
    status: tree,
    spec: tree,
    text: hostile,
    note: annotation,
    endpoints: tree,
    number: fc.oneof(fc.integer(), fc.double()),
  })
  .map(({ status, spec: said, text, note, endpoints, number }) => ({
    ...{ type: 'Warning', reason: text, message: text, lastTimestamp: text, endpoints },
    metadata: {
      ...{ name: 'web', generation: number, labels: { [text]: text } },
      annotations: {
        ...{ [ANNOTATIONS.spec]: note, [ANNOTATIONS.autoscaler]: note, [recordName(ref)]: note },
      },
      managedFields: [{ manager: text, time: text, fieldsV1: { 'f:spec': said } }],
    },
    spec: {
      ...{ replicas: number, minReplicas: number, maxReplicas: number },
      scaleTargetRef: { kind: 'Deployment', name: text },
      rules: [{ name: text, backendRefs: [{ name: text, weight: number, port: number }] }],
      template: { spec: { containers: [{ name: text, image: text, more: said }] } },
      ports: [{ port: number }],
    },
    status: {
      ...{ observedGeneration: number, replicas: number, phase: text, more: status },
      conditions: [{ type: 'Progressing', status: text, reason: text, message: text }],
      containerStatuses: [{ name: 'web', ready: false, state: { waiting: { reason: text } } }],
    },
  }));

describe('what an API server answers', () => {
  test('as objects of any shape is read, or refused', async () => {
    await holdsAsync(fc.tuple(fc.oneof(object, tree), hostile), async ([one, text]) => {
      const at = answering(one, text);
      const { cluster } = at;
      const seen = await Promise.allSettled([
        cluster.route('front').then((route) => {
          if (route === undefined) return;
          const { record } = viewOf(route, place);
          strangerIn(route, place, record);
          changedBy(route.metadata.managedFields);
          // What stands for a revision is one that was written as such.
          for (const served of record.traffic.served) assert.equal(typeof served.spec, 'object');
        }),
        cluster.service('web'),
        autoscalerOf(at).then((found) => boundsOf(found, 'web')),
        cluster.events('web'),
        Promise.all([cluster.deployment('web'), cluster.pods({}), cluster.slices({})]).then(
          async ([deployment, pods, slices]) => {
            await lastWordsOf(at, pods);
            await logsSince(at, pods, null);
            if (deployment === undefined) return;
            ownSpec(deployment, ref);
            isReplaced(deployment);
            stateOf({ spec, deployment, pods, slices, released: false }, place.settings);
          },
        ),
      ]);
      for (const end of seen) if (end.status === 'rejected') throw end.reason;
    });
  });

  test('in an annotation is the record of a service, or refused', () => {
    holds(annotation, (text) => readRecord(text, 'reading'));
  });

  test('names no revision that every object has by birth', () => {
    for (const id of ['constructor', 'toString', '__proto__', 'valueOf']) {
      const [weights, specs] = [[], {}];
      const served = [{ id, replicas: 1, since: '' }];
      const text = JSON.stringify({
        ...{ token: null, weights, stopped: false, beforeStop: [], served, specs },
      });
      assert.deepEqual(readRecord(text, 'reading').traffic.served, [], id);
    }
  });

  test('in an event or a log that is long costs no more than its length', async () => {
    const long = `a${' '.repeat(1_000_000)}b`;
    const event = { type: 'Warning', reason: 'Failed', message: long };
    const pod = podShape.parse({
      metadata: { name: 'web' },
      status: { containerStatuses: [{ name: 'web', ready: false }] },
    });
    await inTime(async () => {
      assert.match(await lastWordsOf(answering(event, long), [pod]), /^it said: a {200,}/);
    });
  });
});

describe('what Helm says', () => {
  const folder = mkdtempSync(join(tmpdir(), 'fairlead-helm-'));
  const answer = join(folder, 'answer');
  writeFileSync(join(folder, 'helm'), `#!/bin/sh\nexec /bin/cat ${answer}\n`);
  chmodSync(join(folder, 'helm'), 0o755);
  const { PATH = '' } = process.env;
  process.env['PATH'] = `${folder}${delimiter}${PATH}`;
  after(() => {
    process.env['PATH'] = PATH;
    rmSync(folder, { recursive: true });
  });
  const manifest = fc.oneof(
    hostile,
    fc
      .array(fc.oneof(object, tree), { maxLength: 3 })
      .map((all) => all.map((one) => JSON.stringify(one)).join('\n---\n')),
  );
  const stable = () =>
    helmOf(helm, {
      ...{ settings: place.settings, directory: folder },
      kubeconfig: undefined,
      what: 'settling',
      waiting,
    });

  test('of what a release is made of is read, or refused', () => {
    holds(manifest, (text) => {
      const deployment = deploymentIn(objectsIn(text), stable(), 'settling');
      imageIn(containerOf(deployment, helm, 'settling'), 'settling');
    });
  });

  test('of a manifest that is nested deep, or grows by its own aliases, is read or refused, in time', async () => {
    const levels = Array.from(
      { length: 30 },
      (_, at) => `a${at}: &a${at} [${`*a${at - 1},`.repeat(at === 0 ? 0 : 9)}x]`,
    );
    const texts = [
      ...['['.repeat(50_000), '{a: '.repeat(20_000), 'a:\n '.repeat(20_000)],
      ...['- '.repeat(20_000), '---\n'.repeat(20_000), `kind: Deployment\n${levels.join('\n')}`],
    ];
    for (const text of texts) {
      await inTime(() => {
        try {
          objectsIn(text);
        } catch (error) {
          assert.ok(error instanceof Failure, String(error));
        }
      });
    }
  });

  test('of revisions and upgrades is read, or refused', async () => {
    const revision = tree.map((value) => ({
      ...{ revision: 1, updated: 'x', status: 'pending', description: 'x' },
      ...(typeof value === 'object' ? value : {}),
    }));
    const said = fc.oneof(
      hostile,
      fc.array(revision, { maxLength: 3 }).map((all) => JSON.stringify(all)),
      manifest.map((text) => JSON.stringify({ manifest: text, hooks: null })),
    );
    await holdsAsync(
      said,
      async (text) => {
        writeFileSync(answer, text);
        const { history, preview } = stable();
        await history().catch(refused);
        await preview({ kind: 'image', reference: 'web:1', port: 80 }).catch(refused);
      },
      40,
    );
  });

  test('as an image has a tag, or has none', async () => {
    holds(hostile, tagIn);
    await inTime(() => tagIn(`${':'.repeat(200_000)}/`));
  });
});

function refused(error: unknown): void {
  if (!(error instanceof Failure)) throw error;
}
