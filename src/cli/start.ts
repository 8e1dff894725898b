// Starts an operation, or joins the one that does the same, and waits for it unless told not to.
import {
  type WorkflowExecutionDescription,
  WorkflowExecutionAlreadyStartedError,
} from '@temporalio/client';
import { canonicalJson } from '../domain/digest.ts';
import { isRecord } from '../domain/json.ts';
import { operationId } from '../domain/operation.ts';
import type { OperationKind } from '../domain/plan.ts';
import { parseRequest } from '../domain/request.ts';
import { describeValue } from '../domain/describe-value.ts';
import type { WaitOptions } from './command-options.ts';
import { type Temporal, withTemporal } from './connect.ts';
import { durationFlag } from './flags.ts';
import type { RunName } from './ending.ts';
import { EXIT, ExitError } from './exit.ts';
import { follow } from './follow.ts';
import { actorName } from './identity.ts';
import { printJson, printText, progress } from './print.ts';
import { sayClosed, sayParked } from './say-end.ts';
import { compareSystem } from './same-system.ts';
import { inWords } from './spoken.ts';

export type Fields = Record<string, unknown>;

/** What it is called, or how to find out once there is somebody to ask. */
export type KindChoice =
  OperationKind | { ask: (temporal: Temporal) => Promise<OperationKind>; else: OperationKind };

/** What the verb adds to the request; `undefined` fields are left out. */
export async function startOperation(
  choice: KindChoice,
  fields: Fields,
  options: WaitOptions,
): Promise<void> {
  const actor = actorName(options.as);
  const asked = withoutUndefined({ ...fields, reason: options.reason, requestedBy: actor });
  // Everything that can be wrong with what was typed is found before anything is sent.
  inWords(() => parseRequest(typeof choice === 'string' ? choice : choice.else, asked));
  const timeoutMs =
    options.timeout === undefined ? undefined : durationFlag('--timeout', options.timeout);
  await withTemporal(actor, async (temporal) => {
    const kind = typeof choice === 'string' ? choice : await choice.ask(temporal);
    const request = inWords(() => parseRequest(kind, asked));
    const run = await startOrJoin(temporal, kind, operationId(kind, request), { ...request });
    if (options.wait === false) {
      if (options.json === true) printJson({ ...run, kind, state: 'running' });
      else printText(`${run.operation} runs (${run.runId})`);
      return;
    }
    const watched = await follow(temporal, run, timeoutMs);
    if (watched.end === 'parked') sayParked(watched.status, options);
    else await sayClosed(temporal, run, watched.ending, options, request.dryRun === true);
  });
}

async function startOrJoin(
  temporal: Temporal,
  kind: OperationKind,
  operation: string,
  request: Fields,
): Promise<RunName> {
  try {
    const run = await startRun(temporal, kind, operation, request);
    progress(`${operation} started (${run.runId})`);
    return run;
  } catch (error) {
    if (!(error instanceof WorkflowExecutionAlreadyStartedError)) throw error;
    return await join(temporal, kind, operation, request);
  }
}

/** Throws WorkflowExecutionAlreadyStartedError when one of this name runs. */
export async function startRun(
  temporal: Temporal,
  kind: OperationKind,
  operation: string,
  request: Fields,
): Promise<RunName> {
  const handle = await temporal.client.workflow.start(kind, {
    workflowId: operation,
    taskQueue: temporal.taskQueue,
    args: [request],
    memo: { request },
    workflowIdReusePolicy: 'ALLOW_DUPLICATE',
    workflowIdConflictPolicy: 'FAIL',
    workflowTaskTimeout: '5s',
  });
  return { operation, workflowId: operation, runId: handle.firstExecutionRunId };
}

/** The running one is joined when it was asked for the same; who asked and why may differ. */
async function join(
  temporal: Temporal,
  kind: OperationKind,
  operation: string,
  request: Fields,
): Promise<RunName> {
  const running = await temporal.client.workflow.getHandle(operation).describe();
  const differs = differences(requestOf(running), request);
  if (running.type !== kind) differs.push(`it is a ${running.type} there and a ${kind} here`);
  const run = { operation, workflowId: operation, runId: running.runId };
  if (differs.length === 0) differs.push(...(await compareSystem(temporal, run, request)));
  if (differs.length > 0) {
    throw new ExitError(
      EXIT.refused,
      `${operation} runs already (since ${running.startTime.toISOString()}) and differs: ${differs.join('; ')}. Wait for it ("fairlead status ${operation}"), or stop it ("fairlead abort ${operation}").`,
    );
  }
  progress(`${operation} runs already and was asked for the same: joined (${running.runId})`);
  return run;
}

/** Sentences; empty when both ask for the same. */
export function differences(running: Fields, asked: Fields): string[] {
  const fields = [...new Set([...Object.keys(running), ...Object.keys(asked)])].toSorted();
  return fields
    .filter((field) => field !== 'reason' && field !== 'requestedBy')
    .filter((field) => text(running[field]) !== text(asked[field]))
    .map(
      (field) =>
        `${field} is ${describeValue(running[field])} there and ${describeValue(asked[field])} here`,
    );
}

function text(value: unknown): string {
  return value === undefined ? '' : canonicalJson(value);
}

function requestOf(running: WorkflowExecutionDescription): Fields {
  const request = running.memo?.['request'];
  return isRecord(request) ? request : {};
}

function withoutUndefined(fields: Fields): Fields {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined));
}
