// The nouns that ports, plans and reports share, as plain JSON.
import type { Setting } from '../config/system.ts';

export interface ServiceRef {
  system: string;
  service: string;
}

/** One deployed version of a service: everything a platform needs to run it. */
export interface RevisionSpec extends ServiceRef {
  /** Digest of command or image, configuration and bindings: `<version>-<10 hex digits>`. */
  id: string;
  version: string;
  command?: string[];
  image?: string;
  /** Absolute folder the command runs in. */
  directory: string;
  /** Absolute paths that must exist before a start. */
  files: string[];
  configuration: Record<string, Setting>;
  bindings: string[];
  /** Where users reach the service. */
  host: string;
  port: number;
  health: { path: string; interval: number; timeout: number };
  /** Milliseconds that a replica may finish what it is answering. */
  drain: number;
}

/** Share of traffic in percent, of one revision. */
export interface Weight {
  revision: string;
  version: string;
  percent: number;
}

/** A service's weights; they sum to 100 or, stopped or never deployed, to 0. */
export type Weights = Weight[];

export type RevisionCondition = 'starting' | 'ready' | 'degraded' | 'crashLoop' | 'stopped';

export interface RevisionState {
  spec: RevisionSpec;
  condition: RevisionCondition;
  desired: number;
  ready: number;
  /** Unasked-for exits since the revision was created. */
  crashes: number;
  /** The last thing that went wrong, for people; absent while all is well. */
  problem?: string;
  /** An address that reaches this revision whatever its weight; no trailing slash. */
  previewUrl: string;
  /** A Prometheus text endpoint with this revision's requests. */
  metricsUrl: string;
}

export interface TrafficState {
  weights: Weights;
  /** Where users reach the service; no trailing slash. */
  url: string;
  stopped: boolean;
  /** Share of clients let in, 0 to 100. */
  admitPercent: number;
  /** What the weights were before the stop; `admit` brings them back. */
  beforeStop: Weights;
  /** Revisions that carried everything (100), newest first, at most ten; whole, so that they can be made again. */
  served: { spec: RevisionSpec; replicas: number; since: string }[];
}

/** Who changes something: compared where the change is made, so that a stale worker's write is refused. */
export interface Fence {
  operation: string;
  step: string;
  /** The lease run's start time in ms. */
  epoch: number;
  /** Counts the changes of one operation; a retry keeps its number. */
  sequence: number;
}

/** One answer to a marked probe through the data plane. */
export interface ProbeAnswer {
  revision: string;
  status: number;
}
