// How far one sample lies above another: the two-sided interval of Mann and Whitney for the shift, and
// the estimate of Hodges and Lehmann, both found as roots of the statistic.
import { findRoot } from './find-root.ts';
import type { Point } from './find-root.ts';
import { normalQuantile } from './normal-quantile.ts';
import { standardised } from './rank-sum.ts';
import type { Sorted } from './rank-sum.ts';

export interface ShiftInterval {
  /** Of x − y. With many ties `low` may lie above `high` by about the solver's tolerance. */
  low: number;
  high: number;
  estimate: number;
}

/** The samples lie too far apart for the numbers of this machine. */
export class OutOfRange extends Error {}

/** Neither sample is empty. Throws AllTied and OutOfRange. */
export function shiftInterval(x: Sorted, y: Sorted, confidence: number): ShiftInterval {
  const [least, most] = [first(x) - last(y), last(x) - first(y)];
  if (!Number.isFinite(2 * (most - least))) {
    throw new OutOfRange('the numbers are too large to be compared');
  }
  const lower = { at: least, value: standardised(x, y, least) };
  const upper = { at: most, value: standardised(x, y, most) };
  const root = (quantile: number): number => {
    const less = ({ at, value }: Point): Point => ({ at, value: value - quantile });
    return findRoot((at) => standardised(x, y, at) - quantile, less(lower), less(upper));
  };
  const bounded = (quantile: number): number => {
    if (lower.value <= quantile) return least;
    return upper.value >= quantile ? most : root(quantile);
  };
  const z = normalQuantile((1 - confidence) / 2);
  return { low: bounded(-z), high: bounded(z), estimate: root(0) };
}

function first(sorted: Sorted): number {
  return sorted[0] ?? NaN;
}

function last(sorted: Sorted): number {
  return sorted[sorted.length - 1] ?? NaN;
}
