// Revisions as Deployments: the workload port.
import { Failure } from '../../domain/failure.ts';
import type { RevisionSpec, RevisionState, ServiceRef } from '../../domain/rollout/model.ts';
import { withoutRevision } from '../../domain/traffic/traffic-rules.ts';
import type { Waiting } from '../../ports/waiting.ts';
import type { Obstacles, RevisionChange, WorkloadPort } from '../../ports/workload.ts';
import { anchored, noRoute, type Found } from './anchor.ts';
import type { Cluster } from './cluster.ts';
import { lastWordsOf, logsSince } from './logs.ts';
import { deploymentOf, imageOf, previewOf, serviceOf } from './manifests.ts';
import {
  ANNOTATIONS,
  LABELS,
  MANAGER,
  objectName,
  revisionLabels,
  serviceLabels,
} from './names.ts';
import { deleted, patched } from './objects.ts';
import { notReached } from './probes.ts';
import type { Reach, Reached } from './reach.ts';
import { ruleOf, shareOf, strangerIn, viewOf, type RoutePlace } from './route.ts';
import type { Deployment, Pod } from './shapes.ts';
import { desiredOf, ofRevision, specOf, stateOf } from './state.ts';

export function kubernetesWorkload(reach: Reach): WorkloadPort {
  /** Deployments (their uids) that the gateway was seen to lead to. */
  const reached = new Set<string>();
  return {
    revisions: (service, waiting) =>
      reach(service, waiting, 'reading the revisions', (at) => revisions(at, reached, waiting)),
    history: (service, waiting) =>
      reach(service, waiting, 'reading the history', async ({ cluster, place }) => {
        const route = await cluster.route(place.settings.route);
        return route === undefined ? [] : viewOf(route, place).record.traffic.served;
      }),
    ensure: ({ service, spec, ...input }, waiting) =>
      reach(service, waiting, `creating revision ${spec.id}`, (at) =>
        ensure(at, { spec, ...input }),
      ),
    scale: ({ service, revision, replicas, token }, waiting) =>
      reach(service, waiting, `scaling revision ${revision}`, async (at) => {
        const { cluster, place, what } = at;
        await anchored(cluster, { place, token, what });
        const name = objectName(place.ref, revision);
        const found = await patched(cluster, { name, token, what }, (one) =>
          desiredOf(one) === replicas ? undefined : { replicas },
        );
        return stateAt(at, found);
      }),
    restart: ({ service, revision, token }, waiting) =>
      reach(service, waiting, `restarting revision ${revision}`, async (at) => {
        const { cluster, place, what } = at;
        await anchored(cluster, { place, token, what });
        const name = objectName(place.ref, revision);
        const by = `${token.operation} ${token.epoch} ${token.sequence}`;
        const found = await patched(cluster, { name, token, what }, ({ spec: { template } }) =>
          template.metadata?.annotations?.[ANNOTATIONS.restartedBy] === by
            ? undefined
            : { restartedBy: by },
        );
        const state = await stateAt(at, found);
        return { state, done: isReplaced(found) && state.ready >= state.desired };
      }),
    settle: ({ service }) =>
      Promise.reject(
        new Failure(
          'Unsupported',
          `settling ${service.system}/${service.service}: its revisions are Fairlead's own Deployments, and there is no other object to bring to one`,
        ),
      ),
    remove: ({ service, ...change }, waiting) =>
      reach(service, waiting, `removing revision ${change.revision}`, (at) =>
        remove(at, change, waiting),
      ),
    logs: (service, since, waiting) =>
      reach(service, waiting, 'reading the logs', async ({ cluster, place }) =>
        logsSince(cluster, await cluster.pods(serviceLabels(place.ref)), since),
      ),
    obstacles: ({ service, spec }, waiting) =>
      reach(service, waiting, `looking what keeps ${spec.id} from starting`, (at) =>
        obstacles(at, spec),
      ),
  };
}

async function revisions(
  at: Reached,
  reached: Set<string>,
  waiting: Waiting,
): Promise<RevisionState[]> {
  const { cluster, place } = at;
  const labels = serviceLabels(place.ref);
  const deployments = await cluster.deployments(labels);
  if (deployments.length === 0) return [];
  const [pods, slices] = await Promise.all([cluster.pods(labels), cluster.slices(labels)]);
  const seen = { deployments, pods, slices };
  const all = deployments.flatMap((one) => {
    const spec = ownSpec(one, place.ref);
    if (spec === undefined) return [];
    const state = stateOf(one, spec, seen, place.settings);
    return [{ uid: one.metadata.uid ?? spec.id, state }];
  });
  return Promise.all(
    all.map(async ({ uid, state }) => {
      if (state.ready === 0) return explained(cluster, state, ofRevision(pods, state.spec.id));
      if (reached.has(uid)) return state;
      const problem = await notLedTo(at, state, waiting);
      if (problem !== undefined) return { ...state, ready: 0, condition: 'starting', problem };
      reached.add(uid);
      return state;
    }),
  );
}

/** With what its containers said before they ended. */
async function explained(
  cluster: Cluster,
  state: RevisionState,
  pods: readonly Pod[],
): Promise<RevisionState> {
  if (state.problem === undefined || state.crashes === 0) return state;
  const said = await lastWordsOf(cluster, pods);
  return said === '' ? state : { ...state, problem: `${state.problem}; it said: ${said}` };
}

