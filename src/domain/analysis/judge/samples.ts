// Samples made ready to be compared: NaN removed or replaced, outliers removed, sorted.
import type { JudgeOptions } from '../../../config/judge-options.ts';
import type { Sorted } from './rank-sum.ts';

/** Sorted, so that the order of the samples cannot matter to anything that follows. */
export function readySamples(
  samples: readonly number[],
  { nanStrategy, outliers }: Pick<JudgeOptions, 'nanStrategy' | 'outliers'>,
): Sorted {
  const ready = new Float64Array(samples.length);
  let kept = 0;
  for (const one of samples) {
    if (Number.isNaN(one) && nanStrategy === 'remove') continue;
    // Zero added: there is no negative zero any more.
    ready[kept] = Number.isNaN(one) ? 0 : one + 0;
    kept += 1;
  }
  const sorted = ready.subarray(0, kept).sort();
  return outliers.strategy === 'remove' ? withoutOutliers(sorted, outliers.factor) : sorted;
}

/** Fences at `factor` interquartile ranges, never inside the 1st and 99th percentile. */
export function withoutOutliers(sorted: Sorted, factor: number): Sorted {
  const [lower, upper] = [percentile(sorted, 25), percentile(sorted, 75)];
  const margin = factor * (upper - lower);
  const low = Math.min(percentile(sorted, 1), lower - margin);
  const high = Math.max(percentile(sorted, 99), upper + margin);
  return sorted.filter((one) => !(one < low || one > high));
}

/** The percentile of sorted samples by definition R-7: linear between the two nearest samples. NaN without samples. */
export function percentile(sorted: Sorted, percent: number): number {
  // Counted from 1: rounded in this way, what lies on a sample hits it exactly.
  const place = 1 + (sorted.length - 1) * (percent / 100);
  const whole = Math.floor(place);
  const below = sorted[whole - 1] ?? NaN;
  const above = sorted[whole] ?? below;
  return below + (place - whole) * (above - below);
}

/** The mean of samples, in two passes: the second takes back what rounding did to the first. NaN without samples. */
export function mean(sorted: Sorted): number {
  const rough = sorted.reduce((sum, one) => sum + one, 0) / sorted.length;
  return rough + sorted.reduce((sum, one) => sum + (one - rough), 0) / sorted.length;
}

export function isConstant(sorted: Sorted): boolean {
  return sorted.length > 0 && sorted[0] === sorted[sorted.length - 1];
}

export function areEqual(x: Sorted, y: Sorted): boolean {
  return x.length === y.length && x.every((one, index) => one === y[index]);
}
