// What a step of a plan came to, as a value, and the store of those values: later steps read there what earlier ones found.
import type { BakeProgress } from '../analysis/bake-progress.ts';
import type { Finding, StepFinding } from '../analysis/finding.ts';
import type { Verdict } from '../analysis/verdict.ts';
import type { BackupSummary } from '../backup/backup.ts';
import type { RungResult } from '../backup/ladder.ts';
import type { FailureKind } from '../failure.ts';
import type { Exchanged, ExchangePlan, Loss, WritePosition } from '../recovery/exchange.ts';
import type { Inventory } from '../recovery/inventory.ts';
import type { Weights } from '../rollout/model.ts';
import type { Brought } from '../steps/brought.ts';
import type { MachineEvent } from './machine-state.ts';
import type { PlanStep, StepAction } from './plan.ts';

/** A rung of the ladder and the datastore whose copy climbed it: a drill climbs the ladders of several. */
export interface ClimbedRung extends RungResult {
  datastore: string;
}

/** What became of one service of a stop. */
export type StoppedService =
  /** `afterMs`: from when the stop began until none of its users was answered; missing from a worker of before. */
  | { service: string; weights: Weights; detail: string; afterMs?: number }
  | { service: string; failed: { kind: FailureKind; message: string } };

/** What a step hands on to later steps, beside its findings. */
export type StepOutput =
  /** The traffic of a service as it was read back. */
  | {
      kind: 'weights';
      service: string;
      weights: Weights;
      /** The bake of a step that judges them, as far as it has begun. */
      begun?: { step: string; progress: BakeProgress };
    }
  /** What one activity did for the services of several steps. */
  | { kind: 'stopped'; services: StoppedService[] }
  /** A backup that was taken. */
  | { kind: 'backup'; summary: BackupSummary }
  /** Rungs that were climbed; one reading of a copy can climb two. */
  | { kind: 'rungs'; rungs: ClimbedRung[] }
  /** What the live datastore and a copy do not have in common. */
  | { kind: 'loss'; loss: Loss }
  /** A fenced datastore to which nobody writes. */
  | { kind: 'quiet'; datastore: string; position: WritePosition }
  /** What users lose of a datastore, and how it would be exchanged. */
  | { kind: 'lost'; datastore: string; loss: Loss; plan: ExchangePlan }
  /** What is live now. */
  | { kind: 'exchanged'; datastore: string; exchanged: Exchanged }
  /** What looks brought. */
  | { kind: 'brought'; looks: Brought[] }
  /** What there was before a drill. */
  | { kind: 'inventory'; inventory: Inventory };

export interface StepResult {
  /** What the machine of decisions is told. */
  event: MachineEvent;
  /** Attempts that the activity took; 1 where there was none. */
  attempts: number;
  /** How it went, for the record; empty where nothing is to be said. */
  detail: string;
  /** Verdicts that were given. */
  findings: Finding[];
  /** Sentences for people, recorded as findings of the operation. */
  notes: string[];
  output?: StepOutput;
  /** How many of the findings are in the record already; the others are recorded with the result. */
  recorded?: number;
}

/** Results in the order in which they came; a step that was done again is there twice. */
export type StepResults = readonly { step: PlanStep; result: StepResult }[];

/** A result that says nothing but its event. */
export function plainResult(event: MachineEvent, said: Partial<StepResult> = {}): StepResult {
  return { attempts: 1, detail: '', findings: [], notes: [], ...said, event };
}

/** The newest result of a step. */
export function resultOf(results: StepResults, step: string): StepResult | undefined {
  return results.findLast((one) => one.step.id === step)?.result;
}

/** All outputs of one kind, oldest first. */
export function outputsOf<Kind extends StepOutput['kind']>(
  results: StepResults,
  kind: Kind,
): Extract<StepOutput, { kind: Kind }>[] {
  return results.flatMap(({ result: { output } }) => (isOfKind(output, kind) ? [output] : []));
}

type OnDatastore = Extract<StepOutput, { datastore: string }>;

/** The newest output of one kind that is about this datastore. */
export function outputOn<Kind extends OnDatastore['kind']>(
  results: StepResults,
  kind: Kind,
  datastore: string,
): Extract<OnDatastore, { kind: Kind }> | undefined {
  const all = outputsOf(results, kind) as Extract<OnDatastore, { kind: Kind }>[];
  return all.findLast((one) => one.datastore === datastore);
}

/** How far the bake of a step has begun with the change before it; undefined once it was baked since. */
export function begunBake(results: StepResults, step: string): BakeProgress | undefined {
  const last = results.findLastIndex(({ result: { output } }) => {
    return output?.kind === 'weights' && output.begun?.step === step;
  });
  const { output } = results[last]?.result ?? {};
  const since = last === -1 ? [] : results.slice(last + 1);
  const again = since.some((one) => one.step.id === step && one.result.event.type !== 'done');
  return again || output?.kind !== 'weights' ? undefined : output.begun?.progress;
}

/** Every verdict that was given, each with its step. */
export function findingsOf(results: StepResults): StepFinding[] {
  return results.flatMap(({ step, result }) =>
    result.findings.map((finding) => ({ ...finding, step: step.id })),
  );
}

/** The findings of a step, newest of each name. */
export function findingsAt(results: StepResults, step: string): Finding[] {
  const found = new Map<string, Finding>();
  for (const one of findingsOf(results)) if (one.step === step) found.set(one.name, one);
  return [...found.values()];
}

/** Steps of one kind of action with the verdict that each gave last; `inconclusive` where it gave none. */
export function verdictsOf<Kind extends StepAction['kind']>(
  results: StepResults,
  steps: readonly PlanStep[],
  kind: Kind,
): { step: PlanStep; action: Extract<StepAction, { kind: Kind }>; verdict: Verdict }[] {
  return steps.flatMap((step) => {
    const { action } = step;
    if (!isAction(action, kind)) return [];
    const verdict = resultOf(results, step.id)?.findings.at(-1)?.verdict ?? 'inconclusive';
    return [{ step, action, verdict }];
  });
}

function isAction<Kind extends StepAction['kind']>(
  action: StepAction,
  kind: Kind,
): action is Extract<StepAction, { kind: Kind }> {
  return action.kind === kind;
}

function isOfKind<Kind extends StepOutput['kind']>(
  output: StepOutput | undefined,
  kind: Kind,
): output is Extract<StepOutput, { kind: Kind }> {
  return output?.kind === kind;
}
