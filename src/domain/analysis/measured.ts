// What the windows of an analysis measured, kept for the report's charts: small, plain JSON, and bounded however
// long a bake is.
import type { Metric } from '../../config/system.ts';

/** What one revision answered in one window; `value` is `null` when it is not a number. */
export interface Answered {
  value: number | null;
  /** The number of requests that `value` stands on; absent when it is not known. */
  requests?: number;
}

/** The measurement of one metric in one window, as a bake remembers it. */
export interface Measured {
  /** When the window ended, in ms. */
  at: number;
  metric: string;
  judged: Answered;
  /** The stable revision's answer; absent when the metric was not compared. */
  stable?: Answered;
}

/** The measurements of one metric over a whole bake, as evidence and report keep them. */
export interface MetricSeries {
  metric: string;
  max?: number;
  min?: number;
  /** In the order of time; a long bake keeps only every second, fourth ... window. */
  points: { at: string; judged: Answered; stable?: Answered }[];
}

/** The most measurements that a bake remembers: they travel with every heartbeat and stand in the history. */
const MOST = 120;

/** The measurements so far with those of one more window. When there are too many, every second window is dropped; the newest stays. */
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

/** A measured value in the form that JSON can hold: what is not finite becomes `null`. */
export function answered(value: number, requests?: number): Answered {
  return { value: storable(value), ...(requests !== undefined && { requests }) };
}

export function storable(value: number): number | null {
  return Number.isFinite(value) ? Number(value.toPrecision(6)) : null;
}
