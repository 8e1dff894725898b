// Everything live of a system, as it was read before a plan is made that must not touch it; and what of it is started, or
// flushed, on copies.
import { Failure } from '../failure.ts';
import type { LoadedSystem } from '../loaded-system.ts';
import type { RevisionSpec, TrafficState } from '../rollout/model.ts';
import { revisionSpec } from '../rollout/revision.ts';
import { derivedIn, type Flushed } from './derived-steps.ts';
import type { LivePlace } from './isolation.ts';

export interface LiveSystem {
  /** By service: of all of them. */
  traffic: Record<string, TrafficState>;
  /** Derived ones too: a drill that fills a live cache with old data has changed production. */
  datastores: LivePlace[];
}

/** Everything that must not be reached from inside a target. */
export function livePlaces({ traffic, datastores }: LiveSystem): LivePlace[] {
  const serving = Object.entries(traffic).flatMap(([service, state]) =>
    servicePlace(service, state),
  );
  return [...datastores, ...serving];
}

/** Services as they are started on copies: in the version that the system file names, else in what most users are on. */
export function revisionsToStart(
  loaded: LoadedSystem,
  services: readonly string[],
  live: LiveSystem,
): RevisionSpec[] {
  return services.map((service) => specOf(loaded, service, live.traffic[service]));
}

/** Derived datastores that these services use, and where they look for them. */
export function flushedOf(
  loaded: LoadedSystem,
  services: readonly string[],
  { datastores }: LiveSystem,
): Flushed[] {
  return derivedIn(loaded, services).flatMap((datastore) =>
    datastores.filter((one) => one.datastore === datastore).map((place) => ({ datastore, place })),
  );
}

/** Where users are now; what has no traffic answers nobody, and proves nothing. */
function servicePlace(service: string, { url, weights, stopped }: TrafficState): LivePlace[] {
  if (stopped || !weights.some(({ percent }) => percent > 0)) return [];
  const { hostname, port, protocol } = new URL(url);
  const known = port === '' ? { 'http:': 80, 'https:': 443 }[protocol] : Number(port);
  return [{ datastore: service, kind: 'address', host: hostname, port: known ?? 80 }];
}

function specOf(
  loaded: LoadedSystem,
  service: string,
  traffic: TrafficState | undefined,
): RevisionSpec {
  const live = (traffic?.weights ?? []).toSorted((a, b) => b.percent - a.percent)[0];
  const version = loaded.system.drill?.version ?? live?.version;
  if (version !== undefined) return revisionSpec(loaded, service, version);
  throw new Failure(
    'NotFound',
    `nothing of ${loaded.name}/${service} is live, and drill.version names no version to start on the copy; name one, or deploy one`,
  );
}
