// Which run calls an activity, as Temporal describes it: asked once per run, never believed from what it sends.
import { Context } from '@temporalio/activity';
import { watchQueueOf } from '../domain/analysis/gate-watch.ts';
import { Failure } from '../domain/failure.ts';
import { isOpen, type RunRef } from '../domain/operation/operation.ts';
import { runbooksOfType } from '../runbooks/index.ts';
import { describe, firstRunOf } from './executions.ts';

/** A run and the first one of its chain: a Reset makes a new run of the same chain. */
export interface Caller {
  workflowId: string;
  firstRunId: string;
}

/** What Temporal knows of the run that calls. */
export interface KnownCaller extends Caller {
  /** The workflow type. */
  type: string;
}

const MOST = 1000;
const known = new Map<string, KnownCaller>();

/** Throws Refused for a run on another task queue, Unavailable when the server does not answer. */
export async function callerOf({ workflowId, runId }: RunRef): Promise<KnownCaller> {
  const found = known.get(runId);
  if (found !== undefined) return found;
  const described = await describe(workflowId, runId);
  const { taskQueue } = Context.current().info;
  const queues =
    described === undefined ? [] : [described.taskQueue, watchQueueOf(described.taskQueue)];
  if (described === undefined || !queues.includes(taskQueue)) {
    const where =
      described === undefined
        ? 'is not known to Temporal'
        : `is on the task queue ${described.taskQueue}`;
    throw new Failure(
      'Refused',
      `${workflowId} (run ${runId}) ${where}, and this worker serves ${taskQueue}: nothing is done for it`,
    );
  }
  const caller = { workflowId, firstRunId: firstRunOf(described), type: described.type };
  if (known.size >= MOST) known.clear();
  known.set(runId, caller);
  return caller;
}

/**
 * Throws Superseded where the server has given the activity that calls to another worker, because this one was silent for too
 * long: asked right before a change that nothing else fences. Throws Unavailable when the server does not answer.
 */
export async function refuseOvertaken({ workflowId, runId }: RunRef, step: string): Promise<void> {
  const { activityId, attempt } = Context.current().info;
  const { pendingActivities } = (await describe(workflowId, runId))?.raw ?? {};
  const pending = pendingActivities?.find((one) => one.activityId === activityId);
  if (pending?.attempt === attempt) return;
  throw new Failure(
    'Superseded',
    `${step} of ${workflowId} is another worker's meanwhile: this one was not heard of for too long, and changes nothing`,
  );
}

/**
 * The epoch of a run that changes services without their leases (ms): when it was started, by the server's clock. Throws
 * LeaseLost for one that is closed, Refused for one whose runbook waits for leases.
 */
export async function epochOfRun({ workflowId, runId }: RunRef): Promise<number> {
  const found = await describe(workflowId, runId);
  if (found === undefined || !isOpen(found)) {
    throw new Failure('LeaseLost', `${workflowId} (run ${runId}) is not open any more`);
  }
  if (runbooksOfType(found.type).some(({ waitsForNoLease }) => waitsForNoLease)) {
    return found.startTime.getTime();
  }
  throw new Failure(
    'Refused',
    `${workflowId} is a ${found.type}, which changes services under their leases only: nothing was done`,
  );
}
