// Takes and gives back leases: child workflows of which the server allows one of a name. A lease is never
// adopted: who finds one of its own, or one that nobody stands behind, breaks it and takes a new one.
import { WorkflowExecutionAlreadyStartedError } from '@temporalio/common';
import {
  CancellationScope,
  ChildWorkflowCancellationType,
  ParentClosePolicy,
  startChild,
} from '@temporalio/workflow';
import type { LeaseRef } from '../../activities/leases/leases.ts';
import { leaseId } from '../../domain/operation/operation.ts';
import { call, type ValueOf } from './call.ts';
import { record } from './record.ts';
import { leaseOn, type Run } from './run.ts';

const MOST_TRIES = 10;

/** Why a lease cannot be had. */
export interface LeaseHolder {
  message: string;
  /** The workflow type of the operation that has it; missing when it is not known. */
  by?: string;
  /** The id of that operation; missing when it is not known. */
  operation?: string;
}

/** What became of leases that were asked for. */
export interface LeasesTaken {
  /** One that cannot be had. */
  held?: LeaseHolder;
  /** Whose holders would have to give way. */
  inUse: string[];
}

/** Takes, in sorted order, those leases for which nobody has to give way, up to one that cannot be had. */
export async function takeUnused(run: Run, names: readonly string[]): Promise<LeasesTaken> {
  const inUse: string[] = [];
  for (const name of missing(run, names)) {
    const taken = await take(run, name, { preempts: false });
    if (taken === 'inUse') inUse.push(name);
    else if (taken !== undefined) return { held: taken, inUse };
  }
  return { inUse };
}

/** Takes the leases that are missing in sorted order, up to one that is held; who is of a lower rank gives way. */
export async function takeLeases(
  run: Run,
  names: readonly string[],
): Promise<LeaseHolder | undefined> {
  for (const name of missing(run, names)) {
    const refused = await takeLease(run, name);
    if (refused !== undefined) return refused;
  }
  return undefined;
}

function missing(run: Run, names: readonly string[]): string[] {
  return names.filter((name) => leaseOn(run, name) === undefined).sort();
}

/** Takes one lease, anew if this run had it before. */
export async function takeLease(run: Run, name: string): Promise<LeaseHolder | undefined> {
  const taken = await take(run, name, { preempts: true });
  if (taken === 'inUse') throw new Error(`${name}: nobody was asked to give way`);
  return taken;
}

async function take(
  run: Run,
  service: string,
  { preempts }: { preempts: boolean },
): Promise<LeaseHolder | 'inUse' | undefined> {
  const id = leaseId(run.request.system, service);
  const notes: string[] = [];
  for (let tries = 0; tries < MOST_TRIES; tries += 1) {
    const value = await cleared(run, { of: service, id, preempts });
    if (value.wouldGiveWay === true) return 'inUse';
    if (!value.cleared) return holderOf(`${run.request.system}/${service}`, value);
    if (value.note !== '') notes.push(value.note);
    if (value.left !== undefined) record(run, { type: 'finding', text: value.left });
    const runId = value.under ?? (await start(run, id));
    if (runId === undefined) continue;
    keep(run, service, { id, runId }, value.under !== undefined);
    const detail = notes.join('; ');
    record(run, { type: 'lease', lease: id, runId, ...(detail !== '' && { detail }) });
    return undefined;
  }
  return {
    message: `${id} was taken by somebody else ${MOST_TRIES} times while it was being cleared`,
  };
}

function holderOf(
  of: string,
  { note, heldBy: by, holder: operation }: ValueOf<'clearLease'>,
): LeaseHolder {
  const known = { ...(by !== undefined && { by }), ...(operation && { operation }) };
  return { message: `${of} is being changed: ${note}`, ...known };
}

/** What is under the lease of a parent is no lease of its own. */
function keep({ leases }: Run, name: string, lease: LeaseRef, isBorrowed: boolean): void {
  const { [name]: _, ...others } = leases.borrowed;
  leases.borrowed = isBorrowed ? { ...others, [name]: lease } : others;
  if (!isBorrowed) leases.held[name] = lease;
}

/** Asked unless it was found free when the system was loaded: should somebody have come first, it is asked in the next round. */
async function cleared(
  run: Run,
  { of, id, preempts }: { of: string; id: string; preempts: boolean },
): Promise<ValueOf<'clearLease'>> {
  const isFree = run.leases.free === of;
  delete run.leases.free;
  if (isFree) return { cleared: true, note: '' };
  const asked = { of, kind: run.runbook.kind, preempts };
  const options = { profile: 'wait', step: 'lease', summary: `Who holds ${id}?` } as const;
  return (await call(run, 'clearLease', asked, options)).value;
}

export async function giveBackLeases(run: Run): Promise<void> {
  const held = Object.values(run.leases.held);
  if (held.length === 0) return;
  await call(run, 'releaseLeases', held, {
    profile: 'look',
    step: 'release',
    summary: 'Give the leases back',
  });
}

/** Gives the leases back, and holds none from then on. */
export async function giveBackAll(run: Run): Promise<void> {
  await giveBackLeases(run);
  run.leases.held = {};
}

/** The run id of the lease that was started; `undefined` when the name is taken. */
async function start(run: Run, id: string): Promise<string | undefined> {
  try {
    const handle = await CancellationScope.nonCancellable(() =>
      startChild('lease', {
        workflowId: id,
        args: [{ operation: run.operation }],
        cancellationType: ChildWorkflowCancellationType.ABANDON,
        parentClosePolicy: ParentClosePolicy.TERMINATE,
        workflowTaskTimeout: '5s',
        staticSummary: `held by ${run.operation}`,
      }),
    );
    return handle.firstExecutionRunId;
  } catch (error) {
    if (error instanceof WorkflowExecutionAlreadyStartedError) return undefined;
    throw error;
  }
}
