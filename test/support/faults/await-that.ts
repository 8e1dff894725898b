// Waiting for what a fault brings about.
import { setTimeout as sleep } from 'node:timers/promises';
import { PATIENCE_MS } from '../patience.ts';

/** Asks until there is an answer; the sentence says what was waited for in vain. */
export async function awaitThat<T>(
  what: string,
  look: () => Promise<T | undefined> | T | undefined,
  { within = PATIENCE_MS, every = 20 } = {},
): Promise<T> {
  const until = Date.now() + within;
  for (;;) {
    const found = await look();
    if (found !== undefined) return found;
    if (Date.now() > until) throw new Error(`waited ${within / 1000} s in vain for ${what}`);
    await sleep(every);
  }
}
