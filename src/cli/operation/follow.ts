// Waits for an operation with somebody watching: until it ends, parks, takes too long, or Ctrl-C. Workers and
// servers that come and go meanwhile are no end: the operation outlives them.
import { commandText } from '../../domain/text/command-text.ts';
import { setMaxListeners } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import {
  TerminatedFailure,
  WorkflowContinuedAsNewError,
  WorkflowFailedError,
} from '@temporalio/client';
import type { OperationStatus } from '../../domain/operation/status.ts';
import { LONGEST_TIMER, timerOf } from '../../domain/time/longest-timer.ts';
import { askStatus } from './ask-status.ts';
import { hasWorker, isReachable, noWorker, type Temporal } from '../temporal/connect.ts';
import { type Ending, endingOfError, endingOfResult, type RunName } from './ending.ts';
import { EXIT, ExitError } from '../exit.ts';
import { successorOf } from './in-its-place.ts';
import { createScreen, type Screen } from './live.ts';

const POLL_MS = 500;
const QUERY_MS = 2_000;
/** Milliseconds for a first answer, before it is looked whether there is a worker. */
const FIRST_ANSWER_MS = 8_000;
const UNREACHABLE_MS = 60_000;
/** Milliseconds for the last status: a worker may have to read the history first. */
const LAST_MS = 5_000;

export type Watched =
  | {
      end: 'closed';
      run: RunName;
      ending: Ending;
      /** The last status; missing when no worker answered. */
      last?: OperationStatus;
    }
  | { end: 'parked'; status: OperationStatus };

/** The run that is watched now: after a Reset it is another one. */
interface Course {
  run: RunName;
}

/** `brief`: only what goes on now, and what does not go well, is shown. */
export async function follow(
  temporal: Temporal,
  run: RunName,
  { timeoutMs, brief = false }: { timeoutMs?: number | undefined; brief?: boolean } = {},
): Promise<Watched> {
  const course: Course = { run };
  const stop = new AbortController();
  const screen = createScreen(process.stderr, brief);
  // Temporal's client adds a listener for each of its long polls: hours of waiting are no leak.
  setMaxListeners(0, stop.signal);
  const closed = untilClosed(temporal, course, screen, stop.signal);
  const interrupted = new Promise<never>((_, reject) => {
    // A pipeline that is cancelled sends SIGTERM.
    for (const name of ['SIGINT', 'SIGTERM'] as const) {
      process.once(name, () => {
        reject(new ExitError(EXIT.interrupted, goesOn(run.operation)));
      });
    }
  });
  const expired = timeoutMs === undefined ? [] : [untilExpired(run, timeoutMs, stop.signal)];
  try {
    const watched = await Promise.race([
      closed,
      interrupted,
      ...expired,
      untilParked(temporal, course, screen, stop.signal),
    ]);
    if (watched.end === 'parked') return watched;
    const last = await lastOf(temporal, watched.run);
    if (last === undefined) return watched;
    screen.show(last);
    return { ...watched, last };
  } finally {
    stop.abort();
  }
}

/** The status of the end, which comes between two polls. */
async function lastOf(temporal: Temporal, run: RunName): Promise<OperationStatus | undefined> {
  const answer = await askStatus(temporal, run, LAST_MS);
  return answer.from === 'worker' && answer.status.state === 'closed' ? answer.status : undefined;
}

/** The sentence that a person reads after Ctrl-C: the operation goes on, how to come back to it, how to stop it. */
function goesOn(operation: string): string {
  const [look, stop] = [commandText('status', operation), commandText('abort', operation)];
  return `${operation} goes on: the same command or "${look}" comes back to it, "${stop}" stops it`;
}

function rejoin(operation: string): string {
  return `Look at it with "${commandText('status', operation)}", stop it with "${commandText('abort', operation)}"; the same command again waits for it again.`;
}

async function untilExpired(run: RunName, ms: number, signal: AbortSignal): Promise<never> {
  for (let left = ms; left > 0; left -= LONGEST_TIMER) await quietSleep(timerOf(left), signal);
  const message = `${run.operation} still runs when --timeout passed. ${rejoin(run.operation)}`;
  throw new ExitError(EXIT.stillRunning, message);
}

