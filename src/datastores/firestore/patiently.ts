// Asks again while a server says that its quota is used up, or that it is away for a moment: later each time, and told.
import { setTimeout as sleep } from 'node:timers/promises';
import type { Waiting } from '../../ports/waiting.ts';
import { CODE, codeOf } from './connection.ts';

/** Between one time and the next: 0.3 s, then twice as long each time, up to 20 s. */
const FIRST_MS = 300;
const LONGEST_MS = 20_000;
const QUOTA_TRIES = 9;
const AWAY_TRIES = 4;
const UNAVAILABLE = 14;

/** Throws what the last attempt threw. `what` is being asked for, in progress: `documents after 2000`. */
export async function patiently<T>(
  what: string,
  waiting: Waiting,
  ask: () => Promise<T>,
): Promise<T> {
  for (let tries = 1; ; tries += 1) {
    waiting.signal.throwIfAborted();
    try {
      return await ask();
    } catch (error) {
      const code = codeOf(error);
      if (tries >= triesFor(code)) throw error;
      const waitMs = Math.min(FIRST_MS * 2 ** (tries - 1), LONGEST_MS);
      const why = code === CODE.resourceExhausted ? 'its quota is used up' : 'it is away';
      waiting.beat({ waiting: `${why}: ${what} is asked for again`, tries, waitMs });
      await sleep(waitMs, undefined, { signal: waiting.signal });
    }
  }
}

function triesFor(code: number | undefined): number {
  if (code === CODE.resourceExhausted) return QUOTA_TRIES;
  return code === UNAVAILABLE || code === CODE.aborted ? AWAY_TRIES : 1;
}
