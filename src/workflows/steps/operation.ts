// The frame of every operation: load, lease, plan, then what domain/runbook says is next, then seal and release.
import {
  CancellationScope,
  condition,
  isCancellation,
  patched,
  workflowInfo,
} from '@temporalio/workflow';
import { Failure } from '../../domain/failure.ts';
import type { OperationKind, Plan } from '../../domain/plan.ts';
import { parseRequest, type OperationRequest } from '../../domain/request.ts';
import type { Action, Policy, RunbookEvent } from '../../domain/runbook-state.ts';
import { apply, begin, next, startRunbook } from '../../domain/runbook.ts';
import { datastoreOf, leasedBy } from '../../domain/operation.ts';
import { inNobodysWay, type UndoEntry } from '../../domain/undo.ts';
import { call, failureOf } from './call.ts';
import { close, type End, type OperationResult } from './close.ts';
import { endingFailure } from './ending-failure.ts';
import { giveBackLeases, takeLeases, type Held } from './leases.ts';
import { listen } from './listen.ts';
import { announce, announceRefusal, setState, showPage } from './page.ts';
import { askAboutProblem, askPeople, settleMessages, unpaused } from './people.ts';
import { performBake, performChange } from './perform.ts';
import { bookOf, loadedOf, newRun, record, recordOpening, type Run } from './run.ts';
import { logRefusal, logStart, timed } from './logged.ts';
import { performUndo } from './undo.ts';

export interface Runbook {
  kind: OperationKind;
  policy: Policy;
  /** Comes between loading and taking leases; a retirement waits here. */
  before?: (run: Run) => Promise<void>;
  /** Plans before it takes leases too: what cannot be done (or need not be) makes nobody give way. */
  looksFirst?: 'can' | 'need';
  /** What a lease that is held leads to: another try after so many ms, by how often it was tried; else a refusal. */
  whenHeld?: (run: Run, tries: number, held: Held) => number | undefined;
  /** Comes before the record is closed, whatever it ended with. */
  atEnd?: (run: Run, end: End) => Promise<void>;
}

export async function operation(runbook: Runbook, input: unknown): Promise<OperationResult> {
  const run = newRun(runbook.kind, requestOf(runbook.kind, input));
  listen(run);
  announce(run);
  logStart(run);
  const end = await course(run, runbook);
  return CancellationScope.nonCancellable(async () => {
    await runbook.atEnd?.(run, end);
    return close(run, end);
  });
}

/** Everything up to the end, in a scope that an interrupt cancels. */
async function course(run: Run, runbook: Runbook): Promise<End> {
  try {
    const early = await interruptible(run, () => prepare(run, runbook));
    return early ?? (await carryOut(run));
  } catch (error) {
    if (isCancellation(error)) return interrupted(run);
    const failure = failureOf(error);
    if (failure === undefined) throw error;
    const outcome = failure.kind === 'Refused' ? 'refused' : 'failed';
    return { outcome, message: failure.message, kind: failure.kind };
  }
}

/** Loads, takes the leases, plans; an end, when it ends here. */
async function prepare(run: Run, runbook: Runbook): Promise<End | undefined> {
  await load(run);
  recordOpening(run);
  await runbook.before?.(run);
  const idle = await lookFirst(run, runbook);
  if (idle !== undefined) return { outcome: 'nothingToDo', message: idle };
  if (run.request.dryRun !== true) {
    const refused = await lease(run, runbook);
    if (refused !== undefined) return { outcome: 'refused', message: refused, kind: 'Refused' };
  }
  run.plan = await makePlan(run);
  record(run, { type: 'planned', plan: run.plan });
  for (const [name, { weights }] of Object.entries(run.plan.before)) run.weights[name] = weights;
  if (run.request.dryRun === true) {
    return { outcome: 'planned', message: `${run.plan.steps.length} steps; nothing was changed` };
  }
  if (run.plan.nothingToDo !== undefined) {
    return { outcome: 'nothingToDo', message: run.plan.nothingToDo };
  }
  run.book = startRunbook(run.plan.steps, runbook.policy);
  return undefined;
}

async function load(run: Run): Promise<void> {
  const { system, service = null, reason = null } = run.request;
  const datastore = datastoreOf(run.request);
  const { value } = await call(
    run,
    'loadSystem',
    { system, service, reason, ...(datastore !== undefined && { datastore }) },
    { profile: 'look', step: 'load', summary: `Load ${system}` },
  );
  run.loaded = value.loaded;
  run.reason = value.reason;
}

/** Why there is nothing to do, where that is a reason to disturb nobody. Fails when it cannot be done. */
async function lookFirst(run: Run, { looksFirst }: Runbook): Promise<string | undefined> {
  if (looksFirst === undefined || !patched('looks-first')) return undefined;
  const { nothingToDo } = await makePlan(run);
  return looksFirst === 'need' ? nothingToDo : undefined;
}

