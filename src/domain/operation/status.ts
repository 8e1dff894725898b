// What `status` answers. Fields are added, never renamed.
import type { ClientsSeen, RevisionCondition } from '../rollout/model.ts';
import type { OperationState, Outcome } from './outcome.ts';
import type { PendingWork } from './pending.ts';
import type { StepFinding } from '../analysis/finding.ts';
import type { GateWatchStatus } from '../analysis/gate-watch.ts';
import type { Verdict } from '../analysis/verdict.ts';
import type { Freeze } from '../time/freeze.ts';
import type { ClosedWindow } from '../time/may-change.ts';

export interface GateStatus {
  id: string;
  policy: string;
  digest: string;
  /** Answers have to be signed, each for this run: the first one of the chain. */
  signedFor?: string;
  need: number;
  have: number;
  who: string[];
  /** Who asked for the operation, where they may not approve; missing also from a worker of before. */
  notBy?: string;
  /** ISO 8601; missing from a worker of before. */
  openedAt?: string;
  expiresAt: string;
}

/** The last message that was refused, and why. */
export interface LastRefused {
  message: string;
  actor?: string;
  note: string;
  /** ISO 8601 */
  at: string;
}

/** The last hand-over of an operation. */
export interface HandOver {
  from: string;
  to: string;
  /** ISO 8601 */
  at: string;
  /** When the receiver took it (ISO 8601); absent while nobody has. */
  takenAt?: string;
}

/** What a step asks a person for: to do something and tick it, or to choose. */
export interface AskedStatus {
  step: string;
  kind: 'tick' | 'choose';
  text: string;
  /** To choose from. */
  options?: string[];
  /** ISO 8601 */
  since: string;
}

/** An operation that a step started. */
export interface ChildStatus {
  step: string;
  operation: string;
  workflowId: string;
  runId: string;
  /** Absent while it is open. */
  outcome?: Outcome;
}

export interface OperationStatus {
  schema: 'fairlead/status/v1';
  operation: string;
  runId: string;
  kind: string;
  system: string;
  /** What it does and who asked, in a line; missing from a worker of before. */
  summary?: string;
  /** The digest of the system file as this run loaded it. */
  systemDigest?: string;
  state: OperationState;
  step?: string;
  gates: GateStatus[];
  weights: { service: string; version: string; percent: number }[];
  /** Sentences: what would be undone, newest first. */
  undo: string[];
  outcome?: Outcome;
  verdict?: Verdict;
  /** True when no worker answered, and this is what Temporal itself knows. */
  stale?: boolean;
  /** Sentences: what it could not take back or end; only once it is closed. */
  leftovers?: string[];
  /** Why it is parked or paused, whose turn it waits for, how it ended. */
  note?: string;
  /** Since when it waits for people (ISO 8601): at a gate, parked or paused. */
  waitingSince?: string;
  /** What a step of a runbook of steps asks a person for now. */
  asks?: AskedStatus;
  /** Operations that its steps started, oldest first. */
  children?: ChildStatus[];
  /** The freeze that keeps it from its next change. */
  held?: Freeze;
  /** No change window is open for its next change. */
  heldByWindow?: ClosedWindow;
  /** The messages that answer the parked step. */
  answers?: string[];
  lastRefused?: LastRefused;
  /** The last time that it was handed over: who looks after it. */
  handOver?: HandOver;
  /** Present while people are waited for and what is deployed is judged all the while. */
  watch?: GateWatchStatus;
  /** What runs at this moment, or is tried again, as Temporal lists it: how far it is, in which attempt, why. Not in the answer of the query. */
  pending?: PendingWork[];
  /** Steps so far, for a live view. */
  steps: { id: string; title: string; status: string; startedAt?: string; endedAt?: string }[];
  verdicts: (Pick<
    StepFinding,
    'step' | 'name' | 'verdict' | 'reason' | 'reads' | 'expected' | 'got'
  > & {
    /** When it was given (ISO 8601). */
    at?: string;
    samples?: number;
  })[];
}

export interface SystemStatus {
  system: string;
  systemDigest: string;
  /** Present where the system file does not load: a sentence; services and digest are those of the file as it was last used. */
  instead?: string;
  /** Freezes that hold changes of this system back; missing from a worker of before. */
  freezes?: Freeze[];
  services: Record<
    string,
    {
      url: string;
      weights: { version: string; percent: number; revision: string }[];
      revisions: {
        version: string;
        revision: string;
        weight: number;
        ready: number;
        desired: number;
        condition: RevisionCondition;
        problem?: string;
      }[];
      stopped: boolean;
      admitPercent: number;
      /** Whose requests came, where the platform can tell; missing from a worker of before. */
      clients?: ClientsSeen;
      /** What a deploy does that names no strategy. */
      strategy: string;
      /** Where the share of a version goes that has nobody ready: to the others, or nowhere; missing from a worker of before. */
      unready?: 'others' | 'lost';
      /** Since when all users are on the revision that they are on (ISO 8601); missing where they are on several. */
      since?: string;
    }
  >;
  /** Names of its datastores; missing from a worker of before. */
  datastores?: string[];
  operations: {
    operation: string;
    kind: string;
    state: string;
    startedAt: string;
    /** Present while people are waited for and what is deployed is judged all the while. */
    watch?: GateWatchStatus;
  }[];
}
