// What was compared at the end of a bake: the values of both revisions side by side, as a box over its strip of
// points, and the numbers as a table.
import type { Distribution, Spread } from '../domain/analysis/comparison.ts';
import type { Report } from '../domain/record/report.ts';
import { badge, strong, tableOf, type Block, type Shape, type Table } from './document.ts';
import { versionsOf, type Side, type Versions } from './versions.ts';
import { counted, number } from './wording.ts';

interface Comparison {
  step: string;
  analysis: string;
  compared: Distribution;
}

/** Figures that are drawn; what failed comes first, and the table has all of them. */
const MOST = 24;

export function comparisons(report: Report): Block[] {
  const all = report.verdicts.flatMap(({ step, name, distributions = [] }) =>
    distributions.map((compared) => ({ step, analysis: name, compared })),
  );
  if (all.length === 0) return [];
  const passed = ({ compared }: Comparison): boolean => compared.verdict === 'pass';
  const order = [...all.filter((one) => !passed(one)), ...all.filter(passed)];
  const names = {
    judged: report.plan?.to ?? 'the new revision',
    stable: report.plan?.from ?? 'the stable revision',
  };
  const versions = versionsOf(report);
  const figures = order
    .slice(0, MOST)
    .flatMap((one, index) => figureOf(one, `compared-${index}`, names, versions));
  return [...figures, { kind: 'folded', summary: tableTitle(all), table: numbers(all) }];
}

const tableTitle = (all: readonly Comparison[]): string => `Comparisons as a table (${all.length})`;

/** No figure where neither side has values. */
function figureOf(
  { step, analysis, compared }: Comparison,
  id: string,
  names: Record<Side, string>,
  { hue }: Versions,
): Block[] {
  const range = rangeOf(compared);
  if (range === undefined) return [];
  const [low, high] = range;
  const place = (value: number): number => ((value - low) / (high - low)) * 100;
  const sides = [
    { side: 'judged', spread: compared.experiment, y: 28 },
    { side: 'stable', spread: compared.control, y: 74 },
  ] as const;
  const look = (side: Side): string => `${side} ${hue(names[side])}`;
  const ends = [low, (low + high) / 2, high];
  return [
    {
      kind: 'figure',
      title: `${analysis}: ${compared.metric} at ${step}, compared`,
      chart: {
        ...{ kind: 'chart', id, height: 'low', levels: [], shortened: [] },
        title: `${compared.metric} of ${names.judged} beside ${names.stable} at ${step}`,
        description: compared.reason,
        ticks: ends.map((end) => ({ percent: place(end), label: number(end) })),
        groups: sides.map(({ side, spread, y }) => ({
          look: `spread ${look(side)}`,
          shapes: box(spread, y, place),
        })),
      },
      swatches: [
        ...sides.map(({ side, spread }) => ({
          look: look(side),
          words: [strong(`${names[side]},`), counted(spread.count, 'value')],
        })),
        { look: '', words: [badge(compared.verdict), compared.class] },
      ],
      note: compared.reason,
    },
  ];
}

/** From the least to the most a line, a box around the middle half, the median in it; the points below. */
function box({ quartiles, points }: Spread, y: number, place: (value: number) => number): Shape[] {
  const [least, lower, median, upper, most] = quartiles.map(place);
  if (least === undefined || lower === undefined || median === undefined) return [];
  if (upper === undefined || most === undefined) return [];
  const top = y - 11;
  return [
    { tag: 'line', at: { x1: least, x2: most, y1: y, y2: y } },
    { tag: 'rect', look: 'box', at: { x: lower, width: upper - lower, y: top, height: 22 } },
    { tag: 'line', look: 'median', at: { x1: median, x2: median, y1: top, y2: y + 11 } },
    ...points.map((one): Shape => ({ tag: 'circle', at: { cx: place(one), cy: y + 15 } })),
  ];
}

/** The values of both sides, with a little room; undefined when there are none. */
function rangeOf({ experiment, control }: Distribution): [number, number] | undefined {
  const ends = [experiment, control].flatMap(({ quartiles }) => quartiles);
  if (ends.length === 0) return undefined;
  const [low, high] = [Math.min(...ends), Math.max(...ends)];
  const room = high > low ? (high - low) * 0.03 : Math.abs(high) * 0.05 || 1;
  return [low - room, high + room];
}

function numbers(all: readonly Comparison[]): Table {
  const spread = (of: Spread) => ({ as: 'spread', spread: of }) as const;
  return tableOf(
    'Every comparison: median (middle half) of each side, and what the judge said',
    all,
    {
      step: (one) => one.step,
      analysis: (one) => one.analysis,
      metric: ({ compared }) => compared.metric,
      class: ({ compared }) => compared.class,
      new: ({ compared }) => spread(compared.experiment),
      stable: ({ compared }) => spread(compared.control),
      why: ({ compared }) => compared.reason,
      shift: ({ compared }) => shiftWords(compared),
      effect: ({ compared }) => (compared.effect === null ? '' : number(compared.effect)),
      verdict: ({ compared }) => badge(compared.verdict),
    },
    ({ compared }) => compared.verdict !== 'pass',
  );
}

function shiftWords({ estimate, interval }: Distribution): string {
  if (estimate === null || interval === null) return '';
  return `${number(estimate)} (${number(interval[0])} to ${number(interval[1])})`;
}
