// Freezes as Temporal knows them: which of them hold a change back, when that is over, and when all that goes forward has
// heard of one. A freeze is an open workflow of a known id, asked for by name: nothing that is listed late is missed.
import { Context, getClient } from '@temporalio/activity';
import { watchQueueOf } from '../domain/analysis/gate-watch.ts';
import { Failure } from '../domain/failure.ts';
import { isOpen, leaseId, type RunRef } from '../domain/operation/operation.ts';
import {
  EVERY_SYSTEM,
  FREEZE,
  freezeId,
  freezeOf,
  freezesAbout,
  isInForce,
  type Freeze,
} from '../domain/time/freeze.ts';
import {
  mayChange,
  type Changer,
  type MayChange,
  type Windows,
} from '../domain/time/may-change.ts';
import { runbooksOfType } from '../runbooks/index.ts';
import { secretSource } from '../domain/loaded-system.ts';
import { isLetThrough } from '../domain/rollout/outside-window.ts';
import type { Call } from './call.ts';
import { callerOf } from './caller.ts';
import { describe, parentOf, unavailable, type Description } from './executions.ts';
import { heldChange } from './inputs/held-changes.ts';
import { describeLease } from './leases/leases.ts';
import type { Kept } from './kept.ts';
import { redactionOf } from './redaction.ts';
import { isInMaintenance, isUnheld } from './tree.ts';
import type { Clock } from '../ports/clock.ts';
import type { Redactor } from '../ports/redactor.ts';
import type { SystemsPort } from '../ports/systems.ts';
import type { Waiting } from '../ports/waiting.ts';

/** What holds a change back: a freeze, or that no change window is open. `tried`: an attempt at the change may have been made before. */
export type Held = Extract<MayChange, { may: false }> & { tried?: true };

const LOOK_EVERY_MS = 1_000;
/** Further than these no child of an operation is followed to what started it. */
const MOST_PARENTS = 10;
/** An activity that began so soon after a freeze may have looked just before it. */
const MARGIN_MS = 1_000;

/** The freezes in force over a system, by the server's word. Throws Unavailable. */
export async function freezesOver(system: string, now: number): Promise<Freeze[]> {
  const found = await Promise.all(
    freezesAbout(system).map(async (one) => {
      const described = await describe(freezeId(one.scope, one.takenBy));
      return described === undefined ? [] : openFreeze(one, described);
    }),
  );
  return found.flat().filter((one) => isInForce(one, now));
}

/** None where it is closed, of another type, or on another task queue. */
function openFreeze(
  { scope, takenBy }: Pick<Freeze, 'scope' | 'takenBy'>,
  found: Description,
): Freeze[] {
  const { taskQueue } = Context.current().info;
  const isOurs = [found.taskQueue, watchQueueOf(found.taskQueue)].includes(taskQueue);
  if (!isOpen(found) || found.type !== FREEZE || !isOurs) return [];
  const operation = parentOf(found);
  // One that says that it is an operation's, and that no operation started, is nobody's.
  if (takenBy === 'operation' && operation === undefined) return [];
  const since = found.startTime.toISOString();
  return [
    freezeOf({ scope, takenBy, since, ...(operation !== undefined && { operation }) }, found.memo),
  ];
}

/** What a change asks its way by, beside freezes. */
export interface ChangeAsked extends Pick<Changer, 'passesWindows' | 'needMs'> {
  system: string;
  /** Absent where no change window holds it. */
  changes?: Windows['changes'];
}

/** Whether a run may change something of a system that goes forward. Throws Unavailable. */
async function mayGoForward(
  { system, changes, ...how }: ChangeAsked,
  run: RunRef,
  now: number,
): Promise<MayChange> {
  const freezes = await freezesOver(system, now);
  const isAsked = freezes.some(({ operation }) => operation !== undefined);
  const runs = isAsked ? await withParents(run) : [run.runId];
  const isLetThrough = isAsked && (await isInMaintenance(run));
  const own = { ...how, ...(isLetThrough && { passesWindows: true }) };
  const answer = mayChange({ ...own, goesForward: true, runs }, now, { system, changes }, freezes);
  return answer.may || !(await isUnheld(run)) ? answer : { may: true };
}