async function untilClosed(
  temporal: Temporal,
  course: Course,
  screen: Screen,
  signal: AbortSignal,
): Promise<Watched> {
  for (;;) {
    const { run } = course;
    const handle = temporal.client.workflow.getHandle(run.workflowId, run.runId, {
      followRuns: false,
    });
    try {
      const result: unknown = await temporal.client.withAbortSignal(signal, () => handle.result());
      return { end: 'closed', run, ending: endingOfResult(run, result) };
    } catch (error) {
      const ending = await endedOrGoesOn(temporal, course, error);
      if (ending === 'goes on') {
        const { operation, runId } = course.run;
        screen.say(`${operation} goes on as another run (${runId}), which is followed from here`);
      } else if (ending !== undefined) {
        return { end: 'closed', run, ending };
      } else {
        // Temporal is away: the other loop says so, and gives up when it stays away.
        await quietSleep(POLL_MS, signal);
      }
    }
  }
}

/** How a run ended; `goes on` when another one has its place, which is watched from now on; undefined: nobody knows yet. */
async function endedOrGoesOn(
  temporal: Temporal,
  course: Course,
  error: unknown,
): Promise<Ending | 'goes on' | undefined> {
  const { run } = course;
  const isReplaced =
    error instanceof WorkflowContinuedAsNewError ||
    (error instanceof WorkflowFailedError && error.cause instanceof TerminatedFailure);
  if (!isReplaced) return endingOfError(run, error);
  try {
    const next = await successorOf(temporal, run);
    if (next?.goesOn === true) {
      course.run = next.run;
      return 'goes on';
    }
    return endingOfError(run, error, next?.run.runId);
  } catch {
    return undefined;
  }
}

interface Contact {
  answered: boolean;
  startedAt: number;
  reachedAt: number;
  /** The remark that was made last, so that it is not repeated. */
  said: string;
}

async function untilParked(
  temporal: Temporal,
  course: Course,
  screen: Screen,
  signal: AbortSignal,
): Promise<Watched> {
  const now = performance.now();
  const contact: Contact = { answered: false, startedAt: now, reachedAt: now, said: '' };
  for (;;) {
    const { run } = course;
    const answer = await askStatus(temporal, run, QUERY_MS);
    if (signal.aborted) return await never();
    // A query is answered by a run that was ended, too.
    if (run !== course.run) continue;
    if (answer.from === 'worker') {
      Object.assign(contact, { answered: true, reachedAt: performance.now(), said: '' });
      screen.show(answer.status);
      if (answer.status.state === 'parked') return { end: 'parked', status: answer.status };
    } else {
      await silence(temporal, run, screen, contact);
    }
    await quietSleep(POLL_MS, signal);
  }
}

/** When no worker answered: says who is missing, and throws ExitError where waiting makes no sense. */
async function silence(
  temporal: Temporal,
  run: RunName,
  screen: Screen,
  contact: Contact,
): Promise<void> {
  const remark = (text: string): void => {
    if (text !== contact.said) screen.say(text);
    contact.said = text;
  };
  if (await isReachable(temporal)) {
    contact.reachedAt = performance.now();
    if (!contact.answered && performance.now() - contact.startedAt < FIRST_ANSWER_MS) return;
    if (!contact.answered) await mustHaveWorker(temporal, run);
    remark('no worker answers at the moment; the operation goes on when one does');
    return;
  }
  remark(`Temporal at ${temporal.address} does not answer at the moment`);
  if (performance.now() - contact.reachedAt < UNREACHABLE_MS) return;
  throw new ExitError(
    EXIT.noAnswer,
    `Temporal at ${temporal.address} has not answered for a minute. ${rejoin(run.operation)}`,
  );
}

async function mustHaveWorker(temporal: Temporal, run: RunName): Promise<void> {
  if (await hasWorker(temporal).catch(() => true)) return;
  const message = `${run.operation} was started and waits: ${noWorker(temporal)}.`;
  throw new ExitError(EXIT.noAnswer, message);
}

/** Waits; never resolves once the watching has ended. */
async function quietSleep(ms: number, signal: AbortSignal): Promise<void> {
  await sleep(ms, undefined, { signal }).catch(never);
}

function never(): Promise<never> {
  return new Promise<never>(() => undefined);
}
