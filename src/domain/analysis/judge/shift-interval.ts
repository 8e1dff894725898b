// How far one sample lies above another: the two-sided interval of Mann and Whitney for the shift, and
// the estimate of Hodges and Lehmann, both found as roots of the statistic.
import { findRoot, type Point } from './find-root.ts';
import { standardised, type Sorted } from './rank-sum.ts';

export interface ShiftInterval {
  /** The ends of the interval for the shift x − y. With many ties `low` may lie above `high` by about the solver's tolerance. */
  low: number;
  high: number;
  estimate: number;
}

/** The samples lie too far apart for the numbers of this machine. */
export class OutOfRange extends Error {}

/** The confidence interval for the shift between two samples, neither of them empty. Throws AllTied and OutOfRange. */
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

type Coefficients = readonly [number, number, number, number, number, number, number, number];

// Numerator and denominator, constant term first.
const CENTRE: [Coefficients, Coefficients] = [
  [
    3.3871328727963665, 133.14166789178438, 1971.5909503065513, 13731.69376550946,
    45921.95393154987, 67265.7709270087, 33430.57558358813, 2509.0809287301227,
  ],
  [
    1, 42.31333070160091, 687.1870074920579, 5394.196021424751, 21213.794301586597,
    39307.89580009271, 28729.085735721943, 5226.495278852854,
  ],
];
const TAIL: [Coefficients, Coefficients] = [
  [
    1.4234371107496835, 4.630337846156546, 5.769497221460691, 3.6478483247632045,
    1.2704582524523684, 0.2417807251774506, 0.022723844989269184, 0.0007745450142783414,
  ],
  [
    1, 2.053191626637759, 1.6763848301838038, 0.6897673349851, 0.14810397642748008,
    0.015198666563616457, 0.0005475938084995345, 1.0507500716444169e-9,
  ],
];
const FAR_TAIL: [Coefficients, Coefficients] = [
  [
    6.657904643501103, 5.463784911164114, 1.7848265399172913, 0.29656057182850487,
    0.026532189526576124, 0.0012426609473880784, 0.000027115555687434876, 2.0103343992922881e-7,
  ],
  [
    1, 0.599832206555888, 0.1369298809227358, 0.014875361290850615, 0.0007868691311456133,
    0.000018463183175100548, 1.421511758316446e-7, 2.0442631033899397e-15,
  ],
];

/** The value that a standard normal variable stays under with probability `p`, 0 < p < 1. */
export function normalQuantile(p: number): number {
  const q = p - 0.5;
  if (Math.abs(q) <= 0.425) return q * ratio(CENTRE, 0.180625 - q * q);
  const r = Math.sqrt(-Math.log(Math.min(p, 1 - p)));
  const distance = r <= 5 ? ratio(TAIL, r - 1.6) : ratio(FAR_TAIL, r - 5);
  return q < 0 ? -distance : distance;
}

function ratio([above, below]: [Coefficients, Coefficients], at: number): number {
  return polynomial(above, at) / polynomial(below, at);
}

function polynomial(coefficients: Coefficients, at: number): number {
  return coefficients.reduceRight((sum, coefficient) => sum * at + coefficient, 0);
}
