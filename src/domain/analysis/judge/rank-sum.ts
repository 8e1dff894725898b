// The rank sum of one sorted sample among two, the first shifted; and the statistic of Mann and Whitney
// made from it. One merge of the sorted samples: O(m + n).

/** Samples in rising order, finite. */
export type Sorted = Float64Array;

/** Every observation is the same after the shift: there is nothing to rank. */
export class AllTied extends Error {}

export interface RankSum {
  /** The sum of the ranks of the first sample; ties share the mean of their ranks. */
  ranks: number;
  /** Σ (t³ − t) over groups of t equal observations. */
  ties: number;
  /** The size of the largest group of equal observations. */
  widest: number;
}

/** Ranks `x − shift` among `x − shift` and `y` together. Written for speed: it is called a hundred times a pair. */
export function rankSum(x: Sorted, y: Sorted, shift: number): RankSum {
  let [i, j, ranks, ties, widest] = [0, 0, 0, 0, 0];
  let [a, b] = [at(x, 0) - shift, at(y, 0)];
  const all = x.length + y.length;
  // The ends of what is sorted: without this, infinity or NaN would let the merge run for ever.
  if (![a, b, at(x, x.length - 1) - shift, at(y, y.length - 1)].every(Number.isFinite)) {
    throw new RangeError('ranks were asked of samples that are empty or not finite');
  }
  for (let before = 0; before < all; before = i + j) {
    const value = a < b ? a : b;
    const fromX = i;
    while (a === value) a = at(x, (i += 1)) - shift;
    while (b === value) b = at(y, (j += 1));
    const tied = i + j - before;
    ranks += (i - fromX) * (before + (tied + 1) / 2);
    if (tied === 1) continue;
    ties += tied * tied * tied - tied;
    if (tied > widest) widest = tied;
  }
  return { ranks, ties, widest };
}

/** The sample at `index`; behind the last one a number larger than every sample. */
function at(sorted: Sorted, index: number): number {
  return index < sorted.length ? (sorted[index] ?? Infinity) : Infinity;
}

/** The rank sum in standard deviations, with continuity correction: it falls as `shift` grows. Throws AllTied. */
export function standardised(x: Sorted, y: Sorted, shift: number): number {
  const [m, n] = [x.length, y.length];
  const all = m + n;
  const { ranks, ties, widest } = rankSum(x, y, shift);
  if (widest === all) throw new AllTied('every observation is the same after the shift');
  const distance = ranks - (m * (m + 1)) / 2 - (m * n) / 2;
  const deviation = Math.sqrt(((m * n) / 12) * (all + 1 - ties / (all * (all - 1))));
  return (distance - Math.sign(distance) * 0.5) / deviation;
}
