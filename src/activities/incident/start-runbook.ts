// Starts the runbook of steps that an alert names, once for each time that its incident opens: one that looks first, and asks a
// person before it changes anything. What is not started is an answer.
import { Context, getClient } from '@temporalio/activity';
import { Failure } from '../../domain/failure.ts';
import { whyNotStarted } from '../../domain/incident/first-look.ts';
import { isRecord, textAt } from '../../domain/json.ts';
import { isOpen } from '../../domain/operation/operation.ts';
import { parseRequest } from '../../domain/operation/request.ts';
import type { RunbooksPort } from '../../ports/steps/runbooks.ts';
import { runbookOfSteps } from '../../runbooks/steps.ts';
import type { Call } from '../call.ts';
import { describe, unavailable, type Description } from '../executions.ts';
import { loadOrKept, type LoadOrKeptPorts } from '../load-or-kept.ts';

export interface StartRunbook {
  system: string;
  runbook: string;
  /** Which incident, and since when it is open: what was started for it is known by that. */
  reason: string;
  requestedBy: string;
}

export type RunbookStarted = { operation: string } | { problem: string };

export async function startRunbook(
  { system, runbook, reason, requestedBy }: StartRunbook,
  call: Call,
  ports: LoadOrKeptPorts & { runbooks: RunbooksPort },
): Promise<RunbookStarted> {
  try {
    const loaded = await loadOrKept(system, call, ports);
    const { runbook: written } = await ports.runbooks.load(loaded, runbook);
    const why = whyNotStarted(written);
    if (why !== undefined) return { problem: `it ${why}` };
  } catch (error) {
    if (!(error instanceof Failure) || error.retryable) throw error;
    return { problem: error.message };
  }
  const request = parseRequest(runbookOfSteps, { system, runbook, reason, requestedBy });
  const operation = runbookOfSteps.id(request);
  const before = await describe(operation);
  // An attempt before this one started it, and its answer was lost.
  if (before !== undefined && reasonOf(before) === reason) return { operation };
  if (before !== undefined && isOpen(before)) {
    return { problem: `${operation} is under way since ${before.startTime.toISOString()}` };
  }
  await start(operation, { ...request });
  return { operation };
}

async function start(operation: string, request: Record<string, unknown>): Promise<void> {
  const summary = runbookOfSteps.summary(parseRequest(runbookOfSteps, request));
  try {
    await getClient().workflow.start(runbookOfSteps.type, {
      ...{ workflowId: operation, taskQueue: Context.current().info.taskQueue, args: [request] },
      ...{ memo: { request, named: true, summary }, staticSummary: summary },
      workflowIdConflictPolicy: 'FAIL',
      workflowTaskTimeout: '5s',
    });
  } catch (error) {
    throw unavailable(`starting ${operation}`, error);
  }
}

function reasonOf({ memo }: Description): string | undefined {
  const request = isRecord(memo) ? memo['request'] : undefined;
  return textAt(request, 'reason');
}
