// Revisions as Deployments: the workload port.
import { Failure } from '../../domain/failure.ts';
import type { RevisionSpec, RevisionState } from '../../domain/rollout/model.ts';
import { withoutRevision } from '../../domain/traffic/traffic-rules.ts';
import type { Obstacles, RevisionChange, Scaled, WorkloadPort } from '../../ports/workload.ts';
import { anchored, noRoute } from './anchor.ts';
import { autoscalerOf, boundsOf, missingAutoscaler, putBack, raised } from './autoscaler.ts';
import { atLeast, madeBeside, removedBeside } from './beside.ts';
import { carriersOf, deploymentName } from './carriers.ts';
import { lastWordsOf, logsSince } from './logs.ts';
import { imageOf } from './manifests.ts';
import { ANNOTATIONS } from './names.ts';
import { patched } from './objects.ts';
import { notReached } from './probes.ts';
import type { Reach } from './reach.ts';
import type { Reached } from './reached.ts';
import { NEW_RECORD, type ServiceRecord } from './record.ts';
import { chartObstacles } from './release/chart.ts';
import { settled } from './release/settled.ts';
import { isReleased, nameOf, shareOf, strangerIn, viewOf } from './route.ts';
import type { Pod } from './shapes.ts';
import { desiredOf, isReplaced, stateOf } from './state.ts';

/** From this age on a pod that is not ready is worth a question. */
const GROWN_MS = 5_000;

export function kubernetesWorkload(reach: Reach): WorkloadPort {
  /** Deployments (their uids) that the gateway was seen to lead to. */
  const reached = new Set<string>();
  return {
    revisions: (service, waiting) =>
      reach(service, waiting, 'reading the revisions', (at) => revisions(at, reached)),
    history: (service, waiting) =>
      reach(service, waiting, 'reading the history', async (at) => {
        return (await recordOf(at)).traffic.served;
      }),
    ensure: ({ service, spec, ...input }, waiting) =>
      reach(service, waiting, `creating revision ${spec.id}`, (at) =>
        ensure(at, { spec, ...input }),
      ),
    scale: ({ service, ...change }, waiting) =>
      reach(service, waiting, `scaling revision ${change.revision}`, (at) => scale(at, change)),
    restart: ({ service, revision, token }, waiting) =>
      reach(service, waiting, `restarting revision ${revision}`, async (at) => {
        const { cluster, place, what } = at;
        const { record } = await anchored(cluster, { place, token, what });
        const name = deploymentName(record, place, revision);
        const by = `${token.operation} ${token.epoch} ${token.sequence}`;
        const found = await patched(cluster, { name, token, what }, ({ spec: { template } }) =>
          template.metadata?.annotations?.[ANNOTATIONS.restartedBy] === by
            ? undefined
            : { restartedBy: by },
        );
        const state = await stateAt(at, { record, revision });
        return { state, done: isReplaced(found) && state.ready >= state.desired };
      }),
    settle: ({ service, ...change }, waiting) =>
      reach(service, waiting, `settling ${change.revision}`, (at) => settled(at, change)),
    remove: ({ service, ...change }, waiting) =>
      reach(service, waiting, `removing revision ${change.revision}`, (at) => remove(at, change)),
    logs: (service, since, waiting) =>
      reach(service, waiting, 'reading the logs', async (at) => {
        const record = await recordOf(at);
        const pods = (await carriersOf(at, record)).flatMap((one) => one.pods);
        return logsSince(at, pods, since);
      }),
    obstacles: ({ service, spec }, waiting) =>
      reach(service, waiting, `looking what keeps ${spec.id} from starting`, (at) =>
        obstacles(at, spec),
      ),
  };
}

async function scale(
  at: Reached,
  { revision, replicas, token, bounds }: Omit<Parameters<WorkloadPort['scale']>[0], 'service'>,
): Promise<Scaled> {
  const { cluster, place, what } = at;
  const { record } = await anchored(cluster, { place, token, what });
  const name = deploymentName(record, place, revision);
  const change = { name, token, what };
  const desired = desiredOf(await patched(cluster, change, () => undefined));
  const back = bounds === 'back' ? await putBack(at, token) : undefined;
  const isRaised = bounds === 'raise' && (await raised(at, { name, desired, replicas }, token));
  // What an autoscaler decides again is its own to change.
  if (back === undefined) {
    const wanted = isRaised ? Math.max(desired, replicas) : replicas;
    await patched(cluster, change, (one) =>
      desiredOf(one) === wanted ? undefined : { replicas: wanted },
    );
  }
  return { ...(await stateAt(at, { record, revision })), ...back };
}

