// Starts an operation that outlives the one that starts it, and waits first.
import { WorkflowExecutionAlreadyStartedError } from '@temporalio/common';
import {
  CancellationScope,
  ChildWorkflowCancellationType,
  ParentClosePolicy,
  sleep,
  startChild,
  type ChildWorkflowOptions,
} from '@temporalio/workflow';
import { plainResult, type StepResult } from '../../domain/operation/step-result.ts';
import { retireRevision } from '../../runbooks/retire-revision.ts';
import { summaryOf, type Runbook } from '../../runbooks/runbook.ts';
import { scaleBack } from '../../runbooks/scale-back.ts';
import type { Start } from '../step-kinds/step-kind.ts';
import type { Run } from '../steps/run.ts';
import { tellToEnd } from './tell-to-end.ts';

/** What a step may start for later, by name. */
const LATER = { retireRevision, scaleBack } satisfies Record<string, Runbook>;

/** How often it is looked whether one of the same name has ended, and how long in between (ms). */
const [LOOKS, LOOK_EVERY_MS] = [10, 1000];

/** One that is under way already goes on, unless the runbook says that a later one takes its place. */
export async function startLater(
  run: Run,
  { runbook: kind, request: asked }: Start['later'],
): Promise<StepResult> {
  const runbook: Runbook = LATER[kind];
  const request = { ...asked, requestedBy: run.operation };
  const { revision } = request;
  const workflowId = runbook.id(request);
  const summary = summaryOf(runbook, request);
  const options = {
    workflowId,
    args: [request],
    memo: { ...(revision !== undefined && { revision }), request, summary },
    ...retried(runbook),
    parentClosePolicy: ParentClosePolicy.ABANDON,
    cancellationType: ChildWorkflowCancellationType.ABANDON,
    workflowTaskTimeout: '5s',
    staticSummary: summary,
  } as const;
  for (let looks = 1; ; looks += 1) {
    if (await isStarted(runbook, options)) return plainResult({ type: 'done' });
    if (runbook.replacesEarlier !== true) {
      const detail = `${workflowId} is under way already and goes on`;
      return plainResult({ type: 'done' }, { detail });
    }
    if (looks === 1) await tellToEnd(run, workflowId);
    // One that waits to ask again hears nothing until then, and has begun nothing.
    else if (looks > LOOKS) {
      await isStarted(runbook, { ...options, workflowIdReusePolicy: 'TERMINATE_IF_RUNNING' });
      return plainResult({ type: 'done' });
    }
    await sleep(LOOK_EVERY_MS, { summary: `Until ${workflowId} has ended` });
  }
}

/** False where one of this name is open. */
async function isStarted(runbook: Runbook, options: ChildWorkflowOptions): Promise<boolean> {
  try {
    await CancellationScope.nonCancellable(() => startChild(runbook.type, options));
    return true;
  } catch (error) {
    if (!(error instanceof WorkflowExecutionAlreadyStartedError)) throw error;
    return false;
  }
}

function retried({ asksAgain }: Runbook): Pick<ChildWorkflowOptions, 'retry'> {
  if (asksAgain === undefined) return {};
  const { first: initialInterval, longest: maximumInterval, times: maximumAttempts } = asksAgain;
  return { retry: { initialInterval, maximumInterval, maximumAttempts, backoffCoefficient: 2 } };
}
