// The port to the revisions of services on one platform. Every verb throws `Failure`.
import type { EpochToken, RevisionSpec, RevisionState, Served } from '../domain/rollout/model.ts';
import type { ServiceTarget } from '../domain/rollout/service-target.ts';
import type { Waiting } from './waiting.ts';

/** What every change of a service is told: what is changed, and who changes it. */
export interface ServiceChange {
  service: ServiceTarget;
  token: EpochToken;
}

export interface RevisionChange extends ServiceChange {
  revision: string;
}

/** What keeps a revision from starting, as sentences. */
export interface Obstacles {
  /** Files, versions and secrets that are not there: what was asked for, or the system file, has to change. */
  missing: string[];
  /** Ports that somebody else holds, which may be free later. */
  taken: string[];
}

/** Revisions of a service on one platform. */
/** `left`: what was not put back, because somebody else has changed it since; as a sentence. */
export type Scaled = RevisionState & { left?: string };

export interface WorkloadPort {
  revisions(service: ServiceTarget, waiting: Waiting): Promise<RevisionState[]>;
  /**
   * The revisions that carried everything (100 %), newest first, whole enough to be made again; how far back is the
   * platform's own matter. An operation that goes back to what it began with leaves no trace here.
   */
  history(service: ServiceTarget, waiting: Waiting): Promise<Served[]>;
  /** The revision exists with at least `replicas` replicas and whatever weight it had (none when new). Idempotent. */
  ensure(
    input: ServiceChange & { spec: RevisionSpec; replicas: number },
    waiting: Waiting,
  ): Promise<RevisionState>;
  /**
   * Sets the number of replicas of one revision. Idempotent. `bounds`: where an autoscaler decides, its bounds are raised to
   * keep that many, or are put back to what they were before they were raised; bounds that were not raised stay as they are.
   */
  scale(
    input: RevisionChange & { replicas: number; bounds?: 'raise' | 'back' },
    waiting: Waiting,
  ): Promise<Scaled>;
  /**
   * Begins to replace every replica, one after the other, each ready before the next goes, and waits for none:
   * asked again with the same token it begins nothing, and says whether it is `done`.
   */
  restart(
    input: RevisionChange,
    waiting: Waiting,
  ): Promise<{ state: RevisionState; done: boolean }>;
  /**
   * Begins to bring the platform's own object of the service to this revision, which is there, and waits for nothing:
   * asked again with the same token it begins nothing, and says whether it is `done`, with what is still missing in
   * `seen`. Users stay on what has the traffic. Throws Unsupported where a platform has no such object (`settle`).
   */
  settle(input: RevisionChange, waiting: Waiting): Promise<{ done: boolean; seen: string }>;
  /**
   * Drains and removes a revision without traffic; one with weight, or on which the platform's own object stands, is
   * refused, one that is gone is fine.
   */
  remove(input: RevisionChange, waiting: Waiting): Promise<void>;
  /** Everything that would keep this revision from starting. Looks only. */
  obstacles(
    input: { service: ServiceTarget; spec: RevisionSpec },
    waiting: Waiting,
  ): Promise<Obstacles>;
  /** What its processes said since a position, or lately; absent where the platform keeps logs elsewhere. */
  logs?(
    service: ServiceTarget,
    since: LogPosition | null,
    waiting: Waiting,
  ): Promise<{ lines: LogLine[]; position: LogPosition }>;
}

/** Up to where logs were read, by a name of each log that is the platform's own matter. */
export type LogPosition = Record<string, number>;

export interface LogLine {
  /** Which process said it, for people. */
  source: string;
  text: string;
}
