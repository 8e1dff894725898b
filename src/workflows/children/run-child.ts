// Another operation as a step of this one: started as a child workflow with a record of its own, waited for, and told when this
// one is to end. It works under the leases that its parent has, and counts its changes on from there.
import { WorkflowExecutionAlreadyStartedError } from '@temporalio/common';
import {
  CancellationScope,
  ChildWorkflowCancellationType,
  ParentClosePolicy,
  startChild,
  workflowInfo,
  type ChildWorkflowHandle,
} from '@temporalio/workflow';
import { Failure } from '../../domain/failure.ts';
import {
  childWorkflowId,
  mostChanges,
  UNDER,
  type ChildEnd,
  type Under,
} from '../../domain/operation/child.ts';
import { parseRequest, type OperationRequest } from '../../domain/operation/request.ts';
import { runbookNamed } from '../../runbooks/index.ts';
import { summaryOf, type Runbook } from '../../runbooks/runbook.ts';
import type { CallFailure } from '../steps/call.ts';
import { writeRecord } from '../steps/wait.ts';
import { record } from '../steps/record.ts';
import type { Run } from '../steps/run.ts';
import type { ChildAsked } from '../step-kinds/step-kind.ts';
import { endOfChild } from './end-of-child.ts';
import { tellToEnd } from './tell-to-end.ts';
import { untilOver } from './moments.ts';

type Handle = ChildWorkflowHandle<(input: unknown) => Promise<unknown>>;

interface Started {
  handle: Handle;
  operation: string;
}

/** What became of it; `refused`: why it was not started. An interrupt ends it first, and is thrown when it is over. */
export async function runChild(
  run: Run,
  step: string,
  asked: ChildAsked,
): Promise<ChildEnd | { refused: CallFailure }> {
  const started = await start(run, step, asked);
  if ('refused' in started) return started;
  const { operation, handle } = started;
  const { workflowId, firstExecutionRunId: runId } = handle;
  const child = { type: 'child', step, operation, workflowId, runId } as const;
  record(run, child);
  const over: { end?: ChildEnd } = {};
  const watching = endOfChild(handle, operation).then((end) => {
    over.end = end;
    return end;
  });
  try {
    await writeRecord(run, `Wait for ${operation}`);
    await untilOver(run, step, asked, { isOver: () => over.end !== undefined, workflowId });
    return await watching;
  } finally {
    // Nothing is taken back beside what still goes on.
    await CancellationScope.nonCancellable(async () => {
      if (over.end === undefined) await tellToEnd(run, workflowId);
      const { outcome, message } = await watching;
      record(run, { ...child, outcome, message });
      // Somebody had to be there all the while: no outage of this operation.
      run.progress.aliveAt = Date.now();
      run.leases.sequence += mostChanges({ starts: startsOthers(asked) });
    });
  }
}

function startsOthers({ runbook }: ChildAsked): boolean {
  return runbookNamed(runbook)?.leases === 'atFirstChange';
}

async function start(
  run: Run,
  step: string,
  { runbook: kind, asked }: ChildAsked,
): Promise<Started | { refused: CallFailure }> {
  const runbook = runbookNamed(kind);
  if (runbook === undefined) {
    const message = `this worker has no runbook ${kind}: it is of another version`;
    return { refused: { kind: 'Unsupported', message } };
  }
  const { system, requestedBy = run.operation } = run.request;
  const reason = `the step ${step} of ${run.operation}`;
  try {
    const request = parseRequest(runbook, { ...asked, system, requestedBy, reason });
    return await startRun(run, step, runbook, request);
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    return { refused: { kind: error.kind, message: error.message } };
  }
}

async function startRun(
  run: Run,
  step: string,
  runbook: Runbook,
  request: OperationRequest,
): Promise<Started | { refused: CallFailure }> {
  const operation = runbook.id(request);
  const { firstExecutionRunId: firstRunId } = workflowInfo();
  const workflowId = childWorkflowId(operation, { firstRunId, step });
  const summary = summaryOf(runbook, request);
  const { held, borrowed, sequence } = run.leases;
  const isFrozen = run.freezing.taken !== undefined || run.freezing.isUnder === true;
  const under: Under = {
    ...{ leases: { ...borrowed, ...held }, sequence },
    ...(isFrozen && { frozen: true as const }),
  };
  try {
    // An interrupt of this operation is told to the child in words; the server ends no child on its own.
    const handle: Handle = await CancellationScope.nonCancellable(() =>
      startChild(runbook.type, {
        workflowId,
        args: [request],
        memo: { request, summary, [UNDER]: under },
        parentClosePolicy: ParentClosePolicy.REQUEST_CANCEL,
        cancellationType: ChildWorkflowCancellationType.ABANDON,
        workflowTaskTimeout: '5s',
        staticSummary: summary,
      }),
    );
    return { handle, operation };
  } catch (error) {
    if (!(error instanceof WorkflowExecutionAlreadyStartedError)) throw error;
    const message = `${workflowId} is open already, as an earlier run of this operation left it: wait until it is over or end it, then retry`;
    return { refused: { kind: 'Refused', message } };
  }
}
