// The frame of every operation: load, lease, plan, then what domain/operation/machine.ts says is next, then seal and release.
import {
  CancellationScope,
  condition,
  isCancellation,
  sleep,
  workflowInfo,
} from '@temporalio/workflow';
import { Failure, isMistake } from '../../domain/failure.ts';
import type { Outcome } from '../../domain/operation/outcome.ts';
import { parseRequest, type OperationRequest } from '../../domain/operation/request.ts';
import { startMachine } from '../../domain/operation/machine.ts';
import type { Plan } from '../../domain/operation/plan.ts';
import { datastoreOf } from '../../domain/operation/operation.ts';
import { runbookOf } from '../../runbooks/index.ts';
import { leasedBy, leasesBeforePlan, takesServices, type Runbook } from '../../runbooks/runbook.ts';
import type { Held } from '../../activities/freezes.ts';
import { HOTFIX_NEEDS_REASON, holdBefore, refusalOf } from '../freezing/hold.ts';
import { announceWindow } from '../freezing/maintenance.ts';
import { recordFreeze, takeFreeze } from '../freezing/own-freeze.ts';
import { call, failureOf, type ValueOf } from './call.ts';
import { carryOut, interruptEvent } from './carry-out.ts';
import { close, type End, type OperationResult } from './close.ts';
import { keepRecord } from './drill-record.ts';
import { endingFailure } from './ending-failure.ts';
import { giveBackAll, takeLeases, takeUnused, type LeaseHolder } from './leases.ts';
import { listen } from './listen.ts';
import { makeWay } from './make-way.ts';
import { announce, announceRefusal } from './page.ts';
import { record, recordOpening } from './record.ts';
import { loadedOf, newRun, type Run } from './run.ts';
import { logRefusal, logStart } from './logged.ts';

type Planned = ValueOf<'planOperation'>;

export async function operation(runbook: Runbook, input: unknown): Promise<OperationResult> {
  const run = newRun(runbook, requestOf(runbook, input));
  listen(run);
  announce(run);
  logStart(run);
  const end = await course(run);
  return CancellationScope.nonCancellable(async () => {
    if (runbook.keeps === 'drillRecord') await keepRecord(run, end);
    return close(run, end);
  });
}

/** A change or a drill that could not begin is refused; a backup or a proof that could not be made has failed. */
function outcomeOf({ progress: { machine }, runbook }: Run, kind: Failure['kind']): Outcome {
  const asked = takesServices(runbook) || runbook.keeps === 'drillRecord';
  const notBegun = machine === undefined && asked && isMistake(kind);
  return kind === 'Refused' || notBegun ? 'refused' : 'failed';
}

/** Everything up to the end, in a scope that an interrupt cancels. */
async function course(run: Run): Promise<End> {
  try {
    const scope = new CancellationScope();
    run.progress.scope = scope;
    const early = await scope.run(() => prepare(run));
    const end = early ?? (await carryOut(run));
    return needsWay(run, end) ? await makeWay(run, end) : end;
  } catch (error) {
    if (isCancellation(error)) return interrupted(run);
    const failure = failureOf(error);
    if (failure === undefined) throw error;
    const { kind, message } = failure;
    // Nothing of that name was found: nothing was touched, and there is nothing to record.
    const unrecorded = run.basis.loaded === undefined && isMistake(kind);
    return { outcome: unrecorded ? 'refused' : outcomeOf(run, kind), message, kind, unrecorded };
  }
}

/** It took no leases, and has come to an end of its own. */
function needsWay({ runbook, request }: Run, { outcome }: End): boolean {
  const isOver = ['succeeded', 'nothingToDo', 'failed'].includes(outcome);
  return runbook.waitsForNoLease === true && request.dryRun !== true && isOver;
}

