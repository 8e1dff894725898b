// Counts what two sorted walks do not have in common, one item of each at a time: whatever a kind of datastore walks.
import { createHash } from 'node:crypto';
import type { LossCount } from '../domain/recovery/exchange.ts';

const SHOWN = 20;

export interface LossCounter {
  /** One key that differs, or several of one content. */
  add: (key: string, content: string, count?: number) => void;
  /** For people; the first few are kept. */
  tell: (text: string) => void;
  count: () => LossCount;
}

export function lossCounter(): LossCounter {
  const digest = createHash('sha256');
  const shown: string[] = [];
  let all = 0;
  return {
    add: (key, content, count = 1) => {
      all += count;
      digest.update(`${JSON.stringify([key, content, count])}\n`);
    },
    tell: (text) => {
      if (shown.length < SHOWN) shown.push(text);
    },
    count: () => ({ count: all, digest: digest.digest('hex'), shown }),
  };
}

/** Merges two walks that go the same way: what both have comes together. */
export async function* together<Item>(
  there: AsyncGenerator<Item, undefined>,
  here: AsyncGenerator<Item, undefined>,
  compare: (one: Item, other: Item) => number,
): AsyncGenerator<{ there?: Item; here?: Item }> {
  let [one, other] = [await nextOf(there), await nextOf(here)];
  while (one !== undefined || other !== undefined) {
    const order = orderOf(one, other, compare);
    yield {
      ...(one !== undefined && order <= 0 && { there: one }),
      ...(other !== undefined && order >= 0 && { here: other }),
    };
    if (order <= 0) one = await nextOf(there);
    if (order >= 0) other = await nextOf(here);
  }
}

async function nextOf<Item>(walk: AsyncGenerator<Item, undefined>): Promise<Item | undefined> {
  return (await walk.next()).value;
}

/** What is at its end comes last. */
function orderOf<Item>(
  one: Item | undefined,
  other: Item | undefined,
  compare: (one: Item, other: Item) => number,
): number {
  if (one === undefined) return 1;
  return other === undefined ? -1 : compare(one, other);
}
