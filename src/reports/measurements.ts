// What each revision answered: one chart per metric over the time of the operation, the judged version beside the
// one it was compared with, and the limit.
import type { MetricSeries } from '../domain/analysis/measured.ts';
import type { Report } from '../domain/record/report.ts';
import {
  badge,
  strong,
  tableOf,
  type Block,
  type Chart,
  type Folded,
  type Shape,
  type Swatch,
} from './document.ts';
import { timeScale, type TimeScale } from './time-scale.ts';
import { versionsOf, type Side, type Versions } from './versions.ts';
import { number } from './wording.ts';

interface Metric {
  analysis: string;
  metric: string;
  bakes: { verdict: Report['verdicts'][number]; series: MetricSeries }[];
}

/** Points that a chart shows; more would lie on each other. */
const MOST = 300;

export function measurements(report: Report): Block[] {
  const scale = timeScale(report);
  if (scale === null) return [];
  const names = {
    judged: report.plan?.to ?? 'the judged revision',
    stable: report.plan?.from ?? 'the stable revision',
  };
  const versions = versionsOf(report);
  return metricsOf(report).map((one, index) => {
    const compared = valuesOf(one, 'stable').length > 0;
    const sides: Side[] = compared ? ['judged', 'stable'] : ['judged'];
    return {
      kind: 'figure',
      title: `${one.analysis}: ${one.metric}`,
      chart: chartOf(one, { id: `metric-${index}`, scale, names, versions, sides }),
      swatches: [
        ...sides.map((side) => ({
          look: `${side} ${versions.hue(names[side])}`,
          words: [strong(`${names[side]},`), side === 'judged' ? 'judged' : 'compared with'],
        })),
        ...limitSwatches(one),
      ],
      ...(compared || report.plan?.from === undefined
        ? {}
        : { note: `${names.stable} was not measured: ${one.metric} is not compared with it.` }),
      table: numbers(one, names),
    };
  });
}

function metricsOf({ verdicts }: Report): Metric[] {
  const metrics = new Map<string, Metric>();
  for (const verdict of verdicts) {
    for (const series of verdict.series ?? []) {
      const { metric } = series;
      const key = JSON.stringify([verdict.name, metric]);
      const known = metrics.get(key) ?? { analysis: verdict.name, metric, bakes: [] };
      known.bakes.push({ verdict, series });
      metrics.set(key, known);
    }
  }
  return [...metrics.values()];
}

interface Drawing {
  id: string;
  scale: TimeScale;
  names: Record<Side, string>;
  versions: Versions;
  sides: readonly Side[];
}

function chartOf(metric: Metric, { id, scale, names, versions, sides }: Drawing): Chart {
  const { bakes, analysis } = metric;
  const last = bakes.at(-1)?.series;
  const limits = [last?.max, last?.min].filter((one) => one !== undefined);
  const top = roof([...sides.flatMap((side) => valuesOf(metric, side)), ...limits]);
  const lines = limits.map((limit): Shape => {
    const y = heightOf(limit, top);
    return { tag: 'line', look: 'limit', at: { x1: 0, x2: 100, y1: y, y2: y } };
  });
  return {
    ...{ kind: 'chart', id, height: 'low' },
    title: `${metric.metric} of ${sides.map((side) => names[side]).join(' and ')}`,
    description: `${metric.metric}, measured by the analysis ${analysis} in ${bakes.length} bakes. The table below has the numbers.`,
    levels: [0, 0.5, 1].map((part) => ({ percent: part * 100, label: number(top * part) })),
    ...{ ticks: scale.ticks, shortened: scale.shortened },
    groups: [
      { look: '', shapes: lines },
      // The judged one lies on top.
      ...sides.toReversed().map((side) => ({
        look: `line ${side} ${versions.hue(names[side])}`,
        shapes: marks(metric, side, scale, top),
      })),
    ],
  };
}

const heightOf = (value: number, top: number): number => 100 - (value / top) * 100;

