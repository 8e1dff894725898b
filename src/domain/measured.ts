// What the windows of an analysis measured, kept for the report's charts: small, plain JSON, and bounded however
// long a bake is.
import type { Metric } from '../config/system.ts';

/** What one revision answered in one window; `value` is `null` when it is not a number. */
export interface Answered {
  value: number | null;
  /** Absent when it is not known how many a value stands on. */
  requests?: number;
}

/** One metric in one window, as a bake remembers it. */
export interface Measured {
  /** When the window ended, in ms. */
  at: number;
  metric: string;
  judged: Answered;
  /** What it was compared with; absent when it was not. */
  stable?: Answered;
}

/** One metric over a bake, as evidence and report keep it. */
export interface MetricSeries {
  metric: string;
  max?: number;
  min?: number;
  /** In order; of a long bake every second, fourth ... window. */
  points: { at: string; judged: Answered; stable?: Answered }[];
}

/** Rows that a bake remembers: they travel with every heartbeat and stand in the history. */
const MOST = 120;

/** The windows so far and one more. When they are too many, every second window goes, the newest stays. */
export function remember(before: readonly Measured[], window: readonly Measured[]): Measured[] {
  const all = [...before, ...window];
  if (all.length <= MOST) return all;
  const times = [...new Set(all.map((one) => one.at))];
  const kept = new Set(times.filter((_, index) => (times.length - 1 - index) % 2 === 0));
  return all.filter((one) => kept.has(one.at));
}

export function seriesOf(
  measured: readonly Measured[],
  metrics: Readonly<Record<string, Metric>>,
): MetricSeries[] {
  return Object.entries(metrics).flatMap(([metric, { max, min }]) => {
    const points = measured
      .filter((one) => one.metric === metric)
      .map(({ at, judged, stable }) => ({
        at: new Date(at).toISOString(),
        judged,
        ...(stable !== undefined && { stable }),
      }));
    if (points.length === 0) return [];
    return [
      { metric, ...(max !== undefined && { max }), ...(min !== undefined && { min }), points },
    ];
  });
}

/** A number as JSON can hold it. */
export function answered(value: number, requests?: number): Answered {
  return { value: storable(value), ...(requests !== undefined && { requests }) };
}

export function storable(value: number): number | null {
  return Number.isFinite(value) ? Number(value.toPrecision(6)) : null;
}
