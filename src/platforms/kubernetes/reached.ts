// Where a verb of a port works: the cluster and the place of its service, and who waits for it.
import type { Waiting } from '../../ports/waiting.ts';
import type { Cluster } from './cluster.ts';
import type { Stable } from './release/stable.ts';
import type { RoutePlace } from './route.ts';

export interface Reached {
  cluster: Cluster;
  place: RoutePlace;
  /** Only of a service whose stable side is somebody's. */
  stable?: Stable;
  waiting: Waiting;
  /** What is being done to which service, for messages. */
  what: string;
}
