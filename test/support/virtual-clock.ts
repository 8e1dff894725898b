// A clock for tests: time passes only when nothing else is going on, and then straight to the next sleeper.
import type { Clock } from '../../src/ports/clock.ts';

interface Sleeper {
  at: number;
  wake: () => void;
}

export interface VirtualClock extends Clock {
  /** Lets time go by that nobody slept through: a stopped process, a lost worker. */
  jump(ms: number): void;
}

export function createVirtualClock(start = 1_700_000_000_000): VirtualClock {
  let now = start;
  let sleepers: Sleeper[] = [];
  let scheduled = false;

  /** After everything that is ready to run has run. */
  const advance = (): void => {
    scheduled = false;
    const next = sleepers.reduce<Sleeper | undefined>(
      (first, one) => (first === undefined || one.at < first.at ? one : first),
      undefined,
    );
    if (next === undefined) return;
    sleepers = sleepers.filter((one) => one !== next);
    now = Math.max(now, next.at);
    next.wake();
    schedule();
  };
  const schedule = (): void => {
    if (scheduled || sleepers.length === 0) return;
    scheduled = true;
    setImmediate(advance);
  };

  return {
    now: () => now,
    jump: (ms) => {
      now += ms;
    },
    sleep: (ms, signal) =>
      new Promise<void>((resolve, reject) => {
        signal.throwIfAborted();
        const onAbort = (): void => {
          sleepers = sleepers.filter((one) => one !== sleeper);
          reject(signal.reason as Error);
        };
        const sleeper = {
          at: now + ms,
          wake: () => {
            signal.removeEventListener('abort', onAbort);
            resolve();
          },
        };
        signal.addEventListener('abort', onAbort, { once: true });
        sleepers.push(sleeper);
        schedule();
      }),
  };
}
