// Freezes as Temporal itself has them: which are open, how one is taken and how it ends. Only the last two need a worker.
import {
  WorkflowExecutionAlreadyStartedError,
  WorkflowFailedError,
  WorkflowNotFoundError,
  isGrpcDeadlineError,
} from '@temporalio/client';
import { ApplicationFailure } from '@temporalio/common';
import {
  EVERY_SYSTEM,
  FREEZE,
  freezeId,
  freezeNamed,
  freezeOf,
  freezesAbout,
  freezeWords,
  isInForce,
  type Freeze,
  type FreezeEnd,
  type FreezeRequest,
  type FreezeState,
} from '../../domain/time/freeze.ts';
import { isOpen } from '../../domain/operation/operation.ts';
import { EXIT, ExitError } from '../exit.ts';
import { kindOf } from '../operation/ending.ts';
import { take } from '../operation/find-operation.ts';
import { exitCodeOfKind } from '../operation/outcome-code.ts';
import { hasWorker, noWorker, type Temporal } from './connect.ts';

const MOST = 500;
const END_MS = 30_000;

type Found = Awaited<
  ReturnType<ReturnType<Temporal['client']['workflow']['getHandle']>['describe']>
>;

/** The freezes in force, of a system also those of all systems; as visibility lists them. */
export async function listFreezes(temporal: Temporal, system?: string): Promise<Freeze[]> {
  const query = `WorkflowType = "${FREEZE}" AND ExecutionStatus = "Running" AND TaskQueue = "${temporal.taskQueue}"`;
  const found = await take(temporal, query, MOST);
  return found
    .flatMap(({ workflowId, memo, startTime }) => {
      const named = freezeNamed(workflowId);
      return named === undefined
        ? []
        : [freezeOf({ ...named, since: startTime.toISOString() }, memo)];
    })
    .filter((one) => isInForce(one, Date.now()) && isAbout(one, system))
    .sort((a, b) => (a.scope < b.scope ? -1 : 1));
}

function isAbout({ scope }: Freeze, system: string | undefined): boolean {
  return system === undefined || scope === system || scope === EVERY_SYSTEM;
}

/** The freezes that hold changes of a system (or, of `*`, of all) back, asked for by name. */
export async function freezesOver(temporal: Temporal, scope: string): Promise<Freeze[]> {
  const about = freezesAbout(scope);
  const found = await Promise.all(about.map((one) => describeFreeze(temporal, one)));
  return found.flatMap((one) => (one === undefined ? [] : [one]));
}

/** Undefined where it is not in force. */
export async function describeFreeze(
  temporal: Temporal,
  { scope, takenBy }: Pick<Freeze, 'scope' | 'takenBy'>,
): Promise<Freeze | undefined> {
  const found = await describe(temporal, freezeId(scope, takenBy));
  const isOurs = found?.type === FREEZE && found.taskQueue === temporal.taskQueue;
  if (found === undefined || !isOpen(found) || !isOurs) return undefined;
  const freeze = freezeOf({ scope, takenBy, since: found.startTime.toISOString() }, found.memo);
  return isInForce(freeze, Date.now()) ? freeze : undefined;
}

async function describe({ client }: Temporal, id: string): Promise<Found | undefined> {
  try {
    return await client.workflow.getHandle(id).describe();
  } catch (error) {
    if (error instanceof WorkflowNotFoundError) return undefined;
    throw error;
  }
}

/** In force from now on, whatever workers do. Throws ExitError (6) where people have frozen it. */
export async function takeFreeze(temporal: Temporal, request: FreezeRequest): Promise<Freeze> {
  const { client, taskQueue } = temporal;
  const { scope, until, reason, requestedBy } = request;
  const of = scope === EVERY_SYSTEM ? { all: true } : { system: scope };
  const memo = { owner: requestedBy ?? 'somebody', reason, until };
  const taken = { scope, takenBy: 'people', ...memo, since: new Date().toISOString() } as const;
  try {
    await client.workflow.start(FREEZE, {
      workflowId: freezeId(scope, 'people'),
      taskQueue,
      args: [{ ...of, until, reason, ...(requestedBy !== null && { requestedBy }) }],
      memo: { [FREEZE]: memo },
      workflowTaskTimeout: '5s',
      staticSummary: freezeWords(taken).slice(0, 200),
    });
    return taken;
  } catch (error) {
    if (!(error instanceof WorkflowExecutionAlreadyStartedError)) throw error;
    const there = await describeFreeze(temporal, taken);
    const verb = scope === EVERY_SYSTEM ? '--all' : scope;
    const why =
      there === undefined
        ? `another workflow has the id ${freezeId(scope, 'people')}: look at it in the Web UI, and end it first`
        : `${freezeWords(there)}. It stays as it is; end it first with "fairlead thaw ${verb}"`;
    throw new ExitError(EXIT.refused, why);
  }
}

/** How a freeze of people stands; undefined while no worker answers. Throws ExitError where it could not be. */
export async function askFreeze(
  { client }: Temporal,
  scope: string,
  withinMs: number,
): Promise<FreezeState | undefined> {
  const handle = client.workflow.getHandle(freezeId(scope, 'people'));
  try {
    const { status } = await handle.describe();
    if (status.name === 'FAILED') await handle.result();
    return await client.withDeadline(Date.now() + withinMs, () =>
      handle.query<FreezeState>('status'),
    );
  } catch (error) {
    if (error instanceof WorkflowFailedError && error.cause instanceof ApplicationFailure) {
      const code = exitCodeOfKind(kindOf(error.cause) ?? 'Broken');
      throw new ExitError(code, `${error.cause.message}; nothing is frozen`);
    }
    return undefined;
  }
}

/** Ends a freeze of people, and waits for that. Throws ExitError (5) where no worker is there: it ends when one is. */
export async function endFreeze(
  temporal: Temporal,
  scope: string,
  message: { actor: string; reason?: string },
): Promise<FreezeEnd> {
  const { client } = temporal;
  const handle = client.workflow.getHandle<() => Promise<FreezeEnd>>(freezeId(scope, 'people'));
  await handle.signal('thaw', message);
  if (!(await hasWorker(temporal))) {
    throw new ExitError(
      EXIT.noAnswer,
      `the freeze ends when a worker is there: ${noWorker(temporal)}`,
    );
  }
  try {
    return await client.withDeadline(Date.now() + END_MS, () => handle.result());
  } catch (error) {
    if (!isGrpcDeadlineError(error)) throw error;
    throw new ExitError(
      EXIT.noAnswer,
      `no worker has ended the freeze within ${END_MS / 1000} s; it ends when one answers`,
    );
  }
}
