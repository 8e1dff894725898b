// Every change of a service passes its route: the epoch token that the route has is compared and replaced in one write, which
// the API server refuses when somebody else wrote the route since it was read.
import { Failure } from '../../domain/failure.ts';
import type { EpochToken } from '../../domain/rollout/model.ts';
import { passToken } from '../../domain/traffic/epoch-token.ts';
import type { TrafficRecord } from '../../domain/traffic/traffic-rules.ts';
import { isStatus } from './api.ts';
import type { Cluster } from './cluster.ts';
import { writeRecord, type ReleaseRecord, type ServiceRecord } from './record.ts';
import { nameOf, noted, viewOf, withRecord, type RoutePlace, type RouteView } from './route.ts';
import type { Route } from './shapes.ts';

/** How often a route is read again that somebody else wrote in between. */
const WRITES = 10;

/** What a change finds, before it decides. */
export interface Found extends RouteView {
  route: Route;
}

export interface AnchoredChange {
  place: RoutePlace;
  token: EpochToken;
  /** What is being done, for messages. */
  what: string;
}

/** What a change makes of the record: only what it changes. */
type Decided = { traffic?: TrafficRecord; release?: ReleaseRecord };
type Decide = (found: Found) => Decided | Promise<Decided>;

/**
 * Passes the token and writes what `decide` makes of the record. It is asked after the token has passed and before the write,
 * and again when somebody wrote the route in between. A retry that changes nothing writes nothing.
 */
export async function anchored(
  cluster: Cluster,
  { place, token, what }: AnchoredChange,
  decide: Decide = () => ({}),
): Promise<Found> {
  for (let writes = 1; ; writes += 1) {
    const route = await requireRoute(cluster, place, what);
    const view = viewOf(route, place);
    const seen = passToken(view.record.token, token, what);
    const decided = await decide({ ...view, route });
    const next = changed(route, place, view, { ...view.record, ...decided, token: seen });
    if (next === undefined) return { ...view, route };
    try {
      const written = await cluster.putRoute(next);
      return { ...viewOf(written, place), route: written };
    } catch (error) {
      if (!isStatus(error, 409) || writes === WRITES) throw error;
    }
  }
}

/** The route as it is to be; undefined where it is so already. What somebody else made of the rule stays, unless the traffic is changed. */
function changed(
  route: Route,
  place: RoutePlace,
  { record, stored, asRecorded }: RouteView,
  after: ServiceRecord,
): Route | undefined {
  if (after.traffic === record.traffic && after.release === record.release) {
    const kept = { ...after, traffic: stored?.traffic ?? after.traffic };
    return isSame(stored, kept) ? undefined : noted(route, place, kept);
  }
  if (asRecorded && isSame(stored, after)) return undefined;
  return withRecord(route, place, { before: record, after });
}

function isSame(stored: ServiceRecord | null, after: ServiceRecord): boolean {
  return stored !== null && writeRecord(stored) === writeRecord(after);
}

export async function requireRoute(
  cluster: Cluster,
  place: RoutePlace,
  what: string,
): Promise<Route> {
  const { route: name } = place.settings;
  const route = await cluster.route(name);
  if (route !== undefined) return route;
  throw new Failure('NotFound', `${what}: ${noRoute(cluster, place)}`);
}

/** As a sentence. */
export function noRoute({ namespace }: Cluster, place: RoutePlace): string {
  return `there is no HTTPRoute ${place.settings.route} in the namespace ${namespace}, which leads users to ${nameOf(place)}; make it, or correct kubernetes.route`;
}