/** Loads, takes the leases, plans; an end, when it ends here. */
async function prepare(run: Run): Promise<End | undefined> {
  await load(run);
  recordOpening(run);
  const { instead } = loadedOf(run);
  if (instead !== undefined) record(run, { type: 'finding', text: instead });
  await waitFirst(run);
  await announceWindow(run);
  const closed = await outsideWindow(run);
  if (closed !== undefined) return refusal(closed);
  const made = await keepOthersOut(run);
  if ('outcome' in made) return made;
  const { plan, kept, held } = made;
  run.basis.plan = plan;
  if (kept !== null) run.basis.kept.plan = kept;
  recordPlan(run, plan);
  recordFreeze(run);
  for (const [name, { weights }] of Object.entries(run.basis.plan.before))
    run.traffic.weights[name] = weights;
  if (run.request.dryRun === true) {
    const wouldWait = held == null ? '' : `; it would be held: ${held.why}`;
    return {
      outcome: 'planned',
      message: `${run.basis.plan.steps.length} steps; nothing was changed${wouldWait}`,
    };
  }
  if (run.basis.plan.nothingToDo !== undefined) {
    return { outcome: 'nothingToDo', message: run.basis.plan.nothingToDo };
  }
  run.progress.machine = startMachine(run.basis.plan.steps, run.runbook.policy);
  return undefined;
}

async function load(run: Run): Promise<void> {
  const { system, service = null, reason = null } = run.request;
  const datastore = datastoreOf(run.request);
  const wants = takesAtOnce(run) ? (service ?? datastore ?? null) : null;
  const { value } = await call(
    run,
    'loadSystem',
    {
      ...{ system, service, reason, wants },
      ...toLoad(run),
    },
    { profile: 'look', step: 'load', summary: `Load ${system}` },
  );
  run.basis.loaded = value.loaded;
  run.basis.kept.system = value.kept;
  run.basis.reason = value.reason;
  run.freezing.closed = value.closed;
  run.freezing.opens = value.opens;
  if (value.free && wants !== null) run.leases.free = wants;
}

/** What is loaded beside the system. */
function toLoad({ request, runbook: { needsNoFile } }: Run) {
  const { runbook, window } = request;
  const datastore = datastoreOf(request);
  return {
    ...(datastore !== undefined && { datastore }),
    ...(runbook !== undefined && { runbook }),
    ...(window !== undefined && { window }),
    ...(needsNoFile === true && { orKept: true as const }),
  };
}

/** Nothing comes between the loading and the lease. */
function takesAtOnce({ runbook, request }: Run): boolean {
  const { freezes, waitsFirst, opensWindow = false } = runbook;
  const isLater = freezes === true || waitsFirst?.(request) !== undefined || opensWindow;
  return leasesBeforePlan(runbook) && request.dryRun !== true && !isLater;
}

/** Waits for a change window before it takes a lease; why it is refused, where it does not wait. A hotfix asks people instead. */
async function outsideWindow(run: Run): Promise<string | undefined> {
  const { request, basis } = run;
  const { closed } = run.freezing;
  if (request.dryRun === true) return undefined;
  if (request.hotfix === true) return basis.reason === null ? HOTFIX_NEEDS_REASON : undefined;
  if (closed === undefined) return undefined;
  const refused = refusalOf(run, closed);
  if (refused === undefined) await holdBefore(run, closed);
  return refused;
}

async function waitFirst(run: Run): Promise<void> {
  if (run.runbook.waitsFirst === undefined) return;
  // What asks again has waited.
  const wait = workflowInfo().attempt > 1 ? undefined : run.runbook.waitsFirst(run.request);
  if (wait !== undefined) await sleep(wait.ms, { summary: wait.summary });
  run.progress.aliveAt = Date.now();
}

/** Before anybody is disturbed: an end where there is nothing to do. Fails when it cannot be done; waits while it is held. */
async function lookFirst(run: Run): Promise<End | undefined> {
  const { plan, held } = await makePlan(run, { keep: false });
  const { nothingToDo } = plan;
  if (nothingToDo !== undefined && run.runbook.endsWhatIsOpen !== true) {
    return { outcome: 'nothingToDo', message: nothingToDo };
  }
  if (held != null && nothingToDo === undefined) return heldBefore(run, held);
  run.leases.looked = true;
  return undefined;
}

/** An end, where what holds it is a refusal; else it holds no lease while it waits. */
async function heldBefore(run: Run, held: Held): Promise<End | undefined> {
  const never = refusalOf(run, held);
  if (never !== undefined) return refusal(never);
  await giveBackAll(run);
  await holdBefore(run, held);
  return undefined;
}

