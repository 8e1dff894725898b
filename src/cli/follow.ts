// Waits for an operation with somebody watching: until it ends, parks, takes too long, or Ctrl-C. Workers and
// servers that come and go meanwhile are no end: the operation outlives them.
import { setMaxListeners } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import type { OperationStatus } from '../domain/status.ts';
import { askStatus } from './ask-status.ts';
import { hasWorker, isReachable, noWorker, type Temporal } from './connect.ts';
import { type Ending, endingOfError, endingOfResult, type RunName } from './ending.ts';
import { EXIT, ExitError } from './exit.ts';
import { createScreen, type Screen } from './live.ts';

const POLL_MS = 500;
const QUERY_MS = 2_000;
/** How long a first answer may take before we look for a worker. */
const FIRST_ANSWER_MS = 8_000;
const UNREACHABLE_MS = 60_000;
/** How long the last picture may take: a worker may have to read the history first. */
const LAST_MS = 5_000;

export type Watched =
  { end: 'closed'; ending: Ending } | { end: 'parked'; status: OperationStatus };

export async function follow(
  temporal: Temporal,
  run: RunName,
  timeoutMs: number | undefined,
): Promise<Watched> {
  const stop = new AbortController();
  const screen = createScreen(process.stderr);
  // Temporal's client adds a listener for each of its long polls: hours of waiting are no leak.
  setMaxListeners(0, stop.signal);
  const closed = untilClosed(temporal, run, stop.signal);
  const interrupted = new Promise<never>((_, reject) => {
    // A pipeline that is cancelled sends SIGTERM.
    for (const name of ['SIGINT', 'SIGTERM'] as const) {
      process.once(name, () => {
        reject(
          new ExitError(EXIT.interrupted, `${run.operation} goes on. ${rejoin(run.operation)}`),
        );
      });
    }
  });
  const expired = timeoutMs === undefined ? [] : [untilExpired(run, timeoutMs, stop.signal)];
  try {
    const watched = await Promise.race([
      closed,
      interrupted,
      ...expired,
      untilParked(temporal, run, screen, stop.signal),
    ]);
    if (watched.end === 'closed') await showLast(temporal, run, screen);
    return watched;
  } finally {
    stop.abort();
  }
}

/** The end comes between two polls: what was shown last is not how it ended. */
async function showLast(temporal: Temporal, run: RunName, screen: Screen): Promise<void> {
  const answer = await askStatus(temporal, run, LAST_MS);
  if (answer.from === 'worker' && answer.status.state === 'closed') screen.show(answer.status);
}

function rejoin(operation: string): string {
  return `Look at it with "fairlead status ${operation}", stop it with "fairlead abort ${operation}"; the same command again waits for it again.`;
}

async function untilExpired(run: RunName, ms: number, signal: AbortSignal): Promise<never> {
  await quietSleep(ms, signal);
  const message = `${run.operation} still runs when --timeout passed. ${rejoin(run.operation)}`;
  throw new ExitError(EXIT.stillRunning, message);
}

async function untilClosed(
  temporal: Temporal,
  run: RunName,
  signal: AbortSignal,
): Promise<Watched> {
  const handle = temporal.client.workflow.getHandle(run.workflowId, run.runId);
  for (;;) {
    try {
      const result: unknown = await temporal.client.withAbortSignal(signal, () => handle.result());
      return { end: 'closed', ending: endingOfResult(run, result) };
    } catch (error) {
      const ending = endingOfError(run, error);
      if (ending !== undefined) return { end: 'closed', ending };
      // Temporal is away: the other loop says so, and gives up when it stays away.
      await quietSleep(POLL_MS, signal);
    }
  }
}

interface Contact {
  answered: boolean;
  startedAt: number;
  reachedAt: number;
  /** The last remark, so that it is made once. */
  said: string;
}

async function untilParked(
  temporal: Temporal,
  run: RunName,
  screen: Screen,
  signal: AbortSignal,
): Promise<Watched> {
  const now = Date.now();
  const contact: Contact = { answered: false, startedAt: now, reachedAt: now, said: '' };
  for (;;) {
    const answer = await askStatus(temporal, run, QUERY_MS);
    if (signal.aborted) return await never();
    if (answer.from === 'worker') {
      Object.assign(contact, { answered: true, reachedAt: Date.now(), said: '' });
      screen.show(answer.status);
      if (answer.status.state === 'parked') return { end: 'parked', status: answer.status };
    } else {
      await silence(temporal, run, screen, contact);
    }
    await quietSleep(POLL_MS, signal);
  }
}

/** Nobody answered: says who is missing, and gives up where waiting makes no sense. */
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
    contact.reachedAt = Date.now();
    if (!contact.answered && Date.now() - contact.startedAt < FIRST_ANSWER_MS) return;
    if (!contact.answered) await mustHaveWorker(temporal, run);
    remark('no worker answers at the moment; the operation goes on when one does');
    return;
  }
  remark(`Temporal at ${temporal.address} does not answer at the moment`);
  if (Date.now() - contact.reachedAt < UNREACHABLE_MS) return;
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

/** Never ends once the watching has ended. */
async function quietSleep(ms: number, signal: AbortSignal): Promise<void> {
  await sleep(ms, undefined, { signal }).catch(never);
}

function never(): Promise<never> {
  return new Promise<never>(() => undefined);
}
