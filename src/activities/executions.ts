// What Temporal knows of a run: is it open, and when it is not, how did it end? For leases and for the janitor.
import { getClient } from '@temporalio/activity';
import { Failure } from '../domain/failure.ts';
import { KEPT_FOR_MS, type OwnerState } from '../domain/recovery/sweep.ts';
import { isOpen, type RunRef } from '../domain/operation/operation.ts';

export type Description = Awaited<
  ReturnType<ReturnType<ReturnType<typeof getClient>['workflow']['getHandle']>['describe']>
>;

/** `undefined` when there is no such run. Throws Unavailable. */
export async function describe(
  workflowId: string,
  runId?: string,
): Promise<Description | undefined> {
  try {
    return await getClient().workflow.getHandle(workflowId, runId).describe();
  } catch (error) {
    if (isNotFound(error)) return undefined;
    throw unavailable(`describing ${workflowId}`, error);
  }
}

/** The run that started this one; undefined for a run that nobody's workflow started. */
export function parentOf({ parentExecution }: Description): RunRef | undefined {
  const { workflowId, runId } = parentExecution ?? {};
  if (typeof workflowId !== 'string' || typeof runId !== 'string') return undefined;
  return { workflowId, runId };
}

/** Telling a closed workflow to close is no error. */
export async function ignoringClosed(act: () => Promise<unknown>): Promise<void> {
  try {
    await act();
  } catch (error) {
    if (!isNotFound(error)) throw unavailable('asking an operation to close', error);
  }
}

/** Open also when a Reset has put another run in its place, which goes on with what the first one made. */
export async function ownerState({ workflowId, runId }: RunRef): Promise<OwnerState> {
  const own = await describe(workflowId, runId);
  if (own !== undefined && isOpen(own)) return { open: true, how: 'is open' };
  const newest = await describe(workflowId);
  const first = own === undefined ? runId : firstRunOf(own);
  if (newest !== undefined && isOpen(newest) && firstRunOf(newest) === first) {
    return { open: true, how: `goes on as run ${newest.runId}` };
  }
  return own === undefined ? { open: false, how: 'is not known to Temporal' } : endOf(own);
}

/** Does Temporal still have a history of this first run, or of one that a Reset put in its place? */
export async function isRetained({ workflowId, runId }: RunRef): Promise<boolean> {
  if ((await describe(workflowId, runId)) !== undefined) return true;
  const newest = await describe(workflowId);
  return newest !== undefined && firstRunOf(newest) === runId;
}

/** Is an operation of this system open? The name was checked against the pattern of names: it cannot leave its quotes. */
export async function hasOpenRuns(system: string): Promise<boolean> {
  return (await counted(`FairleadSystem = '${system}' AND ExecutionStatus = 'Running'`)) > 0;
}

/** Does Temporal know a run of this id (a UUID), open or closed? */
export async function isKnownRun(runId: string): Promise<boolean> {
  return (await counted(`RunId = '${runId}'`)) > 0;
}

async function counted(query: string): Promise<number> {
  try {
    return (await getClient().workflow.count(query)).count;
  } catch (error) {
    throw unavailable(`counting workflows where ${query}`, error);
  }
}

/** The id of the operation that a run is; undefined where the run does not say it. */
export function operationOf({
  typedSearchAttributes,
}: Pick<Description, 'typedSearchAttributes'>): string | undefined {
  return textIn(typedSearchAttributes, 'FairleadOperation');
}

function textIn(
  attributes: Description['typedSearchAttributes'],
  name: string,
): string | undefined {
  const value = attributes.getAll().find(({ key }) => key.name === name)?.value;
  return typeof value === 'string' ? value : undefined;
}

/** What is aborted may leave a copy on purpose (`keep`); everything else that ends by itself leaves none. */
function endOf(own: Description): OwnerState {
  const how = `is closed (${own.status.name.toLowerCase()})`;
  const outcome = textIn(own.typedSearchAttributes, 'FairleadOutcome');
  if (outcome !== 'aborted' || own.closeTime === undefined) return { open: false, how };
  return { open: false, how, keptUntil: own.closeTime.getTime() + KEPT_FOR_MS };
}

/** A Reset copies it; a run that was started anew has its own. */
export function firstRunOf({ raw, runId }: Description): string {
  const first = raw.workflowExecutionInfo?.firstRunId ?? '';
  return first === '' ? runId : first;
}

// By name: the client's error classes are not ours to import here.
function isNotFound(error: unknown): boolean {
  return error instanceof Error && error.name === 'WorkflowNotFoundError';
}

export function unavailable(doing: string, error: unknown): Failure {
  return new Failure(
    'Unavailable',
    `${doing}: ${error instanceof Error ? error.message : String(error)}`,
  );
}
