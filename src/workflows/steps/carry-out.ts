// Carries a plan out: asks the machine of decisions what is next, has it done, hands the result back, until it ends.
import { CancellationScope, isCancellation } from '@temporalio/workflow';
import type { MachineEvent } from '../../domain/operation/machine-state.ts';
import { apply, next } from '../../domain/operation/machine.ts';
import type { PlanStep } from '../../domain/operation/plan.ts';
import type { StepStatus } from '../../domain/record/evidence.ts';
import { candidatesOf, nextCandidate } from '../../domain/recovery/live/candidates.ts';
import { plainResult, type StepResult } from '../../domain/operation/step-result.ts';
import { describeUndo, inNobodysWay, type UndoEntry } from '../../domain/operation/undo.ts';
import { performBake } from './bake.ts';
import { heldBy, holdAt } from '../freezing/hold.ts';
import { failureOf } from './call.ts';
import type { End } from './close.ts';
import { giveBackAll } from './leases.ts';
import { endTiming, startTiming } from './logged.ts';
import { setState } from './page.ts';
import { askAboutProblem, askPeople, unpaused } from './people.ts';
import { failureResult, performStep, recordVerdicts, type ToPerform } from './perform.ts';
import { record, recordWeights } from './record.ts';
import { machineOf, planOf, type Run } from './run.ts';
import { settleMessages } from './settle-messages.ts';

export async function carryOut(run: Run): Promise<End> {
  for (;;) {
    const action = next(machineOf(run));
    if (action.do === 'end') return { outcome: action.outcome, message: action.message };
    run.progress.step = stepOf(action);
    const timing = startTiming(run, action);
    const result = await attempt(run, action);
    endTiming(run, timing);
    if (result !== undefined) keepResult(run, action, result);
    run.progress.machine = apply(machineOf(run), eventOf(run, action, result));
  }
}

/** What an action came to; nothing when it was interrupted. The one place where a failure is turned into a result. */
async function attempt(run: Run, action: ToPerform): Promise<StepResult | undefined> {
  if (isCalledOff(run, action)) return undefined;
  const isUndo = action.do === 'undo';
  const scope = new CancellationScope({ cancellable: !isUndo });
  if (!isUndo) run.progress.scope = scope;
  try {
    const bad = await scope.run(() => prepared(run, action));
    if (bad !== undefined) return plainResult(bad);
    return await scope.run(() =>
      action.do === 'change' || action.do === 'undo' ? thawed(run, action) : bakeOrAsk(run, action),
    );
  } catch (error) {
    if (!isUndo && isCancellation(error)) return undefined;
    const failure = failureOf(error);
    if (failure === undefined) throw error;
    return failureResult(run, action, failure);
  }
}

/** Performs a step; as often as a freeze holds its change, it waits for the end of that and tries again. */
async function thawed(
  run: Run,
  action: Extract<ToPerform, { do: 'change' | 'undo' }>,
): Promise<StepResult> {
  for (;;) {
    const before = machineOf(run);
    const isFirst = Object.keys(run.leases.held).length === 0;
    try {
      return await performStep(run, action);
    } catch (error) {
      const failure = failureOf(error);
      const held = failure && heldBy(failure);
      if (held === undefined || action.do === 'undo') throw error;
      if (run.runbook.goesForward === 'atFirstChange' && held.tried !== true) {
        // Nothing of the change was tried: there is nothing to take back, and nobody to be kept out.
        run.progress.machine = before;
        if (isFirst) await giveBackAll(run);
      }
      const bad = await holdAt(run, held, stepOf(action));
      if (bad !== undefined) {
        const { id, title } = action.step;
        record(run, { type: 'step', id, title, status: 'failed', attempts: 1, detail: held.why });
        return plainResult(bad);
      }
    }
  }
}

/** An interrupt ends what goes forward; an undo goes on, but for what is in the way of whoever took over. */
function isCalledOff({ people: { interrupt } }: Run, action: ToPerform): boolean {
  if (action.do !== 'undo') return interrupt !== undefined;
  return interrupt?.type === 'preempted' && !inNobodysWay(action.entry);
}

/** Holds while it is paused; answers the event of what was found bad meanwhile. */
async function prepared(run: Run, action: ToPerform): Promise<MachineEvent | undefined> {
  if (action.do === 'undo') {
    setState(run, 'undoing');
  } else if (action.do !== 'ask') {
    const bad = await unpaused(run);
    if (bad !== undefined) return bad;
    await settleMessages(run);
    setState(run, 'running');
  }
  return undefined;
}

async function bakeOrAsk(
  run: Run,
  action: Exclude<ToPerform, { do: 'change' | 'undo' }>,
): Promise<StepResult> {
  switch (action.do) {
    case 'bake':
      return performBake(run, action.step);
    case 'gate':
      return plainResult(await askPeople(run, action.step));
    case 'passOver':
      return plainResult({ type: 'passedOver' }, { detail: 'another way was chosen' });
    case 'ask': {
      const { step, message, details } = action.problem;
      record(run, { type: 'parked', step, problem: message, ...statesOf(details) });
      return plainResult(await askAboutProblem(run));
    }
  }
}

