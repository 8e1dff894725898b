// Where a verb of a port works: the cluster and the place of its service.
import type { Cluster } from './cluster.ts';
import type { RoutePlace } from './route.ts';

export interface Reached {
  cluster: Cluster;
  place: RoutePlace;
  /** The folder of the system. */
  directory: string;
  /** The file to read in the place of what KUBECONFIG says. */
  kubeconfig?: string;
  /** What is being done to which service, for messages. */
  what: string;
}
