// Leases are child workflows with the id lease/<system>/<service>; the server allows one of a name. What
// follows looks at them, breaks those that nobody stands behind, and asks lower operations to make way.
import { Context, getClient } from '@temporalio/activity';
import { Failure } from '../../domain/failure.ts';
import type { Call } from '../call.ts';
import { describe, ignoringClosed, operationOf, parentOf } from '../executions.ts';
import { givesWay } from './gives-way.ts';
import { leftBy } from './left-by.ts';
import { sealInterrupted } from '../record/seal-interrupted.ts';
import type { SigningPorts } from '../record/sign-record.ts';
import type { Clock } from '../../ports/clock.ts';
import { isOpen, type RunRef } from '../../domain/operation/operation.ts';
import { isBelow } from '../tree.ts';

export interface LeaseRef {
  id: string;
  runId: string;
}

/** As much of a name as a message takes. */
const LONGEST_ACTOR = 128;

/** A lease does nothing but wait for its end: what takes longer will not obey any more. */
const OBEYS_WITHIN_MS = 10_000;

export interface Holder {
  workflowId: string;
  runId: string;
  type: string;
  /** The id of the operation, where the holder says it. */
  operation: string | undefined;
  open: boolean;
}

export interface LeaseState {
  runId: string;
  open: boolean;
  /** When it was given back (ms). */
  closedAt?: number;
  /** ms; the epoch of whoever holds it. */
  startedAt: number;
  holder?: Holder;
}

export interface ClearedLease {
  cleared: boolean;
  /** What was found and done, for the evidence; or who holds it and since when. */
  note: string;
  /** The lease was left to its holder, which would make way for the operation that asks. */
  wouldGiveWay?: true;
  /** The workflow type of the operation that holds it. */
  heldBy?: string;
  /** The id of that operation, where it is known. */
  holder?: string;
  /** The run of the lease, where an operation that started this one holds it: a child works under the lease of its parent. */
  under?: string;
  /** What stays done of an operation that gave way, or what one that ended without closing its record had begun. */
  left?: string;
  /** When the newest lease of this name was taken (ms); missing when there never was one. */
  epoch?: number;
  /** When that lease was given back (ms); missing while it is held, or was until now. */
  closedAt?: number;
}

/** Checks that this run, or one whose child it is, still holds the lease and returns the epoch; else LeaseLost. */
export async function guardLease(lease: LeaseRef): Promise<number> {
  // Asked before every change: who started it stands on the lease itself, so nobody else is looked at.
  const found = await describe(lease.id, lease.runId);
  const open = found !== undefined && isOpen(found);
  const mine = Context.current().info.workflowExecution;
  const holder = found === undefined ? undefined : parentOf(found);
  const isOurs = holder !== undefined && mine !== undefined && (await isOf(mine, holder));
  if (open && isOurs) return found.startTime.getTime();
  const why = open ? 'was started by another run' : 'is not open any more';
  throw new Failure('LeaseLost', `the lease ${lease.id} ${why}`);
}

async function isOf(run: RunRef, holder: RunRef): Promise<boolean> {
  return holder.runId === run.runId || isBelow(run, holder);
}

/** The newest run of a lease; `undefined` when there never was one. */
export async function describeLease(id: string): Promise<LeaseState | undefined> {
  const lease = await describe(id);
  if (lease === undefined) return undefined;
  const parent = parentOf(lease);
  const holder = parent === undefined ? undefined : await describe(parent.workflowId, parent.runId);
  return {
    runId: lease.runId,
    open: isOpen(lease),
    ...(lease.closeTime !== undefined && { closedAt: lease.closeTime.getTime() }),
    startedAt: lease.startTime.getTime(),
    ...(parent !== undefined && {
      holder: {
        workflowId: parent.workflowId,
        runId: parent.runId,
        type: holder?.type ?? 'unknown',
        operation: holder === undefined ? undefined : operationOf(holder),
        open: holder !== undefined && isOpen(holder),
      },
    }),
  };
}

export interface ClearInput {
  id: string;
  /** Kind of the runbook that wants the lease. */
  kind: string;
  /** A holder of a lower rank is made to give way; else it is only said that it would. */
  preempts: boolean;
  /** How long the holder may take to give way (ms). */
  preemptWithin: number;
  /** A holder of the same rank gives way too when it took the lease before this (ms). */
  began?: number;
}

/** Can a lease be taken without anything being done first? Only looks; false too when it is not known. */
export async function isPlainlyFree(
  id: string,
  { run }: Call,
  ports: SigningPorts,
): Promise<boolean> {
  try {
    const state = await describeLease(id);
    if (state?.open === true) return false;
    const holder = state?.holder;
    if (holder === undefined || holder.open || holder.runId === run.runId) return true;
    return await isSealed(holder, ports);
  } catch (error) {
    if (error instanceof Failure) return false;
    throw error;
  }
}

/** What ended without closing or signing its record has that done before anybody goes on. */
async function isSealed(run: RunRef, { evidence, signer }: SigningPorts): Promise<boolean> {
  if ((await evidence.read(run)).at(-1)?.type !== 'closed') return false;
  return (await signer.unable()) !== undefined || (await evidence.signature(run)) !== undefined;
}

/** Makes way to a lease that is taken: by breaking it, by preempting its holder where that is asked for, or not at all. */
export async function clearLease(
  input: ClearInput,
  call: Call,
  ports: SigningPorts & { clock: Clock },
): Promise<ClearedLease> {
  const state = await describeLease(input.id);
  if (state?.open === true) {
    return { ...(await clearHeld(state, input, call, ports)), epoch: state.startedAt };
  }
  const { startedAt: epoch, closedAt } = state ?? {};
  return {
    ...(await foundFree(state, call, ports)),
    ...(epoch !== undefined && { epoch }),
    ...(closedAt !== undefined && { closedAt }),
  };
}