/** The run, and the runs that started it and each other. */
async function withParents(run: RunRef): Promise<string[]> {
  const runs = [run.runId];
  for (let at: RunRef | undefined = run; at !== undefined && runs.length <= MOST_PARENTS;) {
    const described = await describe(at.workflowId, at.runId);
    at = described === undefined ? undefined : parentOf(described);
    if (at !== undefined) runs.push(at.runId);
  }
  return runs;
}

/** What holds back the operation that calls, before it changes anything; null for nothing, and for what never goes forward. */
export async function holds(asked: ChangeAsked, call: Call, now: number): Promise<Held | null> {
  const { type } = await callerOf(call.run);
  if (!goesForward(type)) return null;
  const answer = await mayGoForward(asked, call.run, now);
  return answer.may ? null : answer;
}

/** A change that is about to be made. */
export interface HeldChangeAsked {
  system: string;
  /** Digest of the system that the operation loaded, and of its plan. */
  kept: string | null;
  plan: string | undefined;
  /** Whichever operation makes it, this change goes forward; it needs no window. */
  always: boolean;
}

/** Asked beside the lease's guard, right before a change. Throws Frozen with what holds it. */
export async function refuseHeld(
  { system, always, ...of }: HeldChangeAsked,
  { run, now, waiting }: { run: RunRef; now: number; waiting: Waiting },
  { kept }: { kept: Pick<Kept, 'system' | 'plan'> },
): Promise<void> {
  if (!always && !goesForward((await callerOf(run)).type)) return;
  const windows = always ? {} : await windowsOf(of, { run, waiting }, kept);
  const answer = await mayGoForward({ system, ...windows }, run, now);
  if (answer.may) return;
  const { attempt } = Context.current().info;
  const held: Held = attempt > 1 ? { ...answer, tried: true } : answer;
  throw new Failure('Frozen', answer.why, held);
}

/** The change windows of the system that an operation loaded, and whether people let its plan through. */
async function windowsOf(
  { kept: digest, plan: of }: Pick<HeldChangeAsked, 'kept' | 'plan'>,
  { run, waiting }: { run: RunRef; waiting: Waiting },
  kept: Pick<Kept, 'system' | 'plan'>,
): Promise<Omit<ChangeAsked, 'system'>> {
  if (digest === null || of === undefined) return {};
  const { changes } = (await kept.system(digest, waiting)).system;
  if (changes === undefined) return {};
  const { plan } = await kept.plan(of, await callerOf(run), waiting);
  return { changes, passesWindows: isLetThrough(plan) };
}

function goesForward(type: string): boolean {
  return runbooksOfType(type).some((runbook) => runbook.goesForward !== undefined);
}

/** What looks before it changes anything waits for no window yet. */
function waitsAtOnce(type: string): boolean {
  return runbooksOfType(type).some((runbook) => runbook.goesForward === true);
}

/** Whether no window of a system is open for an operation that asks to go forward; null where one is, and for any other. */
export async function closedWindow(
  windows: Windows,
  call: Call,
  now: number,
): Promise<Held | null> {
  if (windows.changes === undefined || !waitsAtOnce((await callerOf(call.run)).type)) return null;
  if (await isInMaintenance(call.run)) return null;
  const answer = mayChange({ goesForward: true, runs: [] }, now, windows, []);
  return answer.may || (await isUnheld(call.run)) ? null : answer;
}

/** Returns when nothing holds this run back any more. Throws Unavailable. */
export async function awaitThaw(
  asked: ChangeAsked,
  call: Call,
  { clock }: { clock: Clock },
): Promise<null> {
  for (;;) {
    const answer = await mayGoForward(asked, call.run, clock.now());
    if (answer.may) return null;
    call.beat({ held: answer.why });
    await clock.sleep(LOOK_EVERY_MS, call.signal);
  }
}

