// Makes the change of a step, or its undo, by the row in the table of step kinds: asks one activity after the other until
// the row's functions have a result.
import { sleep, workflowInfo } from '@temporalio/workflow';
import type { Action } from '../../domain/operation/machine-state.ts';
import { begin } from '../../domain/operation/machine.ts';
import type { PlanStep } from '../../domain/operation/plan.ts';
import { plainResult, resultOf, type StepResult } from '../../domain/operation/step-result.ts';
import { describeUndo } from '../../domain/operation/undo.ts';
import type { Weights } from '../../domain/rollout/model.ts';
import { failedResult } from '../step-kinds/failed.ts';
import {
  isAsk,
  type Ask,
  type AskPerson,
  type Pause,
  type StartChild,
  type Tell,
  type StepContext,
  type Work,
} from '../step-kinds/step-kind.ts';
import { kindOf, undoWork } from '../step-kinds/table.ts';
import { passedGates } from '../asking/prove-vote.ts';
import { askPerson } from '../asking/ask-person.ts';
import { runChild } from '../children/run-child.ts';
import { startLater } from '../children/start-later.ts';
import { call, failureOf, type CallFailure, type CallOptions } from './call.ts';
import { giveBackAll, takeLease, takeLeases, takeUnused } from './leases.ts';
import { tellChannel } from './notices.ts';
import { record } from './record.ts';
import {
  beganAt,
  keptPlanOf,
  leasedNames,
  leaseOn,
  loadedOf,
  machineOf,
  now,
  planOf,
  type Run,
} from './run.ts';

/** What the machine of decisions asks for, but for the end. */
export type ToPerform = Exclude<Action, { do: 'end' }>;

interface Begun {
  /** As histories, tokens and the record name it. */
  id: string;
  title: string;
  /** The step of the plan, which is the one that is taken back where this is an undo. */
  planned: string;
  work: Work;
}

/** What the activities of a step came to so far. */
interface Asked {
  known: StepResult['findings'];
  attempts: number;
}

/** Throws what an activity failed with where its row says nothing of that: `failureResult` says what it comes to. */
export async function performStep(
  run: Run,
  action: Extract<Action, { do: 'change' | 'undo' }>,
): Promise<StepResult> {
  const begun = action.do === 'undo' ? beginUndo(run, action) : beginChange(run, action.step);
  const asked: Asked = { known: [], attempts: 1 };
  let { work } = begun;
  let result: StepResult | undefined;
  while (result === undefined) {
    if (isAsk(work)) work = await askActivity(run, begun, work, asked);
    else if ('event' in work) result = work;
    else if ('later' in work) result = await startLater(run, work.later);
    else work = await goneOn(run, begun, work);
  }
  const { known, attempts } = asked;
  const findings = [...known, ...result.findings];
  return { ...result, attempts, findings, recorded: known.length };
}

async function askActivity(run: Run, begun: Begun, work: Ask, asked: Asked): Promise<Work> {
  const refused = await leasesFor(run, work);
  if (refused !== undefined) return refused;
  // Evidence first: a verdict is in the record before anybody is asked to act on it.
  const { findings = [], activity, told, failed } = work;
  recordVerdicts(run, begun.id, findings);
  asked.known.push(...findings);
  const passed = passedGates(run.people);
  const input = {
    ...{ plan: keptPlanOf(run), step: begun.planned, told },
    ...(passed.length > 0 && { passed }),
  };
  try {
    const answer = await call(run, activity, input, optionsOf(run, begun, work));
    asked.attempts = Math.max(asked.attempts, answer.attempts);
    return work.answered(answer);
  } catch (error) {
    const failure = failureOf(error);
    const result = failure && failed?.(failure);
    if (result === undefined) throw error;
    return result;
  }
}

/** Goes on with what is no activity: a person, time, a notice, another operation. */
async function goneOn(
  run: Run,
  { id }: Begun,
  work: AskPerson | Pause | Tell | StartChild,
): Promise<Work> {
  if ('child' in work) return childWork(run, id, work);
  if ('asks' in work) return work.replied(await askPerson(run, id, work.asks));
  if ('tells' in work) return work.told(await tellChannel(run, id, work.tells));
  await sleep(work.sleeps, { summary: id });
  // Nobody had to be there meanwhile.
  run.progress.aliveAt = Date.now();
  return work.over;
}