type Found = Omit<ClearedLease, 'epoch' | 'closedAt'>;

async function clearHeld(
  state: LeaseState,
  input: ClearInput,
  call: Call,
  ports: SigningPorts & { clock: Clock },
): Promise<Found> {
  const { holder } = state;
  if (holder === undefined) {
    await terminate(input.id, state.runId, 'a lease without an operation');
    return { cleared: true, note: 'broke a lease that no operation had started' };
  }
  if (holder.workflowId === call.run.workflowId) {
    await terminate(input.id, state.runId, `taken anew by run ${call.run.runId}`);
    const note = `broke the lease of an earlier run (${holder.runId}) of this operation`;
    const left = holder.open ? undefined : await sealInterrupted(ports, holder);
    return cleared(note, left);
  }
  if (holder.open && (await isBelow(call.run, holder))) {
    return { cleared: true, note: `under the lease of ${holder.workflowId}`, under: state.runId };
  }
  if (!holder.open) {
    return breakStale(input.id, state.runId, holder, ports);
  }
  if (await givesWay(state, holder, input, call)) {
    if (!input.preempts) return { cleared: false, note: '', wouldGiveWay: true };
    return preempt({ ...input, leaseRun: state.runId, holder }, call, ports);
  }
  const since = new Date(state.startedAt).toISOString();
  const note = `${holder.workflowId} (${holder.type}) holds it since ${since}`;
  const { operation } = holder;
  return {
    ...{ cleared: false, note, heldBy: holder.type },
    ...(operation !== undefined && { holder: operation }),
  };
}

/** Ends leases and waits until they are closed; by force what does not obey in time. Idempotent. */
export async function releaseLeases(
  leases: LeaseRef[],
  call: Call,
  { clock }: { clock: Clock },
): Promise<null> {
  for (const { id, runId } of leases) {
    const handle = getClient().workflow.getHandle(id, runId);
    const state = await describe(id, runId);
    if (state !== undefined && isOpen(state)) {
      await ignoringClosed(() => handle.cancel());
      await untilEnd(handle, call, clock);
    }
    const closed = await untilClosed(id, runId, call, clock, OBEYS_WITHIN_MS);
    if (!closed) await terminate(id, runId, `given back by ${call.operation}`);
  }
  return null;
}

/** Told by the server as soon as it is over; what cannot be waited for so is looked for afterwards. */
async function untilEnd(
  handle: { result(): Promise<unknown> },
  { signal }: Call,
  clock: Clock,
): Promise<void> {
  const over = new AbortController();
  const late = clock
    .sleep(OBEYS_WITHIN_MS, AbortSignal.any([over.signal, signal]))
    .catch(() => undefined);
  await Promise.race([handle.result().catch(() => undefined), late]);
  over.abort();
}

/** The server ends a lease with its operation: one that was terminated is found by what it did not close. */
async function foundFree(
  state: LeaseState | undefined,
  call: Call,
  ports: SigningPorts,
): Promise<Found> {
  const holder = state?.holder;
  const ended = holder !== undefined && !holder.open && holder.runId !== call.run.runId;
  return cleared('', ended ? await sealInterrupted(ports, holder) : undefined);
}

function cleared(note: string, left: string | undefined): Found {
  return { cleared: true, note, ...(left !== undefined && { left }) };
}

async function breakStale(
  id: string,
  leaseRun: string,
  holder: Holder,
  ports: SigningPorts,
): Promise<Found> {
  const left = await sealInterrupted(ports, holder);
  await terminate(id, leaseRun, `its operation ${holder.workflowId} is closed`);
  const note = `broke the lease of ${holder.workflowId}, which ended without giving it back`;
  return cleared(note, left);
}

async function preempt(
  input: { id: string; preemptWithin: number; leaseRun: string; holder: Holder },
  call: Call,
  ports: SigningPorts & { clock: Clock },
): Promise<Found> {
  const { holder, id, leaseRun } = input;
  const handle = getClient().workflow.getHandle(holder.workflowId, holder.runId);
  await ignoringClosed(() =>
    handle.signal('preempt', { actor: call.operation.slice(0, LONGEST_ACTOR) }),
  );
  const closed = await untilClosed(id, leaseRun, call, ports.clock, input.preemptWithin);
  if (closed) return cleared(`${holder.workflowId} made way`, await leftBy(ports, holder));
  await ignoringClosed(() => handle.terminate(`preempted by ${call.operation}`));
  const left = await sealInterrupted(ports, holder);
  await terminate(id, leaseRun, `preempted by ${call.operation}`);
  const note = `${holder.workflowId} did not make way within ${input.preemptWithin / 1000} s and was terminated`;
  return cleared(note, left);
}

async function untilClosed(
  id: string,
  runId: string,
  call: Call,
  clock: Clock,
  within: number,
): Promise<boolean> {
  const start = clock.now();
  for (;;) {
    const state = await describe(id, runId);
    if (state === undefined || !isOpen(state)) return true;
    if (clock.now() - start >= within) return false;
    call.beat();
    await clock.sleep(50, call.signal);
  }
}

async function terminate(id: string, runId: string, reason: string): Promise<void> {
  await ignoringClosed(() => getClient().workflow.getHandle(id, runId).terminate(reason));
}
