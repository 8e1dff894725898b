// The ports: small interfaces to the outside world, each with a read-back. Implemented in platforms/ and
// integrations/, and in memory by test/support. Every verb throws `Failure` and nothing else.
import type { Channel } from '../config/channel.ts';
import type { Analysis, Check } from '../config/system.ts';
import type {
  Fence,
  ProbeAnswer,
  RevisionSpec,
  RevisionState,
  ServiceRef,
  TrafficState,
  Weights,
} from '../domain/model.ts';
import type { Notice } from '../domain/notice.ts';
import type { Sample } from '../domain/prometheus-text.ts';
import type { QueryAnswer } from '../domain/query-answer.ts';
import type { EvidenceEntry } from '../domain/evidence.ts';
import type { LoadedSystem, SecretSource } from '../domain/loaded-system.ts';
import type { SignedHead } from '../domain/signed-head.ts';

/** Long verbs stop on `signal` and say that they are alive through `beat`. */
export interface Waiting {
  signal: AbortSignal;
  beat: (progress?: unknown) => void;
}

export interface Clock {
  /** Milliseconds since 1970. */
  now(): number;
  /** Resolves after `ms`, rejects with the signal's reason when aborted. */
  sleep(ms: number, signal: AbortSignal): Promise<void>;
}

/** Revisions of a service on one platform. */
export interface WorkloadPort {
  revisions(service: ServiceRef): Promise<RevisionState[]>;
  /** The revision exists with at least `replicas` replicas and whatever weight it had (none when new). Idempotent. */
  ensure(
    input: { spec: RevisionSpec; replicas: number; fence: Fence },
    waiting: Waiting,
  ): Promise<RevisionState>;
  /** Sets the number of replicas of one revision. Idempotent. */
  scale(input: {
    service: ServiceRef;
    revision: string;
    replicas: number;
    fence: Fence;
  }): Promise<RevisionState>;
  /**
   * Begins to replace every replica, one after the other, each ready before the next goes, and waits for none:
   * asked again with the same fence it begins nothing, and says whether it is `done`.
   */
  restart(input: {
    service: ServiceRef;
    revision: string;
    fence: Fence;
  }): Promise<{ state: RevisionState; done: boolean }>;
  /** Drains and removes a revision without traffic; one with weight is refused, one that is gone is fine. */
  remove(
    input: { service: ServiceRef; revision: string; fence: Fence },
    waiting: Waiting,
  ): Promise<void>;
  /** Everything a start of this revision would need and does not find (files, ports), as sentences. */
  obstacles(spec: RevisionSpec): Promise<string[]>;
}

/** Who gets a service's requests. */
export interface TrafficPort {
  read(service: ServiceRef): Promise<TrafficState>;
  /**
   * Sets the weights, if they are what `expect` says; already as asked is fine. An operation that goes back to what it
   * began with leaves `served` as that was then.
   * Throws WorldChanged with `{expected, found}`, Superseded with `{fence, found}`.
   */
  set(input: {
    service: ServiceRef;
    weights: Weights;
    expect: Weights;
    fence: Fence;
  }): Promise<TrafficState>;
  /** Sends `count` marked requests the way users go and says which revision answered each. */
  probe(input: { service: ServiceRef; count: number }, waiting: Waiting): Promise<ProbeAnswer[]>;
  /** All weights 0; users get 503 with Retry-After. Idempotent. */
  stop(input: { service: ServiceRef; fence: Fence }): Promise<TrafficState>;
  /** Brings the weights from before a stop back and lets `percent` of the clients in (sticky per client). */
  admit(input: { service: ServiceRef; percent: number; fence: Fence }): Promise<TrafficState>;
}

/** Reads a Prometheus text endpoint, or asks a Prometheus server. */
export interface MetricsPort {
  scrape(url: string, waiting: Waiting): Promise<Sample[]>;
  /**
   * The value of an expression at one moment, or every `stepMs` over a range. Throws BadInput for what
   * the server cannot read, Unavailable for everything that may be different next time.
   */
  query(input: QueryInput, waiting: Waiting): Promise<QueryAnswer>;
}

/** How a Prometheus server is reached; headers may be references to secrets. */
export type QueryServer = Pick<
  Analysis,
  'url' | 'headers' | 'bearerToken' | 'timeout' | 'staleAfter'
>;

export interface QueryInput {
  server: QueryServer;
  /** What files of secrets are relative to. */
  directory: string;
  expression: string;
  /** Milliseconds since 1970. */
  at: number | { from: number; to: number; stepMs: number };
}

/** Runs one check: throws CheckFailed (it ran and said no) or Unavailable (it could not be run). */
export interface ChecksPort {
  run(
    input: { check: Check; address: string; url: string; version: string; directory: string },
    waiting: Waiting,
  ): Promise<string>;
}

/** Tells people through one channel of a system file. */
export interface NotifyPort {
  /**
   * Once per key, also when it is asked again after a crash. What is settled is returned, delivered or not;
   * throws Unavailable for what may be different next time, and the signal's reason when aborted.
   */
  send(input: SendInput, waiting: Waiting): Promise<Delivery>;
}

export interface SendInput {
  key: string;
  name: string;
  channel: Channel;
  /** What files of secrets are relative to. */
  directory: string;
  notice: Notice;
}

/** `reason`: why it was not delivered, or not to everybody. */
export type Delivery = { delivered: true } | { delivered: false; reason: string };

/** The record of one run of an operation: append-only, by sequence number. */
export interface EvidencePort {
  /** Writes entries that are not there yet; one that is there already stays as it is. */
  append(run: RunRef, entries: EvidenceEntry[]): Promise<void>;
  read(run: RunRef): Promise<EvidenceEntry[]>;
  /** Keeps the signature of a closed record beside it, in place of one that is there. */
  keepSignature(run: RunRef, signed: SignedHead): Promise<void>;
  signature(run: RunRef): Promise<SignedHead | undefined>;
}

/** Signs the heads of records with the key of this data folder. */
export interface SignerPort {
  /** Why nothing can be signed, as a sentence; undefined when it can. */
  unable(): Promise<string | undefined>;
  sign(head: string): Promise<SignedHead>;
}

export interface RunRef {
  workflowId: string;
  runId: string;
}

/** System files. */
export interface SystemsPort {
  /** Throws BadInput with every mistake as `file:line: path: ...`, or NotFound with the names there are. */
  load(name: string): Promise<LoadedSystem>;
}

/** Replaces every known secret value by `[redacted]`, in the texts of any JSON value. */
export interface Redactor {
  /** What stands inside one of the `names` stays: `production` in `shop-production`. */
  redact<T>(value: T, names?: readonly string[]): T;
  /** Looks up the secrets that a system refers to, so that they are known. Missing ones are Failures BadInput. */
  learn(source: SecretSource): Promise<void>;
}