/** Records what an action came to, and keeps it for later steps. */
function keepResult(run: Run, action: ToPerform, result: StepResult): void {
  if (action.do === 'gate' || action.do === 'ask' || isUnbegun(action, result)) return;
  recordOutput(run, stepOf(action), result);
  recordVerdicts(run, stepOf(action), result.findings.slice(result.recorded ?? 0));
  for (const text of result.notes) record(run, { type: 'finding', text });
  if (action.do === 'undo') {
    recordUndo(run, action.entry, result);
    return;
  }
  run.progress.results.push({ step: action.step, result });
  recordCandidate(run, action.step, result);
  const goesOn = action.do === 'change' && action.step.bake !== undefined;
  if (!goesOn || result.event.type === 'failed') recordStep(run, action.step, result);
}

/** Found bad at a pause before it: a change that was not begun has no result. */
function isUnbegun(action: ToPerform, { event }: StepResult): boolean {
  return action.do === 'change' && event.type === 'watched';
}

function recordUndo(run: Run, entry: UndoEntry, { event, detail }: StepResult): void {
  const isDone = event.type === 'undone';
  record(run, {
    type: 'undo',
    step: entry.step,
    verb: entry.verb,
    status: isDone ? 'done' : 'failed',
    detail: isDone ? describeUndo(entry) : detail,
  });
}

function recordOutput(run: Run, step: string, { output }: StepResult): void {
  switch (output?.kind) {
    case 'weights':
      recordWeights(run, output.service, output.weights);
      return;
    case 'stopped':
      for (const one of output.services) {
        if (!('failed' in one)) recordWeights(run, one.service, one.weights);
      }
      return;
    case 'brought':
      for (const look of output.looks) record(run, { type: 'brought', step, look });
      return;
    case 'backup':
      record(run, { type: 'backup', backup: output.summary });
      return;
    default:
      return;
  }
}

/** From here on another backup is what is restored. */
function recordCandidate(run: Run, step: PlanStep, { event }: StepResult): void {
  if (event.type !== 'nextCandidate' || step.action.kind !== 'rung') return;
  const { datastore, backup: passedOver } = step.action;
  const id = nextCandidate(planOf(run), step);
  const backup = candidatesOf(planOf(run), datastore).find((one) => one.id === id);
  if (backup === undefined) return;
  record(run, { type: 'candidate', backup, passedOver, reason: event.message });
}

function recordStep(run: Run, { id, title }: PlanStep, result: StepResult): void {
  const { event, attempts } = result;
  const detail = detailOf(result);
  const status = statusOf(event);
  const entry = { type: 'step', id, title, status, attempts } as const;
  record(run, { ...entry, ...(detail !== undefined && { detail }) });
}

function statusOf(event: MachineEvent): StepStatus {
  if (event.type === 'passedOver') return 'passedOver';
  const isFailed =
    ['failed', 'nextCandidate'].includes(event.type) ||
    ('verdict' in event && event.verdict !== 'pass');
  return isFailed ? 'failed' : 'done';
}

/** A judgement's own numbers come before what the operation would end with. */
function detailOf({ event, detail }: StepResult): string | undefined {
  const message = 'message' in event ? event.message : '';
  const [first, second] = event.type === 'judged' ? [detail, message] : [message, detail];
  return first || second || undefined;
}

/** An interrupt wins over a result that came in while it was being handled. */
function eventOf(run: Run, action: ToPerform, result: StepResult | undefined): MachineEvent {
  if (result === undefined) return interruptEvent(run);
  const isOver = run.people.interrupt !== undefined || result.event.type === 'cancelled';
  return action.do !== 'undo' && isOver ? interruptEvent(run) : result.event;
}

/** What ends it now: a message, somebody of a higher rank, or a cancel through Temporal. */
export function interruptEvent(
  run: Run,
): Extract<MachineEvent, { type: 'cancelled' | 'preempted' | 'abort' }> {
  const { interrupt } = run.people;
  if (interrupt === undefined) {
    run.progress.cancelled = true;
    return { type: 'cancelled' };
  }
  if (interrupt.type === 'preempted') {
    return { type: 'preempted', message: `made way for ${interrupt.by}` };
  }
  return { type: 'abort', keep: interrupt.keep, message: `aborted by ${interrupt.by}` };
}

function statesOf(details: unknown): { expected?: unknown; found?: unknown } {
  if (typeof details !== 'object' || details === null) return {};
  return {
    ...('expected' in details && { expected: details.expected }),
    ...('found' in details && { found: details.found }),
  };
}

function stepOf(action: ToPerform): string {
  switch (action.do) {
    case 'undo':
      return `undo-${action.entry.step}`;
    case 'ask':
      return action.problem.step;
    default:
      return action.step.id;
  }
}
