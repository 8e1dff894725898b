// Leases are child workflows with the id lease/<system>/<service>; the server allows one of a name. What
// follows looks at them, breaks those that nobody stands behind, and asks lower operations to make way.
import { Context, getClient } from '@temporalio/activity';
import { Failure } from '../domain/failure.ts';
import { precedenceOf } from '../domain/operation.ts';
import type { Call } from './boundary.ts';
import { sealInterrupted } from './seal-interrupted.ts';
import type { SigningPorts } from './sign-record.ts';
import type { Clock, RunRef } from './ports.ts';

export interface LeaseRef {
  id: string;
  runId: string;
}

/** As much of a name as a message takes. */
const LONGEST_ACTOR = 128;

/** A lease does nothing but wait for its end: what takes longer will not obey any more. */
const OBEYS_WITHIN_MS = 10_000;

interface Holder {
  workflowId: string;
  runId: string;
  kind: string;
  open: boolean;
}

export interface LeaseState {
  runId: string;
  open: boolean;
  /** ms; the epoch of whoever holds it. */
  startedAt: number;
  holder?: Holder;
}

export interface ClearedLease {
  cleared: boolean;
  /** What was found and done, for the evidence; or who holds it and since when. */
  note: string;
  /** What an operation that ended without closing its record had begun. */
  left?: string;
}

/** Checks that this run still holds its lease and returns the epoch; else LeaseLost. */
export async function guardLease(lease: LeaseRef): Promise<number> {
  // Asked before every change: who started it stands on the lease itself, so nobody else is looked at.
  const found = await describe(lease.id, lease.runId);
  const open = found !== undefined && isOpen(found);
  const mine = Context.current().info.workflowExecution;
  if (open && parentOf(found)?.runId === mine?.runId) return found.startTime.getTime();
  const why = open ? 'was started by another run' : 'is not open any more';
  throw new Failure('LeaseLost', `the lease ${lease.id} ${why}`);
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
    startedAt: lease.startTime.getTime(),
    ...(parent !== undefined && {
      holder: {
        workflowId: parent.workflowId,
        runId: parent.runId,
        kind: holder?.type ?? 'unknown',
        open: holder !== undefined && isOpen(holder),
      },
    }),
  };
}

/** Makes way to a lease that is taken: by breaking it, by preempting its holder, or not at all. */
export async function clearLease(
  input: { id: string; kind: string; preemptWithin: number },
  call: Call,
  ports: SigningPorts & { clock: Clock },
): Promise<ClearedLease> {
  const state = await describeLease(input.id);
  if (!state?.open) return foundFree(state, call, ports);
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
  if (!holder.open) {
    return breakStale(input.id, state.runId, holder, ports);
  }
  if (precedenceOf(holder.kind) < precedenceOf(input.kind)) {
    return preempt({ ...input, leaseRun: state.runId, holder }, call, ports);
  }
  const since = new Date(state.startedAt).toISOString();
  return { cleared: false, note: `${holder.workflowId} (${holder.kind}) holds it since ${since}` };
}

/** Ends leases and waits until they are closed; by force what does not obey in time. Idempotent. */
export async function releaseLeases(leases: LeaseRef[], call: Call, clock: Clock): Promise<void> {
  for (const { id, runId } of leases) {
    const handle = getClient().workflow.getHandle(id, runId);
    const state = await describe(id, runId);
    if (state !== undefined && isOpen(state)) await ignoringClosed(() => handle.cancel());
    const closed = await untilClosed(id, runId, call, clock, OBEYS_WITHIN_MS);
    if (!closed) await terminate(id, runId, `given back by ${call.operation}`);
  }
}

/** The server ends a lease with its operation: one that was terminated is found by what it did not close. */
async function foundFree(
  state: LeaseState | undefined,
  call: Call,
  ports: SigningPorts,
): Promise<ClearedLease> {
  const holder = state?.holder;
  const ended = holder !== undefined && !holder.open && holder.runId !== call.run.runId;
  return cleared('', ended ? await sealInterrupted(ports, holder) : undefined);
}

function cleared(note: string, left: string | undefined): ClearedLease {
  return { cleared: true, note, ...(left !== undefined && { left }) };
}

async function breakStale(
  id: string,
  leaseRun: string,
  holder: Holder,
  ports: SigningPorts,
): Promise<ClearedLease> {
  const left = await sealInterrupted(ports, holder);
  await terminate(id, leaseRun, `its operation ${holder.workflowId} is closed`);
  const note = `broke the lease of ${holder.workflowId}, which ended without giving it back`;
  return cleared(note, left);
}

async function preempt(
  input: { id: string; kind: string; preemptWithin: number; leaseRun: string; holder: Holder },
  call: Call,
  ports: SigningPorts & { clock: Clock },
): Promise<ClearedLease> {
  const { holder, id, leaseRun } = input;
  const handle = getClient().workflow.getHandle(holder.workflowId, holder.runId);
  await ignoringClosed(() =>
    handle.signal('preempt', { actor: call.operation.slice(0, LONGEST_ACTOR) }),
  );
  const closed = await untilClosed(id, leaseRun, call, ports.clock, input.preemptWithin);
  if (closed) return { cleared: true, note: `${holder.workflowId} made way` };
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

function isOpen(description: { status: { name: string } }): boolean {
  return description.status.name === 'RUNNING' || description.status.name === 'PAUSED';
}

function parentOf(lease: Description): RunRef | undefined {
  const { workflowId, runId } = lease.parentExecution ?? {};
  if (typeof workflowId !== 'string' || typeof runId !== 'string') return undefined;
  return { workflowId, runId };
}

type Description = Awaited<
  ReturnType<ReturnType<ReturnType<typeof getClient>['workflow']['getHandle']>['describe']>
>;

async function describe(workflowId: string, runId?: string): Promise<Description | undefined> {
  try {
    return await getClient().workflow.getHandle(workflowId, runId).describe();
  } catch (error) {
    if (isNotFound(error)) return undefined;
    throw unavailable(`describing ${workflowId}`, error);
  }
}

/** Telling a closed workflow to close is no error. */
async function ignoringClosed(act: () => Promise<unknown>): Promise<void> {
  try {
    await act();
  } catch (error) {
    if (!isNotFound(error)) throw unavailable('asking an operation to close', error);
  }
}

// By name: the client's error classes are not ours to import here.
function isNotFound(error: unknown): boolean {
  return error instanceof Error && error.name === 'WorkflowNotFoundError';
}

function unavailable(doing: string, error: unknown): Failure {
  return new Failure(
    'Unavailable',
    `${doing}: ${error instanceof Error ? error.message : String(error)}`,
  );
}