async function revisions(at: Reached, reached: Set<string>): Promise<RevisionState[]> {
  const { place } = at;
  const record = await recordOf(at);
  const stands = (record.release?.to ?? record.release)?.spec.id;
  const [carriers, scaler] = await Promise.all([carriersOf(at, record), autoscalerOf(at)]);
  return Promise.all(
    carriers.map(async (one) => {
      const { uid = one.spec.id } = one.deployment.metadata;
      const own = stateOf(one, place.settings);
      const autoscaler = boundsOf(scaler, one.deployment.metadata.name);
      const state: RevisionState = {
        ...own,
        ...(one.spec.id === stands && { settled: true }),
        ...(autoscaler && { autoscaler }),
      };
      if (state.ready === 0) return explained(at, state, one.pods);
      if (one.released || reached.has(uid)) return state;
      const problem = await notLedTo(at, state);
      if (problem !== undefined) return { ...state, ready: 0, condition: 'starting', problem };
      reached.add(uid);
      return state;
    }),
  );
}

/** With what its containers said last, and what the cluster says of them. */
async function explained(
  at: Reached,
  state: RevisionState,
  pods: readonly Pod[],
): Promise<RevisionState> {
  const isNew = state.crashes === 0 && !pods.some(isGrown);
  if (state.problem === undefined || isNew) return state;
  const said = await lastWordsOf(at, pods);
  return said === '' ? state : { ...state, problem: `${state.problem}; ${said}` };
}

/** What is just starting is not asked about at each look. */
function isGrown({ metadata: { creationTimestamp } }: Pod): boolean {
  return Date.now() - Date.parse(creationTimestamp ?? '') > GROWN_MS;
}

/** A revision that never had a user is ready once the gateway leads to it: until then its checks would meet nobody. */
async function notLedTo(at: Reached, { spec }: RevisionState): Promise<string | undefined> {
  const problem = await notReached(at, spec);
  if (problem === undefined) return undefined;
  const route = await at.cluster.route(at.place.settings.route);
  const traffic = route && viewOf(route, at.place).record.traffic;
  const had = [...(traffic?.weights ?? []), ...(traffic?.beforeStop ?? [])];
  return had.some(({ revision }) => revision === spec.id) ? undefined : problem;
}

async function stateAt(
  at: Reached,
  { record, revision }: { record: ServiceRecord; revision: string },
): Promise<RevisionState> {
  const found = (await carriersOf(at, record)).find(({ spec }) => spec.id === revision);
  if (found !== undefined) return stateOf(found, at.place.settings);
  throw new Failure(
    'NotFound',
    `${at.what}: the Deployment ${deploymentName(record, at.place, revision)} is gone`,
  );
}

async function recordOf({ cluster, place }: Reached): Promise<ServiceRecord> {
  const route = await cluster.route(place.settings.route);
  return route === undefined ? NEW_RECORD : viewOf(route, place).record;
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
  const { record } = found;
  if (isReleased(record, spec.id)) {
    await atLeast(at, { name: deploymentName(record, place, spec.id), replicas, token });
  } else {
    await madeBeside(at, { spec, replicas, token, found });
  }
  return stateAt(at, { record, revision: spec.id });
}

async function remove(
  at: Reached,
  { revision, token }: Omit<RevisionChange, 'service'>,
): Promise<void> {
  const { cluster, place, what } = at;
  await anchored(cluster, { place, token, what }, ({ record, route }) => {
    const { release } = record;
    if ([release?.spec.id, release?.to?.spec.id].includes(revision)) {
      throw new Failure(
        'Refused',
        `${what}: ${at.stable?.called ?? 'the release'} of ${nameOf(place)} stands on it; settle it on another one first`,
      );
    }
    const share = shareOf(route, place, { record, revision });
    if (share > 0) {
      throw new Failure(
        'Refused',
        `${what}: the route ${place.settings.route} gives it ${share} % of the users; give its weight to another one first`,
      );
    }
    const after = withoutRevision(record.traffic, what, revision);
    const isNamed = record.traffic.weights.length > after.weights.length;
    return isNamed ? { traffic: after } : {};
  });
  await removedBeside(at, { revision, token });
}

async function obstacles(at: Reached, spec: RevisionSpec): Promise<Obstacles> {
  const { cluster, place } = at;
  imageOf(spec);
  const route = await cluster.route(place.settings.route);
  if (route === undefined) return { missing: [noRoute(cluster, place)], taken: [] };
  try {
    const { record } = viewOf(route, place);
    const stranger = strangerIn(route, place, record);
    const ofChart = await chartObstacles(at, { spec, record });
    const missing = [stranger, await missingAutoscaler(at), ...ofChart];
    return { missing: missing.filter((one) => one !== undefined), taken: [] };
  } catch (error) {
    if (error instanceof Failure && !error.retryable)
      return { missing: [error.message], taken: [] };
    throw error;
  }
}
