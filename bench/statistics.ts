// What a list of measured values comes to. Pure; used by every measurement in this folder.

export interface Spread {
  min: number;
  /** A quarter of the values is below. */
  q1: number;
  /** A quarter of the values is above. */
  q3: number;
  max: number;
}

/** Between the two nearest values where it falls between them (R's type 7); NaN of nothing. */
export function quantile(values: readonly number[], share: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  const place = (sorted.length - 1) * share;
  const low = sorted[Math.floor(place)] ?? Number.NaN;
  const high = sorted[Math.ceil(place)] ?? Number.NaN;
  return low + (high - low) * (place - Math.floor(place));
}

export function median(values: readonly number[]): number {
  return quantile(values, 0.5);
}

export function spreadOf(values: readonly number[]): Spread {
  return {
    min: quantile(values, 0),
    q1: quantile(values, 0.25),
    q3: quantile(values, 0.75),
    max: quantile(values, 1),
  };
}

/** Four digits are more than any figure here is good for. */
export function rounded(value: number): number {
  return Number(value.toPrecision(4));
}
