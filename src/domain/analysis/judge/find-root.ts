// Where a function crosses zero, by Brent's method ("zero", Algorithms for Minimization without
// Derivatives, 1973, chapter 4) with the constants that R's wilcox.test uses. On a function of steps the
// tolerance decides what is found, so method and constants are part of the judge.

const MOST_ITERATIONS = 1000;
const EPSILON = 2 ** -52;
/** Absolute, in the unit of the metric. */
export const ROOT_TOLERANCE = 1e-4;

/** A place and the function's value there. */
export interface Point {
  at: number;
  value: number;
}

/** `from` and `to` lie on either side of the root. After 1000 steps: the best so far. */
export function findRoot(f: (at: number) => number, from: Point, to: Point): number {
  if (from.value === 0) return from.at;
  if (to.value === 0) return to.at;
  // The root is between `best` and `opposite`; `previous` is what `best` was one step before.
  let [previous, best, opposite] = [from, to, from];
  for (let step = 0; step <= MOST_ITERATIONS; step += 1) {
    const lastMove = best.at - previous.at;
    if (Math.abs(opposite.value) < Math.abs(best.value)) {
      [previous, best, opposite] = [best, opposite, best];
    }
    const least = 2 * EPSILON * Math.abs(best.at) + ROOT_TOLERANCE / 2;
    const half = (opposite.at - best.at) / 2;
    if (Math.abs(half) <= least || best.value === 0) return best.at;
    const move = nextMove(previous, best, opposite, lastMove, least);
    const at = best.at + (Math.abs(move) < least ? (move > 0 ? least : -least) : move);
    previous = best;
    best = { at, value: f(at) };
    if (best.value * Math.sign(opposite.value) > 0) opposite = previous;
  }
  return best.at;
}

/** By interpolation where that is trusted, else half of the way to the opposite side. */
function nextMove(
  previous: Point,
  best: Point,
  opposite: Point,
  lastMove: number,
  least: number,
): number {
  const half = (opposite.at - best.at) / 2;
  const promising = Math.abs(lastMove) >= least && Math.abs(previous.value) > Math.abs(best.value);
  if (!promising) return half;
  const [p, q] = interpolated(previous, best, opposite);
  const inside = p < 0.75 * (2 * half) * q - Math.abs(least * q) / 2;
  return inside && p < Math.abs((lastMove * q) / 2) ? p / q : half;
}

/** Numerator (not negative) and denominator of the move: by a secant, or a parabola through all three. */
function interpolated(previous: Point, best: Point, opposite: Point): [number, number] {
  const span = opposite.at - best.at;
  const toPrevious = best.value / previous.value;
  let p = span * toPrevious;
  let q = 1 - toPrevious;
  if (previous.at !== opposite.at) {
    const skew = previous.value / opposite.value;
    const toOpposite = best.value / opposite.value;
    const back = best.at - previous.at;
    p = toPrevious * (span * skew * (skew - toOpposite) - back * (toOpposite - 1));
    q = (skew - 1) * (toOpposite - 1) * (toPrevious - 1);
  }
  return p > 0 ? [p, -q] : [-p, q];
}