function valuesOf({ bakes }: Metric, side: Side): number[] {
  return bakes
    .flatMap(({ series }) => series.points.map((point) => point[side]?.value ?? null))
    .filter((value) => value !== null);
}

/** A round number above all of them. */
function roof(values: readonly number[]): number {
  const most = values.reduce((a, b) => Math.max(a, b), 0);
  if (most <= 0) return 1;
  const unit = 10 ** Math.floor(Math.log10(most));
  return ([1, 1.5, 2, 3, 4, 5, 6, 8].find((one) => one * unit >= most * 1.04) ?? 12) * unit;
}

/** A bake is a line of its own: between two of them nothing was measured. */
function marks({ bakes }: Metric, side: Side, scale: TimeScale, top: number): Shape[] {
  const count = bakes.reduce((sum, { series }) => sum + series.points.length, 0);
  const nth = Math.ceil(count / MOST);
  let seen = 0;
  return bakes.flatMap(({ series }) => {
    const points = series.points
      .filter(() => seen++ % nth === 0)
      .flatMap((point) => placed(point, side, scale, top));
    const joins = points.slice(1).map(({ x, y }, index): Shape => {
      const { x: x1 = x, y: y1 = y } = points[index] ?? {};
      return { tag: 'line', at: { x1, y1, x2: x, y2: y } };
    });
    // Round for the judged revision, square for the other.
    const marks = points.map(({ x, y, words }): Shape =>
      side === 'judged'
        ? { tag: 'circle', at: { cx: x, cy: y }, words }
        : { tag: 'rect', at: { x, y }, words },
    );
    return [...joins, ...marks];
  });
}

/** Where the answer of one revision lies, and its words; nothing where it gave none. */
function placed(
  point: MetricSeries['points'][number],
  side: Side,
  scale: TimeScale,
  top: number,
): { x: number; y: number; words: string }[] {
  const [x, answered] = [scale.percentOf(point.at), point[side]];
  if (x === null || answered === undefined || answered.value === null) return [];
  const { requests, value } = answered;
  const of = requests === undefined ? '' : ` in ${number(requests)} requests`;
  return [{ x, y: heightOf(Math.max(0, value), top), words: `${number(value)}${of}` }];
}

function limitSwatches({ bakes }: Metric): Swatch[] {
  const { max, min } = bakes.at(-1)?.series ?? {};
  return [
    ...(max === undefined ? [] : [`at most ${number(max)}`]),
    ...(min === undefined ? [] : [`at least ${number(min)}`]),
  ].map((words) => ({ look: 'limit', words }));
}

function numbers({ analysis, metric, bakes }: Metric, names: Record<Side, string>): Folded {
  const table = tableOf(
    `${metric} in each bake: lowest to highest value, and requests`,
    bakes,
    {
      step: ({ verdict }) => verdict.step,
      [`${names.judged}, judged`]: ({ series }) => summary(series, 'judged'),
      [`${names.stable}, compared`]: ({ series }) => summary(series, 'stable'),
      [`verdict of ${analysis}`]: ({ verdict }) => badge(verdict.verdict),
    },
    ({ verdict }) => verdict.verdict !== 'pass',
  );
  return { kind: 'folded', summary: `${metric} as a table (${bakes.length})`, table };
}

function summary({ points }: MetricSeries, side: Side): string {
  const answers = points.map((point) => point[side]).filter((one) => one !== undefined);
  const values = answers.map(({ value }) => value).filter((value) => value !== null);
  if (values.length === 0) return '';
  const low = values.reduce((a, b) => Math.min(a, b));
  const high = values.reduce((a, b) => Math.max(a, b));
  const range = low === high ? number(low) : `${number(low)} to ${number(high)}`;
  const requests = answers.map((one) => one.requests).filter((one) => one !== undefined);
  if (requests.length === 0) return range;
  return `${range}, ${number(requests.reduce((a, b) => a + b, 0))} requests`;
}
