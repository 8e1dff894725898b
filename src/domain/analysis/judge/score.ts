// Kayenta's score of classified metrics.
import type { MetricClass } from './compare.ts';

export interface Scored {
  group: string;
  class: MetricClass;
  critical: boolean;
}

export interface Score {
  /** 0 to 100, two decimals. */
  score: number;
  /** Why the score is 0 whatever the groups come to. */
  spoilt: string | undefined;
}

const COUNTED: ReadonlySet<MetricClass> = new Set(['Pass', 'High', 'Low', 'NodataFailMetric']);

/** The percentage of a group's metrics that pass; undefined if none counts. Nodata and Error do not count. */
export function groupScore(metrics: readonly Pick<Scored, 'class'>[]): number | undefined {
  const counted = metrics.filter((one) => COUNTED.has(one.class));
  if (counted.length === 0) return undefined;
  return (counted.filter((one) => one.class === 'Pass').length / counted.length) * 100;
}

/** The score of all groups together. `weights`: the weight of every group, in percent. */
export function weightedScore(
  metrics: readonly Scored[],
  weights: ReadonlyMap<string, number>,
): Score {
  const critical = metrics.filter((one) => one.critical && one.class !== 'Pass').length;
  if (critical > 0) {
    const many = critical === 1 ? '1 critical metric' : `${critical} critical metrics`;
    return { score: 0, spoilt: `${many} did not pass` };
  }
  const missing = metrics.filter((one) => one.class === 'Nodata').length;
  if (missing * 2 >= metrics.length) {
    const have = missing === 1 ? 'has' : 'have';
    return { score: 0, spoilt: `${missing} of ${metrics.length} metrics ${have} no data` };
  }
  const parts = [...weights].map(([group, weight]) => {
    // A group in which nothing counts takes nothing away.
    const score = groupScore(metrics.filter((one) => one.group === group)) ?? 100;
    return score * (weight / 100);
  });
  const sum = parts.reduce((total, part) => total + part, 0);
  return { score: toTwoDecimals(sum), spoilt: undefined };
}

/** A number rounded to two decimals as decimals are read, half up: 1.005 becomes 1.01. */
function toTwoDecimals(value: number): number {
  const text = String(value);
  return text.includes('e') ? 0 : Number(`${Math.round(Number(`${text}e2`))}e-2`);
}
