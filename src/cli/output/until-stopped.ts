// What is shown again and again ends at once, whatever it waits for then: by Ctrl-C, by SIGTERM, or when whoever read has gone.
import { setTimeout as sleep } from 'node:timers/promises';
import { EXIT, ExitError } from '../exit.ts';

/** `pause` waits between two looks. Throws ExitError with 130, 143 or 141, and without a word. */
export async function untilStopped<Result>(
  work: (pause: (ms: number) => Promise<void>) => Promise<Result>,
): Promise<Result> {
  const stop = new AbortController();
  const stopped = new Promise<never>((_, reject) => {
    const endWith = (code: number) => () => {
      stop.abort();
      reject(new ExitError(code, ''));
    };
    process.once('SIGINT', endWith(EXIT.interrupted));
    process.once('SIGTERM', endWith(EXIT.terminated));
    const gone = endWith(EXIT.readerGone);
    process.stdout.on('error', ({ code }: NodeJS.ErrnoException) => {
      if (code === 'EPIPE') gone();
    });
  });
  const pause = async (ms: number): Promise<void> => {
    await sleep(ms, undefined, { signal: stop.signal });
  };
  return Promise.race([work(pause), stopped]);
}
