// What a row of the table of step kinds (table.ts) says, and what its functions work with. All of them are pure: they are
// given what is known and answer what is to be asked of an activity, or how the step went. The frame (steps/perform.ts)
// asks, records and takes leases.
import type { ActivityAnswer } from '../../activities/boundary.ts';
import type { ChildEnd } from '../../domain/operation/child.ts';
import type { LoadedSystem } from '../../domain/loaded-system.ts';
import type { Plan, PlanStep, StepAction } from '../../domain/operation/plan.ts';
import type { OperationRequest } from '../../domain/operation/request.ts';
import type { StepResult, StepResults } from '../../domain/operation/step-result.ts';
import type { Finding } from '../../domain/analysis/finding.ts';
import type { EvidenceEntry } from '../../domain/record/evidence.ts';
import type { PersonAsk } from '../../domain/steps/person-ask.ts';
import type { Weights } from '../../domain/rollout/model.ts';
import type { CallFailure, Profile, ValueOf } from '../steps/call.ts';
import type { StepActivity, ToldOf } from '../../activities/inputs/step-inputs.ts';

export type ActionOf<Kind extends StepAction['kind']> = Extract<StepAction, { kind: Kind }>;

/** What is known when a step begins. */
export interface StepContext<Action = StepAction> {
  step: PlanStep;
  action: Action;
  loaded: LoadedSystem;
  plan: Plan;
  results: StepResults;
  /** Names whose leases are held, sorted: what a step makes for all of them it makes under the first. */
  leased: string[];
  runId: string;
  /** When the operation was opened (ms). */
  beganAt: number;
  /** The workflow's clock when the step began (ISO 8601). */
  now: string;
  /** For what is measured by the times of the record. */
  entries: readonly EvidenceEntry[];
  /** What the traffic of a service may be like, as far as this operation knows. */
  expected: (service: string) => Weights[];
}

/** An activity to be asked, and what its answer comes to. */
export interface Ask<Name extends StepActivity = StepActivity> {
  activity: Name;
  /** What only the workflow knows; everything else follows from plan and step. */
  told: ToldOf<Name>;
  profile: Profile;
  /** The service or datastore under whose lease a change is made; what only looks has none. */
  lease?: string;
  /** Verdicts that are known before it is asked: they are in the record when it is. */
  findings?: Finding[];
  answered(answer: ActivityAnswer<ValueOf<Name>>): Work;
  /** What a failure of it comes to, where the row of the kind does not decide that. */
  failed?: (failure: CallFailure) => Work | undefined;
}

/** A workflow that is started, and outlives this operation. */
export interface Start {
  later: { runbook: 'retireRevision' | 'scaleBack'; request: OperationRequest };
}

/** What a person answers to a step of a runbook of steps. */
export interface PersonAnswer {
  by: string;
  /** As it may be shown; empty for none. */
  note: string;
  /** To a question. */
  option?: string;
}

/** A person is waited for. */
export interface AskPerson {
  asks: PersonAsk;
  replied(answer: PersonAnswer): Work;
}

/** Only time passes (ms). */
export interface Pause {
  sleeps: number;
  over: Work;
}

/** People are told through a channel; `told` is given why that failed, if it did. */
export interface Tell {
  tells: { channel: string; text: string };
  told(reason: string | undefined): Work;
}

/** Another operation to be carried out under the leases of this one. */
export interface ChildAsked {
  /** The name of its runbook in the table. */
  runbook: string;
  /** What it is asked, but for the system, who asks and why. */
  asked: Readonly<Record<string, unknown>>;
  /** When people are asked whether it goes on (ms), and with which words; in order. */
  moments?: readonly { at: number; text: string }[];
}

/** The answers to a moment that comes while a child goes on. */
export const GO_ON = 'go-on';
export const GO_BACK = 'go-back';

/** It is started and waited for. `notStarted`: why that cannot be. */
export interface StartChild {
  child: ChildAsked;
  ended(end: ChildEnd): Work;
  notStarted(failure: CallFailure): Work;
}

/** The next part of a step: an activity, a workflow, a person, time, another operation, or the end of it. */
export type Work = StepResult | Ask | Start | StartChild | AskPerson | Pause | Tell;

/**
 * What it comes to when a step's activity fails and the step itself says nothing of that.
 * `fails`: the step has failed; a changed world or an outage parks the operation.
 * `failsUnasked`: the same, but nobody is asked in the night: what would park has failed.
 * `doubtEnds`, `doubtGoesOn`: it says nothing of the backups: inconclusive, and the operation ends, or goes on.
 */
export type WhenFailed = 'fails' | 'failsUnasked' | 'doubtEnds' | 'doubtGoesOn';

export interface StepKind<Action = StepAction> {
  whenFailed: WhenFailed;
  // A method, so that the row of one kind can be taken from the table as a row of any.
  begin(context: StepContext<Action>): Work;
}

/** Says which activity is asked, with the types of its own answer. */
export function ask<Name extends StepActivity>(one: Ask<Name>): Ask {
  return one;
}

export function isAsk(work: Work): work is Ask {
  return 'activity' in work;
}
