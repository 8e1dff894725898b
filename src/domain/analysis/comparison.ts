// Comparing a whole bake of the new revision with the stable one's: what is kept for it, and what the judge
// says of it at the end. Windows are thinned evenly, so that a long bake stays small.
import type { Analysis } from '../../config/system.ts';
import { judgeGroups } from './judge/judge-groups.ts';
import { judgeMetric, type JudgedMetric, type MetricJudgement } from './judge/judge-metric.ts';
import { minimumOf } from './measurement.ts';
import { percentile } from './judge/samples.ts';
import { storable, type Answered, type Measured } from './measured.ts';
import { worst, type Verdict } from './verdict.ts';

/** Samples of one metric on both revisions; `null` stands for a sample that could not be measured. */
export interface Sides {
  judged: (number | null)[];
  stable: (number | null)[];
}

/** The distribution of one revision's samples, for a chart. */
export interface Spread {
  count: number;
  /** Least, lower quartile, median, upper quartile, most; empty without values. */
  quartiles: number[];
  /** Some of the samples, evenly chosen and sorted. */
  points: number[];
}

/** The judge's answer for one metric, and the samples that it judged. */
export interface Distribution {
  metric: string;
  group?: string;
  experiment: Spread;
  control: Spread;
  class: MetricJudgement['class'];
  verdict: Verdict;
  reason: string;
  interval: [number, number] | null;
  estimate: number | null;
  effect: number | null;
}

export interface Compared {
  verdict: Verdict;
  reason: string;
  distributions: Distribution[];
}

/** The most samples of a metric that are kept for each revision: they travel with every heartbeat. */
export const MOST_SAMPLES = 200;
const MOST_POINTS = 60;

/** The samples kept after one more window; undefined when no metric is to be compared. */
export function gathered(
  analysis: Analysis,
  before: Record<string, Sides> | undefined,
  rows: readonly Omit<Measured, 'at'>[],
): Record<string, Sides> | undefined {
  // A server is asked for the whole bake at its end.
  if (analysis.source === 'prometheus') return before;
  const enough = (one?: Answered): boolean => (one?.requests ?? 0) >= minimumOf(analysis);
  const now = new Map(Object.entries(before ?? {}));
  const names = comparedMetrics(analysis);
  for (const { metric, judged, stable } of rows) {
    if (!names.includes(metric) || !enough(judged) || !enough(stable)) continue;
    if (stable === undefined) continue;
    const known = now.get(metric) ?? { judged: [], stable: [] };
    now.set(metric, {
      judged: thinned([...known.judged, judged.value]),
      stable: thinned([...known.stable, stable.value]),
    });
  }
  return now.size === 0 ? before : Object.fromEntries(now);
}

/** The samples that are kept of values that came all at once. */
export function keptOf(values: readonly number[]): (number | null)[] {
  return thinned(values.map(storable));
}

/** The samples without every second one, until they are few enough; the newest stays. */
function thinned(values: (number | null)[]): (number | null)[] {
  if (values.length <= MOST_SAMPLES) return values;
  return thinned(values.filter((_, index) => (values.length - 1 - index) % 2 === 0));
}

/** The names of the metrics that an analysis compares. */
export function comparedMetrics({ metrics }: Analysis): string[] {
  return Object.keys(metrics).filter((name) => metrics[name]?.compare !== undefined);
}

/** The judge's verdict on the kept samples; undefined when no metric is compared. */
export function compareSides(
  analysis: Analysis,
  kept: Record<string, Sides> | undefined,
): Compared | undefined {
  const names = comparedMetrics(analysis);
  if (names.length === 0) return undefined;
  const judged = new Map(names.flatMap((name) => inputOf(analysis, kept, name)));
  return analysis.score === undefined ? eachByItself(judged) : byScore(analysis.score, judged);
}

function inputOf(
  { metrics }: Analysis,
  kept: Record<string, Sides> | undefined,
  name: string,
): [string, JudgedMetric][] {
  const options = metrics[name]?.compare;
  if (options === undefined) return [];
  const numbers = (side: (number | null)[] = []) => side.map((one) => one ?? NaN);
  const experiment = numbers(kept?.[name]?.judged);
  return [[name, { ...options, experiment, control: numbers(kept?.[name]?.stable) }]];
}

function eachByItself(judged: ReadonlyMap<string, JudgedMetric>): Compared {
  const found = [...judged].map(([name, input]) => ({ name, input, ...judgeMetric(input) }));
  const verdict = worst(found.map((one) => one.verdict));
  const telling = found.filter((one) => one.verdict === verdict);
  return {
    verdict,
    reason: telling.map(({ name, reason }) => `${name} compared: ${reason}`).join(' | '),
    distributions: found.map((one) => distribution(one.name, one.input, one)),
  };
}

function byScore(
  { groups, pass, marginal }: NonNullable<Analysis['score']>,
  judged: ReadonlyMap<string, JudgedMetric>,
): Compared {
  const found = judgeGroups({
    groups: Object.fromEntries(
      Object.entries(groups).map(([group, { weight, metrics }]) => [
        group,
        {
          ...(weight !== undefined && { weight }),
          metrics: metrics.flatMap((name) => {
            const input = judged.get(name);
            return input === undefined ? [] : [{ ...input, name }];
          }),
        },
      ]),
    ),
    pass,
    marginal: marginal ?? Math.min(75, pass),
  });
  return {
    verdict: found.verdict,
    reason: `compared: ${found.class}, ${found.reason}`,
    distributions: found.metrics.flatMap((one) => {
      const input = judged.get(one.name);
      return input === undefined ? [] : [distribution(one.name, input, one, one.group)];
    }),
  };
}

function distribution(
  metric: string,
  { experiment, control }: JudgedMetric,
  { class: found, verdict, reason, interval, estimate, effect }: MetricJudgement,
  group?: string,
): Distribution {
  return {
    metric,
    ...(group !== undefined && { group }),
    experiment: spreadOf(experiment),
    control: spreadOf(control),
    class: found,
    verdict,
    reason,
    interval: interval === null ? null : [short(interval[0]), short(interval[1])],
    estimate: estimate === null ? null : short(estimate),
    effect: effect === null ? null : short(effect),
  };
}

function spreadOf(values: readonly number[]): Spread {
  const sorted = Float64Array.from(values.filter(Number.isFinite)).sort();
  const count = sorted.length;
  if (count === 0) return { count, quartiles: [], points: [] };
  const quartiles = [0, 25, 50, 75, 100].map((percent) => short(percentile(sorted, percent)));
  const last = Math.min(count, MOST_POINTS) - 1;
  const points = Array.from({ length: last + 1 }, (_, index) => {
    const place = last === 0 ? 0 : Math.round((index / last) * (count - 1));
    return short(sorted[place] ?? 0);
  });
  return { count, quartiles, points };
}

function short(value: number): number {
  return storable(value) ?? 0;
}
