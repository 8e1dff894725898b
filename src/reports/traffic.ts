// The weights of each service over time, as areas that fill up to 100 %.
import type { Report } from '../domain/record/report.ts';
import { strong, tableOf, timeIn, type Block, type Shape } from './document.ts';
import { elapsed, round, timeScale, type TimeScale } from './time-scale.ts';
import { versionsOf, type Versions } from './versions.ts';
import { clockTime, shareWords } from './wording.ts';

interface Share {
  version: string;
  percent: number;
}

interface Stretch {
  at: string;
  from: number;
  to: number;
  versions: Share[];
}

/** More than a chart can show beside each other. */
const MOST = 400;
/** Up to here there is a line between two stretches. */
const FEW = 60;
/** A letter is about 7 px wide; a chart about 900 on a desk, 290 on a phone. In percent of its width. */
const LETTER = { desk: 7 / 9, phone: 7 / 2.9 };

export function traffic(report: Report): Block[] {
  const services = [...new Set(report.weights.map((one) => one.service))];
  const scale = timeScale(report);
  if (scale === null) return [];
  return services.map((service, index) => figureOf(report, service, `weights-${index}`, scale));
}

function figureOf(report: Report, service: string, id: string, scale: TimeScale): Block {
  const versions = versionsOf(report);
  const stretches = stretchesOf(report, service, scale);
  const order = orderOf(stretches, report);
  const known = report.weights.filter((one) => one.service === service);
  const last = stretches.at(-1)?.versions ?? [];
  return {
    kind: 'figure',
    title: `Traffic of ${service}`,
    chart: {
      ...{ kind: 'chart', id, title: `Weights of ${service}`, height: 'tall' },
      description: `${describe(stretches, report)} The table below has every change.`,
      levels: [0, 50, 100].map((percent) => ({ percent, label: `${percent} %` })),
      ...{ ticks: scale.ticks, shortened: scale.shortened },
      groups: thinned(stretches).map((one) => ({
        look: stretches.length > FEW ? 'fine' : '',
        shapes: areas(one, order, versions),
      })),
    },
    swatches: order.map((version) => {
      const role = versions.role(version);
      const now = last.find((one) => one.version === version)?.percent ?? 0;
      const rest = `${role === '' ? '' : `(${role}), `}${now} % at the end`;
      return { look: versions.hue(version), words: [strong(version), rest] };
    }),
    table: {
      kind: 'folded',
      summary: `Weights as a table (${known.length})`,
      table: tableOf(`Weights of ${service} as they were read back`, known, {
        'at (UTC)': (one) => timeIn(one.at),
        traffic: (one) => shareWords(one.versions),
      }),
    },
  };
}

/** From before the operation, where the plan knows that, to its end. */
function stretchesOf(report: Report, service: string, scale: TimeScale): Stretch[] {
  const before = report.plan?.before[service]?.weights;
  const known = report.weights.filter((one) => one.service === service);
  const start = { at: new Date(scale.from).toISOString(), versions: before ?? [] };
  const all = before === undefined ? known : [start, ...known];
  const found: Stretch[] = [];
  for (const { at, versions } of all) {
    const from = scale.percentOf(at);
    if (from === null) continue;
    const last = found.at(-1);
    if (last !== undefined && same(last.versions, versions)) continue;
    if (last !== undefined) last.to = from;
    found.push({ at, from, to: 100, versions });
  }
  return found;
}

function same(a: readonly Share[], b: readonly Share[]): boolean {
  const text = (all: readonly Share[]) => all.map((one) => `${one.version} ${one.percent}`).join();
  return text(a) === text(b);
}

/** The new one at the bottom: it grows upwards. */
function orderOf(stretches: readonly Stretch[], report: Report): string[] {
  const seen = new Set(stretches.flatMap((one) => one.versions.map(({ version }) => version)));
  const { to, from } = report.plan ?? {};
  const first = [to, ...[...seen].filter((one) => one !== to && one !== from), from];
  return [...new Set(first)].filter((one) => one !== undefined).filter((one) => seen.has(one));
}

function thinned(stretches: readonly Stretch[]): Stretch[] {
  const nth = Math.ceil(stretches.length / MOST);
  const kept = stretches.filter((_, index) => index % nth === 0);
  return kept.map((one, index) => ({ ...one, to: kept[index + 1]?.from ?? one.to }));
}

function areas(stretch: Stretch, order: readonly string[], { hue }: Versions): Shape[] {
  const { at, from, to, versions } = stretch;
  const shown = versions
    .filter((one) => one.percent > 0)
    .toSorted((a, b) => order.indexOf(a.version) - order.indexOf(b.version));
  if (shown.length === 0) return label('no traffic', 'none', stretch, 50, 100);
  let y = 100;
  return shown.flatMap(({ version, percent }) => {
    y = round(y - percent);
    const words = `${version} ${percent} %`;
    const title = `${words}, from ${clockTime(at)}`;
    const place = { x: from, y, width: to - from, height: percent };
    return [
      { tag: 'rect', look: `area ${hue(version)}`, at: place, words: title },
      ...label(words, 'on', stretch, y + percent / 2, percent),
    ];
  });
}

/** Only where it fits: no label runs into another. */
function label(words: string, look: string, at: Stretch, y: number, height: number): Shape[] {
  const width = at.to - at.from;
  const letters = words.length + 2;
  if (height < 15 || width < letters * LETTER.desk) return [];
  const wide = width < letters * LETTER.phone ? ' wide' : '';
  return [{ tag: 'text', look: `${look}${wide}`, at: { x: at.from + width / 2, y }, words }];
}

function describe(stretches: readonly Stretch[], report: Report): string {
  const [first, last] = [stretches[0], stretches.at(-1)];
  if (first === undefined || last === undefined) return 'No weights were set.';
  const whole =
    report.startedAt === null || report.endedAt === null
      ? ''
      : ` over ${elapsed(Date.parse(report.endedAt) - Date.parse(report.startedAt))}`;
  return `From ${shareWords(first.versions)} to ${shareWords(last.versions)} in ${stretches.length - 1} changes${whole}.`;
}
