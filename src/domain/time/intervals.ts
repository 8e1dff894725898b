// Stretches of time: which of them overlap, and by how much.

/** Milliseconds since 1970, half open. */
export interface Interval {
  from: number;
  to: number;
}

/** Stretches of time in order, those that touch made one. */
export function merge(intervals: readonly Interval[]): Interval[] {
  const merged: Interval[] = [];
  for (const one of intervals.toSorted((a, b) => a.from - b.from)) {
    const last = merged.at(-1);
    if (last !== undefined && one.from <= last.to) last.to = Math.max(last.to, one.to);
    else merged.push({ ...one });
  }
  return merged;
}

/** Milliseconds of `[from, to)` inside the intervals; 0 where a time is unknown. */
export function overlap(
  intervals: readonly Interval[],
  from: string | null,
  to: string | null | undefined,
): number {
  const start = Date.parse(from ?? '');
  const end = Date.parse(to ?? '');
  if (Number.isNaN(start) || Number.isNaN(end)) return 0;
  return intervals.reduce(
    (sum, one) => sum + Math.max(0, Math.min(one.to, end) - Math.max(one.from, start)),
    0,
  );
}
