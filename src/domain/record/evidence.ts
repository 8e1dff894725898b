// The record of an operation: entries written while it runs, each with the hash of the one before.
import type { NoticeEvent } from '../../config/channel.ts';
import type { BackupSummary } from '../backup/backup.ts';
import type { Outcome, Serving } from '../operation/outcome.ts';
import type { Plan } from '../operation/plan.ts';
import type { StepFinding } from '../analysis/finding.ts';
import type { GateOpening } from '../people/gate-opening.ts';
import type { Brought } from '../steps/brought.ts';
import type { Verdict } from '../analysis/verdict.ts';

export type StepStatus = 'started' | 'done' | 'failed' | 'passedOver';

export type EvidenceBody =
  | {
      type: 'opened';
      operation: string;
      /** The workflow type of its runbook. */
      kind: string;
      system: string;
      systemDigest: string;
      workflowId: string;
      runId: string;
      requestedBy: string | null;
      reason: string | null;
    }
  | { type: 'planned'; plan: Plan }
  | { type: 'lease'; lease: string; runId: string; detail?: string }
  | {
      type: 'step';
      id: string;
      title: string;
      status: StepStatus;
      attempts: number;
      detail?: string;
    }
  | { type: 'weights'; service: string; versions: { version: string; percent: number }[] }
  | ({ type: 'verdict' } & StepFinding)
  | {
      type: 'gate';
      gate: string;
      policy: string;
      digest: string;
      /** What the digest covers beside the plan; missing from records of before. */
      opening?: GateOpening;
      need: number;
      who: string[];
      expiresAt: string;
    }
  | {
      type: 'decision';
      gate: string;
      decision: 'approved' | 'rejected' | 'expired' | 'overridden';
      /** `null` for a deadline that passed. */
      actor: string | null;
      /** `signed`: `signature` is by `key`, which the system file names as the actor's. */
      trust: 'claimed' | 'signed' | 'none';
      signature?: string;
      key?: string;
      reason: string | null;
      digest: string;
      /** False while a quorum is not complete yet. */
      final: boolean;
    }
  | {
      type: 'message';
      name: string;
      actor: string | null;
      accepted: boolean;
      note: string;
      reason: string | null;
    }
  | { type: 'parked'; step: string; problem: string; expected?: unknown; found?: unknown }
  | { type: 'undo'; step: string; verb: string; status: 'done' | 'failed'; detail: string }
  | {
      type: 'notice';
      event: NoticeEvent;
      channel: string;
      /** What was to be told, as a clause: `weight-5 waits for an answer`. */
      about: string;
      delivered: boolean;
      /** Why not, or whom it did not reach. */
      reason?: string;
    }
  | { type: 'backup'; backup: BackupSummary }
  /** Another operation that a step started; `outcome` and `message` once it is over. */
  | {
      type: 'child';
      step: string;
      operation: string;
      workflowId: string;
      runId: string;
      outcome?: Outcome;
      message?: string;
    }
  /** A recovery restores `backup` from here on: what it restored before, `passedOver`, was found bad. */
  | { type: 'candidate'; backup: BackupSummary; passedOver: string; reason: string }
  /** What a look brought: under `look` its form and content. */
  | { type: 'brought'; step: string; look: Brought }
  | { type: 'finding'; text: string }
  | {
      type: 'closed';
      outcome: Outcome;
      verdict: Verdict | null;
      serving: Serving;
      message: string;
      leftovers: string[];
    };

export type EvidenceEntry = EvidenceBody & {
  /** From 0, without gaps. */
  seq: number;
  /** ISO 8601, UTC. */
  at: string;
  /** Hash of the entry before; 64 zeros for the first. */
  prev: string;
  /** SHA-256 (hex) over the RFC 8785 form of the entry without this field. */
  hash: string;
};
