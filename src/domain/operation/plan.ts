// What an operation will do, as a value, made before anything is changed.
import type { Check } from '../../config/system.ts';
import type { BackupSummary } from '../backup/backup.ts';
import type { BoundPlace } from '../recovery/binding.ts';
import type { DerivedAction } from '../recovery/derived.ts';
import type { RevisionSpec, Weights, ServicePlatform } from '../rollout/model.ts';
import type { RecoveryAction } from '../recovery/recovery-actions.ts';
import type { Rung } from '../backup/rungs.ts';
import type { StepsAction } from '../steps/actions.ts';

/** The change or check that a step makes; the workflow has one performer per `kind`. */
export type StepAction =
  | {
      kind: 'check';
      point: 'preflight' | 'smoke';
      service: string;
      revision?: string;
      /** Of the revision, where the plan brings none. */
      version?: string;
      /** What is asked instead of the checks of the point. */
      asked?: Check[];
    }
  | { kind: 'ensure'; service: string; spec: RevisionSpec; replicas: number; existed: boolean }
  | { kind: 'ready'; service: string; revision: string; deadline: number }
  | {
      kind: 'weights';
      service: string;
      weights: Weights;
      /** Where the traffic goes when it has to go back. */
      back: Weights;
      /** Capacity that the new share needs before it gets it. */
      capacity: { revision: string; replicas: number };
    }
  | { kind: 'watch'; service: string }
  /** Changes nothing: at its gate people let an operation through although no change window is open. */
  | { kind: 'hotfix' }
  /** Changes nothing: at its gate people let a maintenance window begin. `until`: when it ends (ms); no answer counts after it. */
  | { kind: 'opening'; until: number }
  /**
   * `back`: the percent of the clients that are let in again when it is taken back; absent where it is not. `until`: when it is
   * too late to begin with it (ms).
   */
  | { kind: 'stop'; service: string; back?: number; until?: number }
  /** `to`: instead of what users were on before they were kept out. */
  | { kind: 'admit'; service: string; percent: number; to?: Weights }
  /**
   * `before`: where its undo leads; null where nothing leads back. `bounds`: what becomes of those of the autoscaler that decides:
   * raised to keep that many, or back to what they were; absent where none decides.
   */
  | {
      kind: 'scale';
      service: string;
      revision: string;
      replicas: number;
      before: number | null;
      bounds?: 'raise' | 'back';
    }
  /** After `delay` (ms) back to `replicas`, or to what an autoscaler kept before: an operation of its own. */
  | { kind: 'scaleBack'; service: string; replicas: number; delay: number }
  | { kind: 'restart'; service: string; revision: string; deadline: number }
  | { kind: 'retire'; service: string; revision: string; version: string; delay: number }
  | { kind: 'remove'; service: string; revision: string }
  /** `back`: what the platform's own object stands on before; null where nothing is to bring it back there. */
  | {
      kind: 'settle';
      service: string;
      revision: string;
      version: string;
      deadline: number;
      back: { revision: string; version: string } | null;
    }
  | { kind: 'backup'; datastore: string; backup: string }
  | { kind: 'retention'; datastore: string }
  /** One rung of the ladder, on the backup itself or on the copy that `loads` makes of it. */
  | {
      kind: 'rung';
      rung: Rung;
      datastore: string;
      backup: string;
      copy: string;
      /** Where `loads` makes the copy; apart from everything live without it. */
      into?: 'beside' | { elsewhere: BoundPlace };
    }
  /** `whyNotRun`: what is said of required rungs that the plan leaves out; `noMark`: why one that passes gets no mark. */
  | {
      kind: 'conclude';
      datastore: string;
      backup: string;
      required: Rung[];
      whyNotRun?: string;
      noMark?: string;
    }
  | { kind: 'discard'; datastore: string; copy: string }
  | RecoveryAction
  | DerivedAction
  | StepsAction;

/** What a step does after its change: waits, watches and measures for `ms` of observed time. */
export interface Bake {
  ms: number;
  analyses: string[];
  /** The revision that is judged, and what it is compared with. */
  revision: string;
  stable?: string;
  /** Run the checks of the point `watch` all the while; of the point `preview` when it is on the preview address. */
  checks: boolean;
  /** The revision has no traffic: what is asked on its preview address is judged. */
  preview?: boolean;
  /** No other revision has users: absolute limits judge, and that nobody came yet is told and holds nothing up (not so of a preview). */
  alone?: boolean;
  /** What is told with its verdict and judges nothing: an analysis of the system file that is not asked, and why. */
  told?: string[];
}

export interface PlanStep {
  id: string;
  title: string;
  /** How it is undone, in words; `none` where it has no undo. */
  undo: string;
  /**
   * One of several backups that are tried one after the other, from 1: the steps of the next one are carried out only where
   * this one is found bad.
   */
  candidate?: { of: string; number: number };
  /** In a drill: what a recovery does otherwise at this step. */
  differs?: string;
  action: StepAction;
  /** Present when the step sets weights. */
  weights?: { version: string; percent: number }[];
  bake?: Bake;
  /** The name of the approval policy that is asked after the step; its gate has the step's id. */
  gate?: string;
  /** What a failure of this step leads to, where that is not what its runbook says. */
  onFailure?: 'ask' | 'undo' | 'continue';
}

export interface Plan {
  schema: 'fairlead/plan/v1';
  operation: string;
  /** The workflow type of its runbook. */
  kind: string;
  system: string;
  systemDigest: string;
  /** Why it stands on what was kept of the system file before, where that does not load. */
  instead?: string;
  /** What whoever reads it has to know beside its steps, in sentences; they are findings of the operation too. */
  notes?: string[];
  service?: string;
  strategy?: string;
  /** A proof: what is to be proved, as its manifest describes it. */
  backup?: BackupSummary;
  /** A recovery: what is restored, in the order of the datastores. */
  backups?: BackupSummary[];
  /** A recovery: what is restored instead where one of `backups` is found bad, in the order in which they are tried. */
  candidates?: BackupSummary[];
  /** Versions; absent when nothing was live. */
  from?: string;
  to?: string;
  /** A roll-back: from when to when (ISO 8601) all users were on what it goes back to. */
  carried?: { revision: string; since: string; until?: string };
  /** SHA-256 (hex) over the RFC 8785 form of the plan without this field. */
  digest: string;
  steps: PlanStep[];
  /** Why there is nothing to do, when there is nothing to do. */
  nothingToDo?: string;
  /** A runbook of steps: its name and digest, and what its inputs are. */
  runbook?: { name: string; digest: string; inputs: Record<string, string | number | boolean> };
  /** Services and datastores whose leases are taken at the first change; absent where they are taken first of all. */
  leases?: string[];
  /** What was read before the plan was made, by service. */
  before: Record<string, { weights: Weights; stopped: boolean }>;
  /** What each of these services runs on, and what that can do. */
  platforms: Record<string, ServicePlatform>;
}
