// Workers that are killed or frozen between two statements, in the process of the test: what the driver is asked to send is
// counted. Only for the work that is given; other tests of the process go on.
import { AsyncLocalStorage } from 'node:async_hooks';
import pg from 'pg';

type Send = () => unknown;
/** What is done with a statement instead of sending it. */
type Instead = (client: pg.Client, text: string, send: Send) => unknown;

const work = new AsyncLocalStorage<Instead>();

type Query = (this: pg.Client, ...given: unknown[]) => unknown;
const prototype = pg.Client.prototype as unknown as { query: Query };
const query = prototype.query;
prototype.query = function (...given) {
  const send = (): unknown => query.apply(this, given);
  const instead = work.getStore();
  return instead === undefined ? send() : instead(this, String(given[0]), send);
};

/** Lets `statements` of them through, and cuts every connection that sends one more. Answers whether any did. */
export async function killedAfter(
  statements: number,
  doing: () => Promise<unknown>,
): Promise<boolean> {
  let [left, killed] = [statements, false];
  const counting: Instead = (client, _, send) => {
    left -= 1;
    if (left >= 0) return send();
    killed = true;
    const { connection } = client as unknown as { connection: { stream: { destroy: Send } } };
    connection.stream.destroy();
    return Promise.reject(new Error('the worker was killed'));
  };
  await work.run(counting, doing).catch((error: unknown) => {
    if (!killed) throw error;
  });
  return killed;
}

/**
 * Freezes a worker before the first statement that looks so, runs `meanwhile`, and wakes it up. Answers what became of its
 * work; undefined where it sent no such statement.
 */
export async function frozenAt(
  looks: RegExp,
  doing: () => Promise<unknown>,
  meanwhile: () => Promise<void>,
): Promise<PromiseSettledResult<unknown> | undefined> {
  const froze = later<'frozen'>();
  const woken = later<undefined>();
  let reached = false;
  const freezing: Instead = (_, text, send) => {
    if (reached || !looks.test(text)) return send();
    reached = true;
    froze.resolve('frozen');
    return woken.promise.then(send);
  };
  const ended = work.run(freezing, () => Promise.allSettled([doing()]));
  if ((await Promise.race([froze.promise, ended])) !== 'frozen') return undefined;
  await meanwhile();
  woken.resolve(undefined);
  return (await ended)[0];
}

function later<T>() {
  let resolve: (value: T) => void = () => undefined;
  const promise = new Promise<T>((given) => {
    resolve = given;
  });
  return {
    promise,
    resolve: (value: T) => {
      resolve(value);
    },
  };
}
