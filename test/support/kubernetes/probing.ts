// Asks a container's probe by its period until it is told to end, and says when its answer turns.
import { setTimeout as sleep } from 'node:timers/promises';
import { ask } from '../http-load.ts';
import type { HttpProbe } from './pod-spec.ts';

/** What a probe that failed saw, for an event. */
export type Turned = (isWell: boolean, seen: string) => void;

/** Until the signal. `onTurn` is called with the first verdict and with each change of it. */
export async function probe(
  probed: HttpProbe,
  url: string,
  signal: AbortSignal,
  onTurn: Turned,
): Promise<void> {
  const { initialDelaySeconds, periodSeconds, timeoutSeconds, httpGet, ...thresholds } = {
    ...DEFAULTS,
    ...probed,
  };
  const asked = `${url}${httpGet?.path ?? '/'}`;
  const verdict = new Verdict(thresholds);
  await pause(initialDelaySeconds, signal);
  while (!signal.aborted) {
    const seen = await Promise.race([answerOf(asked), late(timeoutSeconds)]);
    if (verdict.turnsBy(seen === '') && !isOver(signal)) onTurn(verdict.isWell, seen);
    await pause(periodSeconds, signal);
  }
}

/** Of the API. */
const DEFAULTS = {
  initialDelaySeconds: 0,
  periodSeconds: 10,
  timeoutSeconds: 1,
  failureThreshold: 3,
  successThreshold: 1,
};

class Verdict {
  readonly #needed: { failureThreshold: number; successThreshold: number };
  #is: boolean | undefined;
  /** Answers of one kind in a row. */
  #row = 0;
  #last = false;

  constructor(needed: { failureThreshold: number; successThreshold: number }) {
    this.#needed = needed;
  }

  get isWell(): boolean {
    return this.#is === true;
  }

  turnsBy(isWell: boolean): boolean {
    this.#row = isWell === this.#last ? this.#row + 1 : 1;
    this.#last = isWell;
    const { failureThreshold, successThreshold } = this.#needed;
    const isEnough = this.#row >= (isWell ? successThreshold : failureThreshold);
    if (!isEnough || this.#is === isWell) return false;
    this.#is = isWell;
    return true;
  }
}

async function pause(seconds: number, signal: AbortSignal): Promise<void> {
  await sleep(seconds * 1000, undefined, { signal }).catch(() => undefined);
}

function isOver(signal: AbortSignal): boolean {
  return signal.aborted;
}

/** Empty when all is well. */
async function answerOf(url: string): Promise<string> {
  try {
    const { status } = await ask(url);
    return status >= 200 && status < 400 ? '' : `HTTP probe failed with statuscode: ${status}`;
  } catch (error) {
    return `Get "${url}": ${error instanceof Error ? error.message : String(error)}`;
  }
}

async function late(seconds: number): Promise<string> {
  await sleep(seconds * 1000, undefined, { ref: false });
  return `no answer within ${seconds} s`;
}
