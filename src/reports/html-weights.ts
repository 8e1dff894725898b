// The weights of each service over time, as areas that fill up to 100 %.
import type { Report } from '../domain/report.ts';
import { figure, plot, round } from './html-plot.ts';
import { table } from './html-table.ts';
import type { Versions } from './html-versions.ts';
import { markup, NOTHING, type Markup } from './markup.ts';
import { elapsed, type TimeScale } from './time-scale.ts';
import { clockTime } from './wording.ts';

interface Stretch {
  at: string;
  from: number;
  to: number;
  versions: { version: string; percent: number }[];
}

/** More than a chart can show beside each other. */
const MOST = 400;
/** Up to here there is a line between two stretches. */
const FEW = 60;
const LEVELS = [0, 50, 100].map((percent) => ({ percent, label: `${percent} %` }));
/** A letter is about 7 px wide; a chart about 900 on a desk, 290 on a phone. */
const LETTER = { desk: 7 / 9, phone: 7 / 2.9 };

export function weightCharts(report: Report, scale: TimeScale, versions: Versions): Markup[] {
  const services = [...new Set(report.weights.map((one) => one.service))];
  return services.map((service, index) => chart(report, service, index, scale, versions));
}

function chart(
  report: Report,
  service: string,
  index: number,
  scale: TimeScale,
  versions: Versions,
): Markup {
  const stretches = stretchesOf(report, service, scale);
  const names = order(stretches, report);
  const drawn = plot({
    id: `weights-${index}`,
    title: `Weights of ${service}`,
    description: `${describe(stretches, report)} The table below has every change.`,
    scale,
    height: 'tall',
    levels: LEVELS,
    content: markup`<g class="${stretches.length > FEW ? 'fine' : ''}">${thinned(stretches).map((one) => areas(one, names, versions))}</g>`,
  });
  const last = stretches.at(-1)?.versions ?? [];
  const legend = names.map((version) => {
    const now = last.find((one) => one.version === version)?.percent ?? 0;
    const role = versions.role(version);
    return markup`<li><i class="swatch ${versions.hue(version)}"></i><b>${version}</b>${role === '' ? '' : ` (${role})`}, ${now} % at the end</li>`;
  });
  return figure(`Traffic of ${service}`, legend, drawn, changes(report, service));
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

function same(a: Stretch['versions'], b: Stretch['versions']): boolean {
  const text = (all: Stretch['versions']) =>
    all.map((one) => `${one.version} ${one.percent}`).join();
  return text(a) === text(b);
}

/** The new one at the bottom: it grows upwards. */
function order(stretches: readonly Stretch[], report: Report): string[] {
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

function areas(stretch: Stretch, names: readonly string[], { hue }: Versions): Markup {
  const width = round(stretch.to - stretch.from);
  const ordered = stretch.versions
    .filter((one) => one.percent > 0)
    .toSorted((a, b) => names.indexOf(a.version) - names.indexOf(b.version));
  if (ordered.length === 0) return label('no traffic', 'none', stretch, 50, 100);
  let top = 100;
  const parts = ordered.map(({ version, percent }) => {
    top = round(top - percent);
    const words = `${version} ${percent} %`;
    return markup`<rect class="area ${hue(version)}" x="${round(stretch.from)}%" y="${top}%" width="${width}%" height="${percent}%"><title>${words}, from ${clockTime(stretch.at)}</title></rect>${label(words, 'on', stretch, top + percent / 2, percent)}`;
  });
  return markup`${parts}`;
}

/** Only where it fits: no label runs into another. */
function label(words: string, kind: string, at: Stretch, middle: number, height: number): Markup {
  const width = at.to - at.from;
  const letters = words.length + 2;
  if (height < 15 || width < letters * LETTER.desk) return NOTHING;
  const wide = width < letters * LETTER.phone ? ' wide' : '';
  return markup`<text class="${kind}${wide}" x="${round(at.from + width / 2)}%" y="${round(middle)}%" dy="4" text-anchor="middle">${words}</text>`;
}

function describe(stretches: readonly Stretch[], report: Report): string {
  const [first, last] = [stretches[0], stretches.at(-1)];
  if (first === undefined || last === undefined) return 'No weights were set.';
  const whole =
    report.startedAt === null || report.endedAt === null
      ? ''
      : ` over ${elapsed(Date.parse(report.endedAt) - Date.parse(report.startedAt))}`;
  return `From ${words(first.versions)} to ${words(last.versions)} in ${stretches.length - 1} changes${whole}.`;
}

function words(versions: Stretch['versions']): string {
  const shown = versions.filter((one) => one.percent > 0);
  if (shown.length === 0) return 'no traffic';
  return shown.map((one) => `${one.version} ${one.percent} %`).join(' and ');
}

function changes(report: Report, service: string): Markup {
  const known = report.weights.filter((one) => one.service === service);
  const rows = known.map((one) => [clockTime(one.at), words(one.versions)]);
  const caption = `Weights of ${service} as they were read back`;
  return markup`<details><summary>Weights as a table (${known.length})</summary>${table({ caption, columns: ['at (UTC)', 'traffic'], rows })}</details>`;
}
