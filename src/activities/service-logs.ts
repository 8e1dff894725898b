// What the processes of a service said, and how what is deployed differs from the system file: looked at, for people.
import { Failure } from '../domain/failure.ts';
import type { LoadedSystem } from '../domain/loaded-system.ts';
import { revisionSpec } from '../domain/rollout/revision.ts';
import { serviceTarget } from '../domain/rollout/service-target.ts';
import { findSpec } from '../domain/rollout/model.ts';
import { differingPaths, type Difference } from '../domain/text/differing-paths.ts';
import { heaviest } from '../domain/traffic/weights.ts';
import type { LogPosition, LogLine } from '../ports/workload.ts';
import type { Call } from './call.ts';
import { withPlaces, type PlacesPorts } from './data/places.ts';
import { readWorld, workloadOf, type Platforms } from './platforms.ts';

export interface LogsAnswer {
  system: string;
  service: string;
  lines: LogLine[];
  /** To be sent along with the next question, which answers what came since. */
  position: LogPosition;
}

/** Throws NotFound (service) and Unsupported, where the platform keeps no logs. */
export async function logsOf(
  loaded: LoadedSystem,
  { service, position }: { service: string; position: LogPosition | null },
  call: Call,
  { platforms }: { platforms: Platforms },
): Promise<LogsAnswer> {
  const target = serviceTarget(loaded, service);
  const workload = workloadOf(platforms, target);
  if (workload.logs === undefined) {
    throw new Failure(
      'Unsupported',
      `reading the logs of ${loaded.name}/${service}: the platform ${target.platform.kind} keeps them elsewhere; look there`,
    );
  }
  return { system: loaded.name, service, ...(await workload.logs(target, position, call)) };
}

export interface DiffAnswer {
  system: string;
  service: string;
  /** `null` where nothing is deployed. */
  version: string | null;
  revision: string | null;
  /** What another deploy of this version would change. */
  differences: Difference[];
}

/** What the file says of the version that most users are on, beside what was deployed. Throws NotFound (service). */
export async function diffOf(
  loaded: LoadedSystem,
  service: string,
  call: Call,
  ports: PlacesPorts & { platforms: Platforms },
): Promise<DiffAnswer> {
  const target = serviceTarget(loaded, service);
  const world = await readWorld(ports.platforms, target, call);
  const live = heaviest(world.traffic.weights);
  const deployed = findSpec(world, (spec) => spec.id === live?.revision);
  const about = { system: loaded.name, service };
  if (live === undefined || deployed === undefined) {
    return { ...about, version: null, revision: null, differences: [] };
  }
  const { id: _, ...inFile } = revisionSpec(
    await withPlaces(loaded, call, ports),
    service,
    deployed.version,
  );
  const { id: revision, ...running } = deployed;
  return {
    ...about,
    version: deployed.version,
    revision,
    differences: differingPaths(running, inFile),
  };
}