/** A revision that never had a user is ready once the gateway leads to it: until then its checks would meet nobody. */
async function notLedTo(
  at: Reached,
  { spec }: RevisionState,
  waiting: Waiting,
): Promise<string | undefined> {
  const problem = await notReached(at, spec, waiting);
  if (problem === undefined) return undefined;
  const route = await at.cluster.route(at.place.settings.route);
  const traffic = route && viewOf(route, at.place).record.traffic;
  const had = [...(traffic?.weights ?? []), ...(traffic?.beforeStop ?? [])];
  return had.some(({ revision }) => revision === spec.id) ? undefined : problem;
}

/** Labels are cut where names are long: the whole of it is in the annotation. */
function ownSpec(deployment: Deployment, ref: ServiceRef): RevisionSpec | undefined {
  const spec = specOf(deployment);
  return spec?.system === ref.system && spec.service === ref.service ? spec : undefined;
}

async function stateAt(
  { cluster, place, what }: Reached,
  deployment: Deployment,
): Promise<RevisionState> {
  const spec = specOf(deployment);
  if (spec === undefined) throw notOurs(what, deployment);
  const labels = revisionLabels(place.ref, spec.id);
  const [pods, slices] = await Promise.all([cluster.pods(labels), cluster.slices(labels)]);
  return stateOf(deployment, spec, { deployments: [deployment], pods, slices }, place.settings);
}

/** Every pod is of the newest template, and answers. */
function isReplaced({ metadata, spec, status }: Deployment): boolean {
  const { observedGeneration = 0, replicas = 0, updatedReplicas = 0, readyReplicas = 0 } = status;
  const desired = spec.replicas ?? 1;
  return (
    observedGeneration >= (metadata.generation ?? 0) &&
    [replicas, updatedReplicas, readyReplicas].every((one) => one === desired)
  );
}

async function ensure(
  at: Reached,
  { spec, replicas, token }: Omit<Parameters<WorkloadPort['ensure']>[0], 'service'>,
): Promise<RevisionState> {
  const { cluster, place, what } = at;
  imageOf(spec);
  const { missing } = await obstacles(at, spec);
  if (missing.length > 0) throw new Failure('NotFound', `${what}: ${missing.join('; ')}`);
  const found = await anchored(cluster, { place, token, what });
  const name = objectName(spec, spec.id);
  const present = await cluster.deployment(name);
  if (present?.metadata.deletionTimestamp !== undefined) {
    throw new Failure('Unavailable', `${what}: the Deployment ${name} is still being removed`);
  }
  if (present === undefined) {
    const { namespace } = cluster;
    await cluster.apply('Deployment', name, deploymentOf(spec, { namespace, replicas, token }));
  } else if (ownSpec(present, spec)?.id !== spec.id) {
    throw notOurs(what, present);
  }
  const made = await patched(cluster, { name, token, what }, (one) =>
    desiredOf(one) < replicas ? { replicas } : undefined,
  );
  await beside(cluster, place, { spec, found, made });
  return stateAt(at, made);
}

/** What belongs to a Deployment and goes with it. */
async function beside(
  cluster: Cluster,
  place: RoutePlace,
  { spec, found, made }: { spec: RevisionSpec; found: Found; made: Deployment },
): Promise<void> {
  const { name, uid } = made.metadata;
  const owner = { apiVersion: 'apps/v1', kind: 'Deployment', name, uid };
  const { namespace } = cluster;
  await cluster.apply('Service', name, serviceOf(spec, { namespace, owner }));
  const { route } = found;
  const { rule } = ruleOf(route, place);
  await cluster.apply('HTTPRoute', name, previewOf(spec, { place, route, rule, owner }));
}

function notOurs(what: string, { metadata: { name, namespace, labels } }: Deployment): Failure {
  const by = labels?.[LABELS.managedBy];
  const whose = by === undefined || by === MANAGER ? 'of another revision' : `managed by ${by}`;
  return new Failure(
    'Refused',
    `${what}: there is a Deployment ${name} in the namespace ${namespace ?? ''}, and it is ${whose}; remove it, or use another version`,
  );
}

async function remove(
  at: Reached,
  { revision, token }: Omit<RevisionChange, 'service'>,
  waiting: Waiting,
): Promise<void> {
  const { cluster, place, what } = at;
  await anchored(cluster, { place, token, what }, ({ record, route }) => {
    const share = shareOf(route, place, revision);
    if (share > 0) {
      throw new Failure(
        'Refused',
        `${what}: the route ${place.settings.route} gives it ${share} % of the users; give its weight to another one first`,
      );
    }
    const after = withoutRevision(record.traffic, what, revision);
    const isNamed = record.traffic.weights.length > after.weights.length;
    return isNamed ? after : record.traffic;
  });
  const name = objectName(place.ref, revision);
  await cluster.remove('HTTPRoute', name);
  await deleted(cluster, { name, token, what }, waiting);
  await cluster.remove('Service', name);
}

async function obstacles({ cluster, place }: Reached, spec: RevisionSpec): Promise<Obstacles> {
  imageOf(spec);
  const route = await cluster.route(place.settings.route);
  if (route === undefined) return { missing: [noRoute(cluster, place)], taken: [] };
  try {
    const { record } = viewOf(route, place);
    const stranger = strangerIn(route, place, record);
    return { missing: stranger === undefined ? [] : [stranger], taken: [] };
  } catch (error) {
    if (error instanceof Failure) return { missing: [error.message], taken: [] };
    throw error;
  }
}
