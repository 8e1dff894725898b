// Starts an operation, or joins the one that does the same, and waits for it unless told not to.
import { commandText } from '../../domain/text/command-text.ts';
import { WorkflowExecutionAlreadyStartedError } from '@temporalio/client';
import { parseRequest, type OperationRequest } from '../../domain/operation/request.ts';
import { operationAsked } from '../../runbooks/index.ts';
import { summaryOf } from '../../runbooks/runbook.ts';
import type { WaitOptions } from '../command-options.ts';
import { type Temporal, withTemporal } from '../temporal/connect.ts';
import { durationFlag } from '../flags.ts';
import { isSystemStatus } from '../temporal/answers.ts';
import { inspect } from '../temporal/inspect.ts';
import { askStatus } from './ask-status.ts';
import { checkStart, type Checked, type RunbookChoice } from './check-start.ts';
import type { RunName } from './ending.ts';
import { EXIT, ExitError } from '../exit.ts';
import { follow } from './follow.ts';
import { differences, requestOf, type Fields } from './in-its-place.ts';
import { actorName } from '../identity.ts';
import { printJson, printText, progress } from '../output/print.ts';
import { sayCommands } from './say-commands.ts';
import { sayClosed, sayParked } from './say-end.ts';
import { inWords } from '../as-typed.ts';

/** Starts or joins, waits and prints. `fields`: what the verb adds to the request; undefined ones are left out. */
export async function startOperation(
  choice: RunbookChoice,
  fields: Fields,
  options: WaitOptions,
): Promise<void> {
  const actor = actorName(options.as);
  const { reason, dryRun } = options;
  const asked = withoutUndefined({ ...fields, dryRun, reason, requestedBy: actor });
  // Everything that can be wrong with what was typed is found before anything is sent.
  inWords(() => parseRequest('asFileSays' in choice ? choice.else : choice, asked));
  const timeoutMs =
    options.timeout === undefined ? undefined : durationFlag('--timeout', options.timeout);
  await withTemporal(actor, async (temporal) => {
    if (options.format === 'commands') {
      await sayCommands(temporal, choice, asked, options);
      return;
    }
    const checked = await checkStart(temporal, choice, asked);
    const { runbook } = checked;
    const request = inWords(() => parseRequest(runbook, asked));
    const run = await startOrJoin(temporal, request, checked, options.as);
    if (options.wait === false) {
      if (options.json === true) printJson({ ...run, kind: runbook.type, state: 'running' });
      else printText(`${run.operation} runs (${run.runId})`);
      return;
    }
    const isBrief = runbook.leases === 'datastores' || request.dryRun === true;
    const brief = isBrief && options.verbose !== true;
    const watched = await follow(temporal, run, { timeoutMs, brief });
    if (watched.end === 'parked') await sayParked(temporal, watched.status, options);
    else await sayClosed(temporal, watched, options, request.dryRun === true);
  });
}

async function startOrJoin(
  temporal: Temporal,
  request: OperationRequest,
  { runbook, summary = summaryOf(runbook, request) }: Checked,
  as: string | undefined,
): Promise<RunName> {
  const { type } = runbook;
  const operation = operationAsked(runbook, request);
  try {
    const run = await startRun(
      temporal,
      type,
      operation,
      { ...request },
      {
        named: as !== undefined,
        summary,
      },
    );
    progress(`${operation} started (${run.runId})`);
    return run;
  } catch (error) {
    if (!(error instanceof WorkflowExecutionAlreadyStartedError)) throw error;
    return await join(temporal, type, operation, { ...request });
  }
}

/** `named`: --as said who asks; `summary`: what it does, in a line, for lists. Throws WorkflowExecutionAlreadyStartedError when an operation of this name runs. */
export async function startRun(
  temporal: Temporal,
  type: string,
  operation: string,
  request: Fields,
  { named = false, summary }: { named?: boolean; summary?: string } = {},
): Promise<RunName> {
  const handle = await temporal.client.workflow.start(type, {
    workflowId: operation,
    taskQueue: temporal.taskQueue,
    args: [request],
    memo: { request, named, ...(summary !== undefined && { summary }) },
    ...(summary !== undefined && { staticSummary: summary }),
    workflowIdReusePolicy: 'ALLOW_DUPLICATE',
    workflowIdConflictPolicy: 'FAIL',
    workflowTaskTimeout: '5s',
  });
  return { operation, workflowId: operation, runId: handle.firstExecutionRunId };
}

/** Joins the operation that runs under this name when it was asked for the same; who asked and why may differ. */
async function join(
  temporal: Temporal,
  type: string,
  operation: string,
  request: Fields,
): Promise<RunName> {
  const running = await temporal.client.workflow.getHandle(operation).describe();
  const differs = differences(requestOf(running), request);
  if (running.type !== type) differs.push(`it is a ${running.type} there and a ${type} here`);
  const run = { operation, workflowId: operation, runId: running.runId };
  if (differs.length === 0) differs.push(...(await compareSystem(temporal, run, request)));
  if (differs.length > 0) {
    throw new ExitError(
      EXIT.refused,
      `${operation} runs already (since ${running.startTime.toISOString()}) and differs: ${differs.join('; ')}. Wait for it ("${commandText('status', operation)}"), or stop it ("${commandText('abort', operation)}").`,
    );
  }
  progress(`${operation} runs already and was asked for the same: joined (${running.runId})`);
  return run;
}

/** A sentence when the running operation loaded another system file than there is now, else none. A digest that nobody knows is taken for the same file. */
async function compareSystem(
  temporal: Temporal,
  run: RunName,
  request: Record<string, unknown>,
): Promise<string[]> {
  const { system } = request;
  const answer = await askStatus(temporal, run, 4_000);
  if (answer.from !== 'worker' || typeof system !== 'string') return [];
  const theirs = answer.status.systemDigest;
  if (theirs === undefined) return [];
  const now = await inspect(temporal, { system }).catch(() => undefined);
  const ours = isSystemStatus(now) ? now.systemDigest : undefined;
  if (ours === undefined || ours === theirs) return [];
  return [`the system file of ${system} was changed since it started`];
}

function withoutUndefined(fields: Fields): Fields {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined));
}