/** The leases of a runbook of steps are taken first: its child works under them. */
async function childWork(run: Run, step: string, work: StartChild): Promise<Work> {
  const [lease] = planOf(run).leases ?? [];
  const refused = await leasesFor(run, lease === undefined ? {} : { lease });
  if (refused !== undefined) return refused;
  const end = await runChild(run, step, work.child);
  return 'refused' in end ? work.notStarted(end.refused) : work.ended(end);
}

/** Takes the leases that a runbook of steps changes something under, at its first change; a result where they are not to be had. */
async function leasesFor(run: Run, { lease }: Pick<Ask, 'lease'>): Promise<StepResult | undefined> {
  const isHeld = lease === undefined || leaseOn(run, lease) !== undefined;
  if (isHeld || run.runbook.leases !== 'atFirstChange') return undefined;
  const { held, inUse } = await takeUnused(run, planOf(run).leases ?? []);
  const refused = held ?? (await takeLeases(run, inUse));
  if (refused === undefined) return undefined;
  await giveBackAll(run);
  const message = `${refused.message}; wait until that is over, then retry`;
  return plainResult({ type: 'failed', kind: 'Refused', message, unbegun: true });
}

/** What a failure of an activity comes to, by what it was asked for. */
export function failureResult(run: Run, action: ToPerform, failure: CallFailure): StepResult {
  const event = { type: 'failed', ...failure } as const;
  switch (action.do) {
    case 'change':
      return failedResult(contextOf(run, action.step), kindOf(action.step).whenFailed, failure);
    case 'bake': {
      const { attempts = 1, detail = '' } = resultOf(run.progress.results, action.step.id) ?? {};
      return plainResult(event, { attempts, detail });
    }
    case 'undo': {
      const { message: detail } = failure;
      const message = `Undo ${describeUndo(action.entry)}: ${detail}`;
      return plainResult({ type: 'undoFailed', message }, { detail });
    }
    case 'gate':
    case 'ask':
    case 'passOver':
      return plainResult(event);
  }
}

export function recordVerdicts(run: Run, step: string, findings: StepResult['findings']): void {
  for (const finding of findings) record(run, { type: 'verdict', step, ...finding });
}

/** What the traffic may be like, as far as this operation knows. */
function expectedWeights(run: Run, service: string): Weights[] {
  const attempted = run.traffic.attempted.get(service);
  const known = run.traffic.weights[service] ?? planOf(run).before[service]?.weights ?? [];
  return attempted === undefined ? [known] : [known, attempted];
}

/** Begins the change of a step. Its undo is kept from here on, whatever becomes of the step. */
function beginChange(run: Run, step: PlanStep): Begun {
  const { id, title, action } = step;
  run.progress.machine = begin(machineOf(run));
  record(run, { type: 'step', id, title, status: 'started', attempts: 0 });
  const work = kindOf(step).begin(contextOf(run, step));
  // Until it was read back, nobody knows whether it is set.
  if (action.kind === 'weights') run.traffic.attempted.set(action.service, action.weights);
  return { id, title, planned: id, work };
}

function beginUndo(run: Run, { entry }: Extract<Action, { do: 'undo' }>): Begun {
  const work = undoWork(entry, {
    expected: (service) => expectedWeights(run, service),
    leased: leasedNames(run),
    plan: planOf(run),
  });
  const title = `Undo ${describeUndo(entry)}`;
  return { id: `undo-${entry.step}`, title, planned: entry.step, work };
}

function optionsOf(run: Run, { id, title }: Begun, { profile, lease: of }: Ask): CallOptions {
  const lease = of === undefined ? {} : { lease: { of, takeAnew: () => takeLease(run, of) } };
  return { profile, step: id, summary: title, ...lease };
}

function contextOf(run: Run, step: PlanStep): StepContext {
  return {
    step,
    action: step.action,
    loaded: loadedOf(run),
    plan: planOf(run),
    results: run.progress.results,
    leased: leasedNames(run),
    runId: workflowInfo().runId,
    beganAt: beganAt(run),
    now: now(),
    entries: run.record.entries,
    expected: (service) => expectedWeights(run, service),
  };
}
