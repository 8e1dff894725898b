// A quantile from the buckets of a histogram, worked out as Prometheus's histogram_quantile does.

export interface Bucket {
  /** Inclusive; the last bucket has Infinity. */
  upperBound: number;
  /** Observations up to the bound, so each bucket has those of the ones before. */
  count: number;
}

export interface Quantile {
  value: number;
  /** The quantile lies above the largest finite bound: `value` is that bound, the truth is more. */
  beyond: boolean;
}

/** The share of all observations by which a bucket may lag behind a smaller one and still be believed. */
const LAG = 0.01;

/** A sentence says why there is none: no observations, no +Inf bucket, no finite one, or buckets that contradict each other. */
export function histogramQuantile(q: number, unordered: Bucket[]): Quantile | string {
  const sorted = [...unordered].sort((a, b) => a.upperBound - b.upperBound);
  const buckets = monotonic(sorted);
  const last = buckets.at(-1);
  const largest = buckets.at(-2);
  if (last?.upperBound !== Infinity) return 'there is no +Inf bucket';
  if (largest === undefined) return 'there is no bucket but +Inf';
  if (last.count === 0) return 'nothing was observed';
  const lag = Math.max(...buckets.map(({ count }, index) => count - (sorted[index]?.count ?? 0)));
  if (lag > Math.max(2, LAG * last.count)) {
    return `its buckets contradict each other: one has ${lag} fewer than a smaller one`;
  }
  return interpolated(q * last.count, buckets, largest.upperBound);
}

function interpolated(rank: number, buckets: Bucket[], largest: number): Quantile {
  const index = buckets.findIndex((bucket) => bucket.count >= rank);
  const bucket = buckets[index];
  if (bucket === undefined || bucket.upperBound === Infinity)
    return { value: largest, beyond: true };
  const below = index > 0 ? buckets[index - 1] : undefined;
  if (below === undefined && bucket.upperBound <= 0) {
    return { value: bucket.upperBound, beyond: false };
  }
  const from = below ?? { upperBound: 0, count: 0 };
  const share = (rank - from.count) / (bucket.count - from.count);
  return { value: from.upperBound + (bucket.upperBound - from.upperBound) * share, beyond: false };
}

/** Buckets are read one after the other, so a later one can lag behind an earlier one. */
function monotonic(buckets: Bucket[]): Bucket[] {
  let most = 0;
  return buckets.map(({ upperBound, count }) => {
    most = Math.max(most, count);
    return { upperBound, count: most };
  });
}
