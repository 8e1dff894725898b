// Keeps saying that an activity is alive while it waits for something outside.
import type { Clock } from '../../ports/clock.ts';
import type { Waiting } from '../../ports/waiting.ts';

export const BEAT_MS = 500;

/** What `work` comes to; rejects with the signal's reason as soon as it is aborted. */
export async function beatWhile<T>(
  work: Promise<T>,
  clock: Clock,
  { signal, beat }: Waiting,
): Promise<T> {
  const done = new AbortController();
  const abort = (): void => {
    done.abort(signal.reason);
  };
  signal.addEventListener('abort', abort, { once: true });
  const outcome = work.then((value) => ({ value }));
  try {
    signal.throwIfAborted();
    for (;;) {
      const first = await Promise.race([outcome, clock.sleep(BEAT_MS, done.signal)]);
      if (first !== undefined) return first.value;
      beat();
    }
  } catch (error) {
    signal.throwIfAborted();
    throw error;
  } finally {
    signal.removeEventListener('abort', abort);
    // Nobody waits for it any more when an abort came first.
    outcome.catch(() => undefined);
    done.abort();
  }
}