/** Takes the leases. Nobody is made to give way before it is known that all of them can be had, and that there is a plan. */
async function lease(run: Run): Promise<End | undefined> {
  if (!leasesBeforePlan(run.runbook)) return undefined;
  const names = leasedBy(run.runbook, run.request, loadedOf(run).system);
  for (let tries = 1; ;) {
    const { held, inUse } = await takeUnused(run, names);
    delete run.progress.leaseWait;
    if (inUse.length > 0 && held === undefined && run.leases.looked !== true) {
      const end = await lookFirst(run);
      if (end !== undefined) return end;
      continue;
    }
    const inTheWay = held ?? (await takeLeases(run, inUse));
    if (inTheWay === undefined) return undefined;
    if (!(await hasTurn(run, inTheWay, tries))) return refusal(inTheWay.message);
    tries += 1;
  }
}

/** Waits until the lease may be asked for again; false where its being held is a refusal. */
async function hasTurn(run: Run, holder: LeaseHolder, tries: number): Promise<boolean> {
  const delay = untilNextTry(run, holder, tries);
  if (delay === undefined) return false;
  await giveBackAll(run);
  run.progress.leaseWait = `waits for its turn: ${holder.message}`;
  await condition(() => false, delay, { summary: 'The lease is held: try again' });
  return true;
}

function refusal(message: string): End {
  return { outcome: 'refused', message, kind: 'Refused' };
}

function recordPlan(run: Run, plan: Plan): void {
  record(run, { type: 'planned', plan });
  for (const text of plan.notes ?? []) record(run, { type: 'finding', text });
}

/** Freezes the system where its runbook does, takes the leases, plans. Each may be an end. */
async function keepOthersOut(run: Run): Promise<Planned | End> {
  const { runbook, request, basis } = run;
  if (request.dryRun === true) return planThawed(run);
  const freezes = runbook.freezes === true && run.freezing.isUnder !== true;
  const idle = freezes ? await lookFirst(run) : undefined;
  if (idle !== undefined) return idle;
  const refused = freezes ? await takeFreeze(run, basis.reason ?? runbook.title) : undefined;
  if (refused !== undefined) return refusal(refused);
  return (await lease(run)) ?? planThawed(run);
}

/** The plan, made when nothing holds the operation back; while it is held it has no lease, and asks for one afterwards. */
async function planThawed(run: Run): Promise<Planned | End> {
  for (;;) {
    const made = await makePlan(run, { keep: true });
    const isCarriedOut = run.request.dryRun !== true && made.plan.nothingToDo === undefined;
    // A worker of before asks after no freeze.
    if (!isCarriedOut || made.held == null) return made;
    const end = (await heldBefore(run, made.held)) ?? (await lease(run));
    if (end !== undefined) return end;
  }
}

/** How long to wait before the lease is asked for again (ms); undefined where its being held is a refusal. */
function untilNextTry(
  { runbook: { whenHeld }, request }: Run,
  { by, operation = '' }: LeaseHolder,
  tries: number,
): number | undefined {
  const holder = by === undefined ? undefined : runbookOf({ kind: by, operation });
  return whenHeld?.waitsFor(holder) === true ? whenHeld.delay(tries, request) : undefined;
}

async function makePlan(run: Run, { keep }: { keep: boolean }): Promise<Planned> {
  const {
    runbook: { kind },
    operation: id,
  } = run;
  // What somebody typed goes no further than to the redactor.
  const { reason: _, ...request } = run.request;
  const { value } = await call(
    run,
    'planOperation',
    { kind, operation: id, request, keep },
    { profile: 'look', step: 'plan', summary: 'Read the world and make the plan' },
  );
  return value;
}

/** An interrupt before there was anything to undo. */
function interrupted(run: Run): End {
  const event = interruptEvent(run);
  if (event.type === 'preempted') return { outcome: 'preempted', message: event.message };
  if (event.type === 'abort') return { outcome: 'aborted', message: event.message };
  return { outcome: 'aborted', message: 'cancelled through Temporal' };
}

function requestOf(runbook: Runbook, input: unknown): OperationRequest {
  try {
    return parseRequest(runbook, input);
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    logRefusal(runbook.type, error);
    announceRefusal(runbook.type);
    const { workflowType } = workflowInfo();
    throw endingFailure('refused', error.message, [null, { kind: error.kind, workflowType }]);
  }
}
