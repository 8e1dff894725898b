// Who gets the users of a service, as the weights of one rule of its route: the traffic port.
import { Failure } from '../../domain/failure.ts';
import type { EpochToken, TrafficState, Weights } from '../../domain/rollout/model.ts';
import {
  admitted,
  stopped,
  trafficState,
  withWeights,
} from '../../domain/traffic/traffic-rules.ts';
import { normalised, percentOf } from '../../domain/traffic/weights.ts';
import type { TrafficPort } from '../../ports/traffic.ts';
import { anchored, type Found } from './anchor.ts';
import { pointed } from './autoscaler.ts';
import { carriersOf, deploymentName } from './carriers.ts';
import { stamped } from './objects.ts';
import { MARK, probed } from './probes.ts';
import type { Reach } from './reach.ts';
import type { Reached } from './reached.ts';
import type { ServiceRecord } from './record.ts';
import { changedBy, strangerIn, viewOf, type RouteView } from './route.ts';
import { servableOf } from './state.ts';

export function kubernetesTraffic(reach: Reach): TrafficPort {
  return {
    read: (service, waiting) =>
      reach(service, waiting, 'reading the traffic', async (at) => {
        const route = await at.cluster.route(at.place.settings.route);
        if (route === undefined) return trafficState(NOBODY, '');
        return shown(at, viewOf(route, at.place));
      }),
    set: ({ service, ...change }, waiting) =>
      reach(service, waiting, 'setting the weights', (at) => set(at, change)),
    stop: ({ service, token }, waiting) =>
      reach(service, waiting, 'stopping', async (at) => {
        const { cluster, place, what } = at;
        const found = await anchored(cluster, { place, token, what }, ({ record }) => ({
          traffic: stopped(record.traffic),
        }));
        return shown(at, found);
      }),
    admit: ({ service, percent, to, token }, waiting) =>
      reach(service, waiting, 'letting users in', async (at) => {
        const { cluster, place, what } = at;
        if (percent !== 100) throw partly(what, percent);
        const asked = { what, percent, to, now: new Date() };
        const found = await anchored(cluster, { place, token, what }, async ({ record }) => {
          const revisions = servableOf(await carriersOf(at, record));
          const traffic = admitted(record.traffic, asked, revisions);
          if (!record.traffic.stopped) return {};
          await stampAll(at, record, traffic.weights, token);
          return { traffic };
        });
        return shown(at, found);
      }),
    probe: ({ service, count }, waiting) =>
      reach(service, waiting, 'probing', (at) => probed(at, count)),
    mark: () => Promise.resolve(MARK),
  };
}

const NOBODY = { weights: [], stopped: false, admitPercent: 100, beforeStop: [], served: [] };

/** A service that Fairlead has changed nothing of has no address yet. */
function shown({ place }: Reached, { record, stored }: RouteView): TrafficState {
  return trafficState(record.traffic, stored === null ? '' : place.settings.gateway.address);
}

async function set(
  at: Reached,
  { weights, expect, token }: Omit<Parameters<TrafficPort['set']>[0], 'service'>,
): Promise<TrafficState> {
  const { cluster, place, what } = at;
  const found = await anchored(cluster, { place, token, what }, async (view) => {
    const { record, route } = view;
    const revisions = servableOf(await carriersOf(at, record));
    const asked = { what, weights, expect, by: token, now: new Date() };
    const traffic = naming(view, () => withWeights(record.traffic, asked, revisions));
    const stranger = strangerIn(route, place, record);
    if (stranger !== undefined) {
      const details = { expected: expect, found: record.traffic.weights };
      throw new Failure('WorldChanged', `${what}: ${stranger}`, details);
    }
    const entering = normalised(traffic.weights).filter(
      ({ revision }) => percentOf(record.traffic.weights, revision) === 0,
    );
    await stampAll(at, record, entering, token);
    return { traffic };
  });
  await pointed(at, found.record, token);
  return shown(at, found);
}

/** Says who changed the rules, where that is why something is refused. */
function naming<Value>({ route, asRecorded }: Found, decide: () => Value): Value {
  try {
    return decide();
  } catch (error) {
    const who = changedBy(route.metadata.managedFields);
    const isTold = error instanceof Failure && error.kind === 'WorldChanged' && !asRecorded;
    if (!isTold || who === undefined) throw error;
    throw new Failure(
      'WorldChanged',
      `${error.message} (the rules of the route ${route.metadata.name} were set by ${who})`,
      error.details,
    );
  }
}

async function stampAll(
  { cluster, place, what }: Reached,
  record: ServiceRecord,
  weights: Weights,
  token: EpochToken,
): Promise<void> {
  for (const { revision } of weights) {
    await stamped(cluster, { name: deploymentName(record, place, revision), token, what });
  }
}

function partly(what: string, percent: number): Failure {
  return new Failure(
    'Unsupported',
    `${what}: a route lets all clients in or none, and ${percent} % is asked for; ask for 100`,
  );
}
