// What was compared at the end of a bake: the values of both revisions side by side, as a box over its strip of
// points, and the numbers as a table.
import type { Distribution, Spread } from '../domain/comparison.ts';
import type { Report } from '../domain/report.ts';
import { figure, round } from './html-plot.ts';
import { badge, longTable } from './html-table.ts';
import type { Versions } from './html-versions.ts';
import { markup, NOTHING, type Markup } from './markup.ts';
import { counted, number } from './wording.ts';

interface Row {
  step: string;
  analysis: string;
  compared: Distribution;
}

/** Figures that are drawn; what failed comes first, and the table has all of them. */
const MOST = 24;

export function distributions(report: Report, versions: Versions): Markup {
  const rows = report.verdicts.flatMap((one) =>
    (one.distributions ?? []).map((compared) => ({
      step: one.step,
      analysis: one.name,
      compared,
    })),
  );
  if (rows.length === 0) return NOTHING;
  const telling = rows.filter(({ compared }) => compared.verdict !== 'pass');
  const order = [...telling, ...rows.filter(({ compared }) => compared.verdict === 'pass')];
  const shown = order.slice(0, MOST).filter(({ compared }) => rangeOf(compared) !== undefined);
  const names = {
    experiment: report.plan?.to ?? 'the new revision',
    control: report.plan?.from ?? 'the stable revision',
  };
  return markup`${shown.map((row, index) => drawn(row, index, names, versions))}${numbers(rows)}`;
}

function rangeOf({ experiment, control }: Distribution): [number, number] | undefined {
  const ends = [experiment, control].flatMap(({ quartiles }) => quartiles);
  if (ends.length === 0) return undefined;
  const [low, high] = [Math.min(...ends), Math.max(...ends)];
  const room = high > low ? (high - low) * 0.03 : Math.abs(high) * 0.05 || 1;
  return [low - room, high + room];
}

interface Names {
  experiment: string;
  control: string;
}

function drawn(
  { step, analysis, compared }: Row,
  index: number,
  names: Names,
  { hue }: Versions,
): Markup {
  const [low, high] = rangeOf(compared) ?? [0, 1];
  const place = (value: number): number => round(((value - low) / (high - low)) * 100);
  const id = `compared-${index}`;
  const marks = [0, 50, 100].map((percent) => {
    const anchor = percent === 0 ? 'start' : percent === 100 ? 'end' : 'middle';
    const label = number(low + ((high - low) * percent) / 100);
    return markup`<line x1="${percent}%" x2="${percent}%" y1="0" y2="100%"/><text x="${percent}%" y="100%" dy="18" text-anchor="${anchor}">${label}</text>`;
  });
  const svg = markup`<svg class="plot low" role="img" aria-labelledby="${id}-t ${id}-d">
<title id="${id}-t">${compared.metric} of ${names.experiment} beside ${names.control} at ${step}</title>
<desc id="${id}-d">${compared.reason}</desc>
<g class="grid">${marks}</g>
${side(compared.experiment, 28, 'judged', hue(names.experiment), place)}
${side(compared.control, 74, 'stable', hue(names.control), place)}</svg>`;
  const legend = [
    key('judged', names.experiment, compared.experiment, hue),
    key('stable', names.control, compared.control, hue),
    markup`<li>${badge(compared.verdict)} ${compared.class}</li>`,
  ];
  const reason = markup`<p class="quiet">${compared.reason}</p>`;
  return figure(`${analysis}: ${compared.metric} at ${step}, compared`, legend, svg, reason);
}

function key(kind: string, name: string, { count }: Spread, hue: Versions['hue']): Markup {
  return markup`<li><i class="swatch ${kind} ${hue(name)}"></i><b>${name}</b>, ${counted(count, 'value')}</li>`;
}

/** From the least to the most a line, a box around the middle half, the median in it; the points below. */
function side(
  { quartiles, points }: Spread,
  percent: number,
  kind: string,
  hue: string,
  place: (value: number) => number,
): Markup {
  const [least, lower, median, upper, most] = quartiles.map(place);
  if (least === undefined || lower === undefined || median === undefined) return NOTHING;
  if (upper === undefined || most === undefined) return NOTHING;
  const y = `${percent}%`;
  const strip = `${percent + 15}%`;
  const [boxed, wide] = [`${percent - 11}%`, round(upper - lower)];
  return markup`<g class="spread ${kind} ${hue}"><line x1="${least}%" x2="${most}%" y1="${y}" y2="${y}"/><rect class="box" x="${lower}%" width="${wide}%" y="${boxed}" height="22%"/><line class="median" x1="${median}%" x2="${median}%" y1="${boxed}" y2="${percent + 11}%"/>${points.map((one) => markup`<circle cx="${place(one)}%" cy="${strip}" r="2"/>`)}</g>`;
}

function numbers(rows: readonly Row[]): Markup {
  const table = longTable(
    {
      caption: 'Every comparison: median (middle half) of each side, and what the judge said',
      columns: [
        'step',
        'analysis',
        'metric',
        'new',
        'stable',
        'shift',
        'effect',
        'class',
        'verdict',
      ],
      rows: rows.map(({ step, analysis, compared }) => [
        step,
        analysis,
        compared.metric,
        spreadWords(compared.experiment),
        spreadWords(compared.control),
        shiftWords(compared),
        compared.effect === null ? '' : number(compared.effect),
        compared.class,
        badge(compared.verdict),
      ]),
    },
    (index) => rows[index]?.compared.verdict !== 'pass',
  );
  return markup`<details><summary>Comparisons as a table (${rows.length})</summary>${table}</details>`;
}

function spreadWords({ count, quartiles }: Spread): string {
  const [, lower, median, upper] = quartiles;
  if (lower === undefined || median === undefined || upper === undefined) return 'no data';
  return `${number(median)} (${number(lower)} to ${number(upper)}), ${counted(count, 'value')}`;
}

function shiftWords({ estimate, interval }: Distribution): string {
  if (estimate === null || interval === null) return '';
  return `${number(estimate)} (${number(interval[0])} to ${number(interval[1])})`;
}
