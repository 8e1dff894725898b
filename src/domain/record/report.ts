// The report: made from the evidence, and from nothing else.
import type { BackupSummary } from '../backup/backup.ts';
import type { EvidenceEntry } from './evidence.ts';
import type { Outcome, Serving } from '../operation/outcome.ts';
import type { Plan } from '../operation/plan.ts';
import type { StepFinding } from '../analysis/finding.ts';
import type { Brought } from '../steps/brought.ts';
import type { Verdict } from '../analysis/verdict.ts';

export interface Report {
  schema: 'fairlead/report/v1';
  operation: string;
  runId: string;
  kind: string;
  system: string;
  systemDigest: string;
  requestedBy: string | null;
  reason: string | null;
  /** `null` while the operation runs. */
  outcome: Outcome | null;
  verdict: Verdict | null;
  serving: Serving | null;
  /** True when nothing is left over and the outcome is known. */
  clean: boolean;
  /** The sentence the operation ended with. */
  message: string | null;
  startedAt: string | null;
  endedAt: string | null;
  plan: Plan | null;
  steps: {
    id: string;
    title: string;
    status: string;
    startedAt: string;
    endedAt: string | null;
    attempts: number;
    /** How much of it was waiting for people: a gate, a parked step, a pause. */
    waitedForPeopleMs: number;
    detail?: string;
  }[];
  decisions: {
    gate: string;
    decision: string;
    actor: string | null;
    trust: string;
    reason: string | null;
    at: string;
    digest: string;
    /** Where it was signed (`trust: signed`): base64, and the key that the system file named. */
    signature?: string;
    key?: string;
  }[];
  /** In series, `judged` is the revision of `plan.to`; in distributions it is the experiment. */
  verdicts: StepFinding[];
  weights: { at: string; service: string; versions: { version: string; percent: number }[] }[];
  timings: {
    phase: string;
    startedAt: string;
    endedAt: string | null;
    waitedForPeopleMs: number;
  }[];
  /** When the operation waited for people, merged and in order; a report of an earlier release has none. */
  waits?: { startedAt: string; endedAt: string }[];
  undo: { step: string; verb: string; status: string; detail: string }[];
  messages: {
    name: string;
    actor: string | null;
    accepted: boolean;
    note: string;
    reason: string | null;
    at: string;
  }[];
  /** Who was told what, and who could not be; a report of an earlier release has none. */
  notices?: {
    at: string;
    event: string;
    channel: string;
    about: string;
    delivered: boolean;
    reason?: string;
  }[];
  /** What looks brought, in the order in which it came; absent where there was no look. */
  brought?: { at: string; step: string; look: Brought }[];
  /** Operations that its steps started, each with a record of its own; absent where there was none. */
  children?: ChildRow[];
  /** What was taken; of a verification, what was to be proved. A report of an earlier release has none. */
  backups?: BackupSummary[];
  leftovers: string[];
  findings: string[];
  evidence: {
    /** The entries that the rest of the report is made from. */
    entries: EvidenceEntry[];
    /** Hash of the last entry. */
    head: string | null;
    /** Signature of the head by the key beside it (domain/record/evidence-chain.ts); null while the operation runs, and for a record that was never signed. */
    signature: string | null;
    publicKey: string | null;
  };
}

/** An operation that a step started; `outcome` and `message` are null while it is open. */
export interface ChildRow {
  step: string;
  operation: string;
  workflowId: string;
  runId: string;
  startedAt: string;
  endedAt: string | null;
  outcome: Outcome | null;
  message: string | null;
}

/** The short form of a report, for a failure's details and a workflow's result. */
export type ReportSummary = Pick<
  Report,
  | 'schema'
  | 'operation'
  | 'runId'
  | 'kind'
  | 'system'
  | 'outcome'
  | 'verdict'
  | 'serving'
  | 'clean'
  | 'message'
  | 'leftovers'
  | 'findings'
  | 'backups'
>;
