// What an operation will do, as a value, made before anything is changed.
import type { BackupSummary } from './backup.ts';
import type { DerivedAction } from './derived.ts';
import type { RevisionSpec, Weights } from './model.ts';
import type { RecoveryAction } from './recovery-actions.ts';
import type { Rung } from './rungs.ts';

export type OperationKind =
  | 'canaryDeploy'
  | 'blueGreenDeploy'
  | 'rollback'
  | 'stopTraffic'
  | 'admitTraffic'
  | 'scaleService'
  | 'restartService'
  | 'retireRevision'
  | 'backup'
  | 'verifyBackup'
  | 'disasterRecovery';

/** The change or check that a step makes; the workflow has one performer per `kind`. */
export type StepAction =
  | { kind: 'check'; point: 'preflight' | 'smoke'; service: string; revision?: string }
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
  | { kind: 'stop'; service: string }
  | { kind: 'admit'; service: string; percent: number }
  | { kind: 'scale'; service: string; revision: string; replicas: number; before: number }
  | { kind: 'restart'; service: string; revision: string; deadline: number }
  | { kind: 'retire'; service: string; revision: string; version: string; delay: number }
  | { kind: 'remove'; service: string; revision: string }
  | { kind: 'backup'; datastore: string; backup: string }
  | { kind: 'retention'; datastore: string }
  /** One rung of the ladder, on the backup itself or on the copy that `loads` makes of it. */
  | { kind: 'rung'; rung: Rung; datastore: string; backup: string; copy: string }
  /** `whyNotRun`: what is said of required rungs that the plan leaves out. */
  | { kind: 'conclude'; datastore: string; backup: string; required: Rung[]; whyNotRun?: string }
  | { kind: 'discard'; datastore: string; copy: string }
  | RecoveryAction
  | DerivedAction;

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
}

export interface PlanStep {
  id: string;
  title: string;
  /** How it is undone, in words; `none` where it has no undo. */
  undo: string;
  /** Of a drill: what a recovery does otherwise here. */
  differs?: string;
  action: StepAction;
  /** Present when the step sets weights. */
  weights?: { version: string; percent: number }[];
  bake?: Bake;
  /** The name of the approval policy that is asked after the step; its gate has the step's id. */
  gate?: string;
}

export interface Plan {
  schema: 'fairlead/plan/v1';
  operation: string;
  kind: OperationKind;
  system: string;
  systemDigest: string;
  service?: string;
  strategy?: string;
  /** verifyBackup: what is to be proved, as its manifest describes it. */
  backup?: BackupSummary;
  /** disasterRecovery: what is restored, in the order of the datastores. */
  backups?: BackupSummary[];
  /** Versions; absent when nothing was live. */
  from?: string;
  to?: string;
  /** SHA-256 (hex) over the RFC 8785 form of the plan without this field. */
  digest: string;
  steps: PlanStep[];
  /** Why there is nothing to do, when there is nothing to do. */
  nothingToDo?: string;
  /** What was read before the plan was made, by service. */
  before: Record<string, { weights: Weights; stopped: boolean }>;
}
