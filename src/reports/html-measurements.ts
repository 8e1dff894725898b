// What each revision answered: one chart per metric over the time of the operation, the judged version beside the
// one it was compared with, and the limit.
import type { MetricSeries } from '../domain/measured.ts';
import type { Report } from '../domain/report.ts';
import { figure, plot, round } from './html-plot.ts';
import { badge, longTable } from './html-table.ts';
import type { Versions } from './html-versions.ts';
import { markup, type Markup, type Part } from './markup.ts';
import type { TimeScale } from './time-scale.ts';
import { number } from './wording.ts';

type Verdict = Report['verdicts'][number];
type Side = 'judged' | 'stable';

interface Chart {
  analysis: string;
  metric: string;
  bakes: { verdict: Verdict; series: MetricSeries }[];
}

/** Points that a chart shows; more would lie on each other. */
const MOST = 300;

export function measurementCharts(report: Report, scale: TimeScale, all: Versions): Markup[] {
  const names = {
    judged: report.plan?.to ?? 'the judged revision',
    stable: report.plan?.from ?? 'the stable revision',
  };
  return chartsOf(report).map((chart, index) => drawn(chart, index, scale, names, all));
}

function chartsOf({ verdicts }: Report): Chart[] {
  const charts = new Map<string, Chart>();
  for (const verdict of verdicts) {
    for (const series of verdict.series ?? []) {
      const { metric } = series;
      const key = JSON.stringify([verdict.name, metric]);
      const chart = charts.get(key) ?? { analysis: verdict.name, metric, bakes: [] };
      chart.bakes.push({ verdict, series });
      charts.set(key, chart);
    }
  }
  return [...charts.values()];
}

function drawn(
  chart: Chart,
  index: number,
  scale: TimeScale,
  names: Record<Side, string>,
  versions: Versions,
): Markup {
  const { analysis, metric, bakes } = chart;
  const limit = bakes.at(-1)?.series.max;
  const floor = bakes.at(-1)?.series.min;
  const limits = [limit, floor].filter((one) => one !== undefined);
  const top = roof([...valuesOf(chart, 'judged'), ...valuesOf(chart, 'stable'), ...limits]);
  const compared = valuesOf(chart, 'stable').length > 0;
  const sides: Side[] = compared ? ['stable', 'judged'] : ['judged'];
  const content: Part = [
    ...limits.map((one) => limitLine(one, top)),
    ...sides.map((side) => line(chart, side, scale, top, versions.hue(names[side]))),
  ];
  const legend = [
    ...sides.toReversed().map((side) => legendOf(side, names[side], versions)),
    ...(limit === undefined ? [] : [limitKey(`at most ${number(limit)}`)]),
    ...(floor === undefined ? [] : [limitKey(`at least ${number(floor)}`)]),
  ];
  const svg = plot({
    id: `metric-${index}`,
    title: `${metric} of ${names.judged}${compared ? ` and ${names.stable}` : ''}`,
    description: `${metric}, measured by the analysis ${analysis} in ${bakes.length} bakes. The table below has the numbers.`,
    scale,
    height: 'low',
    levels: [0, 0.5, 1].map((part) => ({ percent: part * 100, label: number(top * part) })),
    content,
  });
  return figure(`${analysis}: ${metric}`, legend, svg, numbers(chart, names));
}

function valuesOf({ bakes }: Chart, side: Side): number[] {
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

function limitLine(value: number, top: number): Markup {
  const y = `${round(100 - (value / top) * 100)}%`;
  return markup`<line class="limit" x1="0" x2="100%" y1="${y}" y2="${y}"/>`;
}

/** A bake is a line of its own: between two of them nothing was measured. */
function line(chart: Chart, side: Side, scale: TimeScale, top: number, hue: string): Markup {
  const count = chart.bakes.reduce((sum, { series }) => sum + series.points.length, 0);
  const nth = Math.ceil(count / MOST);
  let seen = 0;
  const parts = chart.bakes.map(({ series }) => {
    const points = series.points
      .filter(() => seen++ % nth === 0)
      .flatMap((point) => placed(point, side, scale, top));
    const lines = points.slice(1).map((to, index) => {
      const from = points[index];
      return markup`<line x1="${from?.x ?? 0}%" y1="${from?.y ?? 0}%" x2="${to.x}%" y2="${to.y}%"/>`;
    });
    return markup`${lines}${points.map((one) => mark(one, side))}`;
  });
  return markup`<g class="line ${side} ${hue}">${parts}</g>`;
}

interface Placed {
  x: number;
  y: number;
  words: string;
}

function placed(
  point: MetricSeries['points'][number],
  side: Side,
  scale: TimeScale,
  top: number,
): Placed[] {
  const [x, answered] = [scale.percentOf(point.at), point[side]];
  if (x === null || answered === undefined || answered.value === null) return [];
  const y = 100 - (Math.max(0, answered.value) / top) * 100;
  const { requests } = answered;
  const of = requests === undefined ? '' : ` in ${number(requests)} requests`;
  const words = `${number(answered.value)}${of}`;
  return [{ x: round(x), y: round(y), words }];
}

/** Round for the judged one, square for the other. */
function mark({ x, y, words }: Placed, side: Side): Markup {
  const title = markup`<title>${words}</title>`;
  if (side === 'judged') return markup`<circle cx="${x}%" cy="${y}%">${title}</circle>`;
  return markup`<rect x="${x}%" y="${y}%">${title}</rect>`;
}

function legendOf(side: Side, name: string, { hue }: Versions): Markup {
  return markup`<li><i class="swatch ${side} ${hue(name)}"></i><b>${name}</b>, ${side === 'judged' ? 'judged' : 'compared with'}</li>`;
}

function limitKey(words: string): Markup {
  return markup`<li><i class="swatch limit"></i>${words}</li>`;
}

function numbers(chart: Chart, names: Record<Side, string>): Markup {
  const { analysis, metric, bakes } = chart;
  const rows = bakes.map(({ verdict, series }) => [
    verdict.step,
    summary(series, 'judged'),
    summary(series, 'stable'),
    badge(verdict.verdict),
  ]);
  const columns = ['step', names.judged, `${names.stable}, compared`, `verdict of ${analysis}`];
  const caption = `${metric} in each bake: lowest to highest value, and requests`;
  const matters = (index: number) => bakes[index]?.verdict.verdict !== 'pass';
  return markup`<details><summary>${metric} as a table (${bakes.length})</summary>${longTable({ caption, columns, rows }, matters)}</details>`;
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
