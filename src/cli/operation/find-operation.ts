// Which run an OPERATION on the command line means: the newest one whose search attribute FairleadOperation
// says so, whatever its workflow id; else the workflow of that id, or the run of that id; with --run, that run of it. The
// address of a page in the Web UI means the run that the page shows.
import { type WorkflowExecutionInfo, WorkflowNotFoundError } from '@temporalio/client';
import { isOpen } from '../../domain/operation/operation.ts';
import { didYouMean } from '../../domain/text/did-you-mean.ts';
import { ANY_OPERATION } from '../../workflows/messages.ts';
import { attribute, problemOf } from './ask-status.ts';
import type { Temporal } from '../temporal/connect.ts';
import type { RunName } from './ending.ts';
import { EXIT, ExitError } from '../exit.ts';
import { looksLikeRunId, operationText } from '../ids.ts';

const OPEN_SHOWN = 10;
const RUNS_LOOKED_AT = 200;

export interface FoundRun extends RunName {
  open: boolean;
  info: WorkflowExecutionInfo;
}

export async function findOperation(
  temporal: Temporal,
  text: string,
  runId: string | undefined,
): Promise<FoundRun> {
  const { name } = operationText(text);
  const found = await lookUp(temporal, text, runId);
  if (found !== undefined) return found;
  const open = await namesOf(
    temporal,
    `${ANY_OPERATION} AND ExecutionStatus = "Running"`,
    OPEN_SHOWN,
  );
  const which = open.length === 0 ? 'none is open' : `open are ${open.join(', ')}`;
  const run = runId === undefined ? '' : ` with the run ${runId}`;
  const near = didYouMean(name, [
    ...open,
    ...(await namesOf(temporal, ANY_OPERATION, RUNS_LOOKED_AT)),
  ]);
  throw new ExitError(EXIT.badInput, `there is no operation ${name}${near}${run}; ${which}`);
}

/** The run that `text` means; undefined when there is none. Throws ExitError (2) for a page of another namespace. */
export async function lookUp(
  temporal: Temporal,
  text: string,
  run: string | undefined,
): Promise<FoundRun | undefined> {
  const { name, namespace = temporal.namespace, runId = run } = operationText(text);
  if (namespace !== temporal.namespace) {
    throw new ExitError(
      EXIT.badInput,
      `${text} is a page of the namespace ${namespace}, and ${temporal.namespace} is asked: name the other one in TEMPORAL_NAMESPACE`,
    );
  }
  // Visibility lags behind a little: a run that has just begun is found by its id.
  const [listed, direct] = await Promise.all([
    runsOf(temporal, name),
    byWorkflowId(temporal, name, runId),
  ]);
  const runs = direct === undefined ? listed : [...listed, direct];
  const meant = runId === undefined ? runs : runs.filter((run) => run.runId === runId);
  const newest = meant.toSorted((a, b) => b.startTime.getTime() - a.startTime.getTime())[0];
  if (newest === undefined) return undefined;
  return {
    operation: attribute(newest, 'FairleadOperation') ?? newest.workflowId,
    workflowId: newest.workflowId,
    runId: newest.runId,
    open: isOpen(newest),
    info: newest,
  };
}

async function runsOf(temporal: Temporal, name: string): Promise<WorkflowExecutionInfo[]> {
  const query = looksLikeRunId(name)
    ? `${ANY_OPERATION} AND RunId = "${name}"`
    : `FairleadOperation = "${name}"`;
  return await take(temporal, query, RUNS_LOOKED_AT);
}

async function byWorkflowId(temporal: Temporal, name: string, runId: string | undefined) {
  try {
    return { ...(await temporal.client.workflow.getHandle(name, runId).describe()), raw: {} };
  } catch (error) {
    if (error instanceof WorkflowNotFoundError || /invalid.*run ?id/i.test(problemOf(error)))
      return undefined;
    throw error;
  }
}

async function namesOf(temporal: Temporal, query: string, most: number): Promise<string[]> {
  const infos = await take(temporal, query, most);
  return infos.map((info) => attribute(info, 'FairleadOperation') ?? info.workflowId);
}

/** The first `most` runs that a visibility query finds; none where the server does not know our search attributes. */
export async function take(
  temporal: Temporal,
  query: string,
  most: number,
): Promise<WorkflowExecutionInfo[]> {
  const found: WorkflowExecutionInfo[] = [];
  try {
    for await (const info of temporal.client.workflow.list({ query, pageSize: most })) {
      found.push(info);
      if (found.length >= most) break;
    }
  } catch (error) {
    if (!/search attribute|Fairlead/i.test(problemOf(error))) throw error;
  }
  return found;
}