/** What a freeze begins with: the systems that it is about are there, and its reason as it may be shown. */
export async function beginFreeze(
  { scope, reason }: { scope: string; reason: string },
  _: Call,
  { systems, redactor }: { systems: SystemsPort; redactor: Redactor },
): Promise<{ reason: string }> {
  let said = reason;
  for (const name of await systemsOf(scope, systems)) {
    try {
      const shown = await redactionOf(redactor, secretSource(await systems.load(name)), [name]);
      said = shown(said);
    } catch (error) {
      // One of many that cannot be read is frozen too, and has nothing to say about a reason.
      if (scope !== EVERY_SYSTEM || !(error instanceof Failure)) throw error;
    }
  }
  return { reason: said };
}

/** What was going forward when a freeze began. */
export interface Halted {
  /** Operations that are open and will make no change now. */
  held: string[];
}

/**
 * Returns when no operation of the scope is in the middle of a change that it began before `since` (ms): each has come to
 * its end, or asks before its next change.
 */
export async function awaitHalt(
  { scope, since }: { scope: string; since: number },
  call: Call,
  { systems, clock }: { systems: SystemsPort; clock: Clock },
): Promise<Halted> {
  for (;;) {
    const open = await goingForward(scope, systems);
    const changing = open.filter((one) => isChanging(one, since));
    if (changing.length === 0) return { held: open.map(({ workflowId }) => workflowId).sort() };
    call.beat({ changing: changing.map(({ workflowId }) => workflowId).sort() });
    await clock.sleep(LOOK_EVERY_MS, call.signal);
  }
}

/** A change that was begun cannot be told of a freeze any more. */
function isChanging({ raw }: Description, since: number): boolean {
  return (raw.pendingActivities ?? []).some(({ activityType, lastStartedTime, state }) => {
    if (heldChange(activityType?.name ?? '') === undefined || Number(state) === SCHEDULED)
      return false;
    return Number(lastStartedTime?.seconds ?? 0) * 1000 <= since + MARGIN_MS;
  });
}

/** `PENDING_ACTIVITY_STATE_SCHEDULED`: it has yet to begin, or to be tried again, and asks then. */
const SCHEDULED = 1;

/** Open operations that hold a lease of the scope: what has none yet asks when it has taken one. */
async function goingForward(scope: string, systems: SystemsPort): Promise<Description[]> {
  const found = new Map<string, Description>();
  for (const id of await leasesOf(scope, systems)) {
    const holder = (await describeLease(id))?.holder;
    if (holder?.open !== true || found.has(holder.runId)) continue;
    const described = await describe(holder.workflowId, holder.runId);
    if (described !== undefined && isOpen(described)) found.set(holder.runId, described);
  }
  const isOf = ({ type }: Description): boolean => goesForward(type) || type === 'backup';
  return [...found.values()].filter(isOf);
}

async function leasesOf(scope: string, systems: SystemsPort): Promise<string[]> {
  const ids: string[] = [];
  for (const name of await systemsOf(scope, systems)) {
    try {
      const { services, datastores = {} } = (await systems.load(name)).system;
      ids.push(
        ...[...Object.keys(services), ...Object.keys(datastores)].map((of) => leaseId(name, of)),
      );
    } catch (error) {
      if (!(error instanceof Failure)) throw error;
      ids.push(...(await listedLeases(name)));
    }
  }
  return ids;
}

/** The leases of a system whose file cannot be read, as visibility lists them. */
async function listedLeases(system: string): Promise<string[]> {
  // The name was checked against the pattern of names: it cannot leave its quotes.
  const query = `WorkflowType = 'lease' AND WorkflowId STARTS_WITH '${leaseId(system, '')}' AND ExecutionStatus = 'Running'`;
  const ids: string[] = [];
  try {
    for await (const { workflowId } of getClient().workflow.list({ query })) ids.push(workflowId);
  } catch (error) {
    throw unavailable(`listing the leases of ${system}`, error);
  }
  return ids;
}

async function systemsOf(scope: string, systems: SystemsPort): Promise<string[]> {
  return scope === EVERY_SYSTEM ? systems.names() : [scope];
}