async function lease(run: Run, { whenHeld }: Runbook): Promise<string | undefined> {
  const names = leasedBy(run.kind, run.request, loadedOf(run).system);
  for (let tries = 1; ; tries += 1) {
    const held = await takeLeases(run, names);
    delete run.turn;
    const delay = held === undefined ? undefined : whenHeld?.(run, tries, held);
    if (held === undefined || delay === undefined) return held?.message;
    await giveBackLeases(run);
    run.turn = `waits for its turn: ${held.message}`;
    showPage(run);
    await condition(() => false, delay, { summary: 'The lease is held: try again' });
  }
}

async function makePlan(run: Run): Promise<Plan> {
  const { kind, operation: id } = run;
  // What somebody typed goes no further than to the redactor.
  const { reason: _, ...request } = run.request;
  const { value } = await call(
    run,
    'planOperation',
    { kind, operation: id, request, loaded: loadedOf(run) },
    { profile: 'look', step: 'plan', summary: 'Read the world and make the plan' },
  );
  return value;
}

/** Asks what is next, does it, says what came of it, until it ends. */
async function carryOut(run: Run): Promise<End> {
  for (;;) {
    const action = next(bookOf(run));
    if (action.do === 'end') return { outcome: action.outcome, message: action.message };
    run.step = action.do === 'undo' ? `undo-${action.entry.step}` : stepOf(action);
    const event = await timed(run, action, () => perform(run, action));
    run.book = apply(bookOf(run), event);
  }
}

async function perform(run: Run, action: Exclude<Action, { do: 'end' }>): Promise<RunbookEvent> {
  if (action.do === 'undo') return undo(run, action.entry);
  if (run.interrupt !== undefined) return eventOf(run);
  try {
    const event = await interruptible(run, () => goForward(run, action));
    // An interrupt wins over a result that came in while it was being obeyed.
    return isInterrupted(run) || event.type === 'cancelled' ? eventOf(run) : event;
  } catch (error) {
    if (isCancellation(error)) return eventOf(run);
    // Whatever else an activity failed with ends as a failed step does: with an undo.
    const failure = failureOf(error);
    if (failure === undefined) throw error;
    return { type: 'failed', ...failure };
  }
}

async function undo(run: Run, entry: UndoEntry): Promise<RunbookEvent> {
  if (run.interrupt?.type === 'preempted' && !inNobodysWay(entry)) return eventOf(run);
  setState(run, 'undoing');
  return CancellationScope.nonCancellable(() => performUndo(run, entry));
}

async function goForward(
  run: Run,
  action: Exclude<Action, { do: 'end' | 'undo' }>,
): Promise<RunbookEvent> {
  if (action.do === 'ask') {
    record(run, {
      type: 'parked',
      step: action.problem.step,
      problem: action.problem.message,
      ...statesOf(action.problem.details),
    });
    return askAboutProblem(run);
  }
  await unpaused(run);
  await settleMessages(run);
  setState(run, 'running');
  switch (action.do) {
    case 'change':
      run.book = begin(bookOf(run));
      return performChange(run, action.step);
    case 'bake':
      return performBake(run, action.step);
    case 'gate':
      return askPeople(run, action.step);
  }
}

function isInterrupted(run: Run): boolean {
  return run.interrupt !== undefined;
}

function interruptible<Value>(run: Run, work: () => Promise<Value>): Promise<Value> {
  const scope = new CancellationScope();
  run.scope = scope;
  return scope.run(work);
}

function eventOf(run: Run): RunbookEvent {
  const { interrupt } = run;
  if (interrupt === undefined) {
    run.cancelled = true;
    return { type: 'cancelled' };
  }
  if (interrupt.type === 'preempted') {
    return { type: 'preempted', message: `made way for ${interrupt.by}` };
  }
  return { type: 'abort', keep: interrupt.keep, message: `aborted by ${interrupt.by}` };
}

/** An interrupt before there was anything to undo. */
function interrupted(run: Run): End {
  const event = eventOf(run);
  if (event.type === 'preempted') return { outcome: 'preempted', message: event.message };
  if (event.type === 'abort') return { outcome: 'aborted', message: event.message };
  return { outcome: 'aborted', message: 'cancelled through Temporal' };
}

function statesOf(details: unknown): { expected?: unknown; found?: unknown } {
  if (typeof details !== 'object' || details === null) return {};
  return {
    ...('expected' in details && { expected: details.expected }),
    ...('found' in details && { found: details.found }),
  };
}

function stepOf(action: Exclude<Action, { do: 'end' | 'undo' }>): string {
  return action.do === 'ask' ? action.problem.step : action.step.id;
}

function requestOf(kind: OperationKind, input: unknown): OperationRequest {
  try {
    return parseRequest(kind, input);
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    logRefusal(kind, error);
    announceRefusal(kind);
    const { workflowType } = workflowInfo();
    throw endingFailure('failed', error.message, [null, { kind: error.kind, workflowType }]);
  }
}
