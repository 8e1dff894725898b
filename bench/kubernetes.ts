// (q) Deploys of a service on a Kubernetes cluster of the tests, under load, by a worker that is a process of its own: how long
// they take beside their bakes, what the API server is asked, which requests fail, and how soon users go by new weights.
import type { Weights } from '../src/domain/rollout/model.ts';
import { ask } from '../test/support/http-load.ts';
import { waiting } from '../test/support/local-daemon.ts';
import {
  startCluster,
  WITHOUT_KUBERNETES,
  type Cluster,
} from '../test/support/kubernetes/cluster.ts';
import { platformOn, prepare, imageSpec, targetOn } from '../test/support/kubernetes/fairlead.ts';
import { testImages } from '../test/support/kubernetes/images.ts';
import { findKubernetes } from '../test/support/kubernetes/programs.ts';
import { openRollouts, Shop, type Rollouts } from '../test/support/kubernetes/rollouts.ts';
import { newNamespace, type Scope } from '../test/support/kubernetes/shared.ts';
import { figure, MissingPart, type Measured, type Stage } from './figure.ts';

/** Two bakes and a watch of 2 s each. */
const BAKES_S = 6;
const IN_A_ROW = 20;

export async function kubernetes(stage: Stage): Promise<Measured[]> {
  if (findKubernetes() === undefined) throw new MissingPart(WITHOUT_KUBERNETES);
  const { address } = await stage.server();
  const ends: (() => unknown)[] = [];
  const scope: Scope = { after: (end) => void ends.push(end) };
  try {
    const cluster = await startCluster({ images: testImages, users: [{ name: 'fairlead' }] });
    ends.push(cluster.stop);
    const seen = await seenAfter(stage, cluster, scope);
    const on = await openRollouts(cluster, address);
    ends.push(on.stop);
    return [...(await deploys(stage, on, scope)), seen];
  } finally {
    for (const end of ends.reverse()) await end();
  }
}

async function deploys(stage: Stage, on: Rollouts, scope: Scope): Promise<Measured[]> {
  const shop = await Shop.open(on, scope);
  const [seconds, requests]: [number[], number[]] = [[], []];
  for (let round = 0; round < stage.rounds(10); round += 1) {
    const [before, began] = [await askedOf(on.cluster), performance.now()];
    const { outcome, message } = await shop.deploy(`v${round + 2}`);
    if (outcome !== 'succeeded') throw new Error(message);
    seconds.push((performance.now() - began) / 1000 - BAKES_S);
    requests.push((await askedOf(on.cluster)) - before);
  }
  const { 200: answered = 0, ...failed } = await shop.seen();
  const count = Object.values(failed).reduce((all, one) => all + one, 0);
  return [
    figure('a canary of two steps, beside its bakes', 's', seconds),
    figure('requests to the API server in a rollout', 'requests', requests, {
      notes: [
        "all of its metrics' count: controllers, scheduler, gateway, pods and Prometheus are in it",
      ],
    }),
    figure('failed requests of ten deploys under load', 'requests', [count], {
      target: { atMost: 0, of: 'max' },
      notes: [`${answered} were answered with 200, four clients asking one after the other`],
    }),
  ];
}

/** By the API server's own count, of everybody. */
async function askedOf({ api }: Cluster): Promise<number> {
  const lines = (await api.text('/metrics')).split('\n');
  return lines
    .filter((line) => line.startsWith('apiserver_request_total{'))
    .reduce((all, line) => all + Number(line.split(' ').at(-1)), 0);
}

/** From the weights being set, all to the other side, until so many requests in a row were answered by it. */
async function seenAfter(stage: Stage, cluster: Cluster, scope: Scope): Promise<Measured> {
  const namespace = await newNamespace(cluster, scope);
  await prepare(cluster, namespace, ['web']);
  const ref = { system: 'bench', service: 'web' };
  const service = targetOn(cluster, namespace, ref);
  const { workload, traffic } = platformOn(cluster, namespace);
  let sequence = 0;
  const token = () => ({
    ...{ operation: 'bench', step: 'set', epoch: 1 },
    sequence: (sequence += 1),
  });
  const specs = ['v1', 'v2'].map((version) => imageSpec(ref, version));
  for (const spec of specs) {
    await workload.ensure({ service, spec, replicas: 1, token: token() }, waiting());
    for (;;) {
      const all = await workload.revisions(service, waiting());
      if (all.some(({ spec: { id }, ready }) => id === spec.id && ready > 0)) break;
    }
  }
  const values: number[] = [];
  let expect: Weights = [];
  for (let round = 0; round < stage.rounds(20) + 1; round += 1) {
    const { id, version } = specs[round % 2] ?? imageSpec(ref, 'v1');
    const weights = [{ revision: id, version, percent: 100 }];
    await traffic.set({ service, weights, expect, token: token() }, waiting());
    expect = weights;
    const took = await untilSame(service.platform.kubernetes.gateway.address, id);
    // The first one makes the route lead anywhere at all.
    if (round > 0) values.push(took);
  }
  return figure('weights set → every request by them', 'ms', values, {
    notes: [
      'until the first of 20 answers in a row of the other side; the gateway waits for 100 ms between two changes of its own',
    ],
  });
}

/** How long (ms) until the first of so many answers in a row of one revision. */
async function untilSame(url: string, revision: string): Promise<number> {
  const set = performance.now();
  let first = set;
  for (let same = 0; same < IN_A_ROW;) {
    const { status, headers } = await ask(`${url}/`);
    const isSame = status === 200 && headers['x-identity'] === revision;
    if (same === 0) first = performance.now();
    same = isSame ? same + 1 : 0;
  }
  return first - set;
}
