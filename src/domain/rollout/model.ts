// The nouns that ports, plans and reports share, as plain JSON.
import type { Setting } from '../../config/system.ts';
import type { BoundPlace } from '../recovery/binding.ts';
import type { PlatformCapabilities } from '../capabilities.ts';

export interface ServiceRef {
  system: string;
  service: string;
}

/** A command on a machine, run without a shell. */
export interface ProcessProgram {
  kind: 'process';
  command: string[];
  /** Absolute folder the command runs in. */
  directory: string;
  /** Absolute paths that must exist before a start. */
  files: string[];
  /** Where users reach the service. */
  host: string;
  port: number;
  /** Name or number of the user that it runs as; absent for the owner of its folder, where the platform can. */
  user?: string;
  /** Addresses and ranges of proxies whose X-Forwarded-... is believed; absent for none. */
  trustedProxies?: string[];
}

/** A container image; `port` is the one that it listens on. */
export interface ImageProgram {
  kind: 'image';
  reference: string;
  port: number;
}

/** What a platform starts. */
export type Program = ProcessProgram | ImageProgram;

/** One deployed version of a service: everything a platform needs to run it. */
export interface RevisionSpec extends ServiceRef {
  /** Version, and digest of version, program, configuration and bindings: `<version>-<10 hex digits>`. */
  id: string;
  version: string;
  program: Program;
  configuration: Record<string, Setting>;
  /** Datastores that it names. */
  bindings: string[];
  /** The places of its datastores that a binding gave when the revision was made; absent where the system file said all of them. */
  boundTo?: Readonly<Record<string, BoundPlace>>;
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
  /** What has to be sent there with each request so that this revision answers it; absent where nothing has to. */
  previewHeaders?: Record<string, string>;
  /** The platform's own object is set to this revision, whether or not it has got there; only where a platform settles. */
  settled?: true;
  /** Who decides how many replicas it has, within these bounds; absent where nobody but Fairlead does. */
  autoscaler?: Autoscaler;
  /** A Prometheus text endpoint with this revision's requests. */
  metricsUrl: string;
}

export interface Autoscaler {
  name: string;
  minimum: number;
  maximum: number;
  /** How many replicas there were before it was told to keep more for a time; absent where it was not. */
  raised?: number;
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
  /** Answered by a stop that holds and could not be written down: why. A platform that starts anew would not know of it. */
  unsaved?: string;
  /**
   * Answered by a change, where the platform can tell: of WebSockets and streams, how many a stop `ended`, and how many are
   * `leaving`, which end within `drain` because their users are sent elsewhere.
   */
  endless?: { ended: number; leaving: number };
  /** Whose requests came, where the platform can tell and some did. */
  clients?: ClientsSeen;
}

/** Whose the requests were that came since the last decision on who is let in. */
export interface ClientsSeen {
  requests: number;
  /** So many of the requests. */
  letIn: number;
  /** Distinct clients, as a share of them is made (`clientKey`), and distinct addresses; counted up to `atMost`. */
  clients: number;
  addresses: number;
  atMost: number;
}

/** A revision that carried everything (100 %), whole, so that it can be made again. */
export interface Served {
  spec: RevisionSpec;
  replicas: number;
  /** ISO 8601. */
  since: string;
}

/** Who changes something: compared where the change is made, so that a stale worker's write is refused. */
export interface EpochToken {
  operation: string;
  /** The first run of the operation, which two operations of one name do not share; absent where nobody knows it. */
  run?: string;
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

/** The kind of platform that a service runs on, and what it can do. */
export interface ServicePlatform extends PlatformCapabilities {
  kind: string;
}

/** A service as it was read, before a plan is made. */
export interface ServiceWorld {
  platform: ServicePlatform;
  traffic: TrafficState;
  revisions: RevisionState[];
  /** What carried everything, newest first. */
  history: Served[];
}

export function findRevision(world: ServiceWorld, id: string): RevisionState | undefined {
  return world.revisions.find((one) => one.spec.id === id);
}

/** A revision's spec, whether it still runs or only once carried everything. */
export function findSpec(
  world: ServiceWorld,
  wanted: (spec: RevisionSpec) => boolean,
): RevisionSpec | undefined {
  const specs = [
    ...world.history.map((one) => one.spec),
    ...world.revisions.map((one) => one.spec),
  ];
  return specs.find(wanted);
}
