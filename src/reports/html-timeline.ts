// The steps as bars over time, waiting for people apart. Of very many, a strip shows all and rows those that matter.
import { span, spanBetween } from '../domain/markdown.ts';
import type { Report } from '../domain/report.ts';
import { titleOf } from '../domain/step-title.ts';
import { round, timeAxis } from './html-plot.ts';
import { badge, MANY, table } from './html-table.ts';
import { markup, NOTHING, type Markup } from './markup.ts';
import type { TimeScale } from './time-scale.ts';
import { clockTime, counted, toneOf, waitedMs } from './wording.ts';

type Step = Report['steps'][number];

/** Narrower bars would not be seen. */
const NARROWEST = 0.35;
/** Rows of a long timeline, though nothing strange happened. */
const AT_LEAST = 15;

export function timeline(report: Report, scale: TimeScale): Markup {
  const { steps } = report;
  if (steps.length === 0) return markup`<p class="quiet">No step was begun.</p>`;
  const shown = steps.length > MANY ? notable(steps) : steps;
  const left = steps.length - shown.length;
  return markup`<table class="timeline"><caption>Steps over time${scale.shortened.length > 0 ? ', with the waiting drawn shorter than it was' : ''}</caption>
<thead><tr><th scope="col">step</th><th class="track">${timeAxis(scale)}<span class="unseen">when</span></th><th scope="col">took</th></tr></thead>
<tbody>${left > 0 ? overview(steps, scale) : NOTHING}${waitingRow(report, scale)}${shown.map((step) => row(step, report, scale))}${undoRow(report, scale)}</tbody></table>
<ul class="key"><li><i class="swatch work"></i>working</li><li><i class="swatch wait"></i>waiting for people</li><li><i class="swatch bad"></i>failed</li><li><i class="swatch warn"></i>skipped or undone</li></ul>
${left > 0 ? markup`<p class="quiet">${counted(left, 'step')} that ended well and took little time stand in the table only.</p>` : ''}
<details><summary>Every step with its details (${steps.length})</summary>${details(steps)}</details>`;
}

/** Those that did not end well, were tried again or waited; then the longest. In order. */
function notable(steps: readonly Step[]): Step[] {
  const length = (step: Step): number => {
    const ms = Date.parse(step.endedAt ?? '') - Date.parse(step.startedAt);
    return Number.isNaN(ms) ? Infinity : ms;
  };
  const strange = (step: Step): boolean =>
    toneOf(step.status) !== 'good' || step.attempts > 1 || step.waitedForPeopleMs > 0;
  const rank = new Map(steps.map((step) => [step, (strange(step) ? 1e15 : 0) + length(step)]));
  const ranked = steps.toSorted((a, b) => (rank.get(b) ?? 0) - (rank.get(a) ?? 0));
  const odd = steps.filter(strange).length;
  const chosen = new Set(ranked.slice(0, Math.min(MANY, Math.max(odd, AT_LEAST))));
  return steps.filter((step) => chosen.has(step));
}

function overview(steps: readonly Step[], scale: TimeScale): Markup {
  const bars: { from: number; to: number; kind: string }[] = [];
  for (const step of steps) {
    const { from, to } = extent(step, scale);
    const kind = kindOf(step);
    const last = bars.at(-1);
    if (last?.kind === kind && from - last.to < NARROWEST) last.to = Math.max(last.to, to);
    else bars.push({ from, to, kind });
  }
  const rects = bars
    .toSorted((a, b) => Number(a.kind !== 'work') - Number(b.kind !== 'work'))
    .map((one) => bar(one.kind, one.from, one.to));
  return markup`<tr><th scope="row">all ${counted(steps.length, 'step')}</th><td class="track">${track(rects)}</td><td></td></tr>`;
}

function waitingRow(report: Report, scale: TimeScale): Markup {
  const waits = report.waits ?? [];
  if (waits.length === 0) return NOTHING;
  const bars = waits.map((one) => waitBar(one, scale, 0, 100));
  return markup`<tr class="people"><th scope="row">waiting for people</th><td class="track">${track(bars)}</td><td>${span(waitedMs(report))}</td></tr>`;
}

/** Single undos have no times of their own; the phase has. */
function undoRow({ timings, undo }: Report, scale: TimeScale): Markup {
  const phase = timings.find((one) => one.phase === 'undo');
  if (phase === undefined) return NOTHING;
  const from = scale.percentOf(phase.startedAt) ?? 0;
  const to = scale.percentOf(phase.endedAt) ?? 100;
  const took = spanBetween(phase.startedAt, phase.endedAt);
  return markup`<tr><th scope="row"><b>undo</b><small>${counted(undo.length, 'step')} taken back</small></th><td class="track">${track([bar('warn', from, to)])}</td><td>${took}</td></tr>`;
}

function row(step: Step, report: Report, scale: TimeScale): Markup {
  const { from, to } = extent(step, scale);
  const waits = step.waitedForPeopleMs > 0 ? (report.waits ?? []) : [];
  const overlaid = waits.map((one) => waitBar(one, scale, from, to));
  const tone = toneOf(step.status);
  const state =
    tone === 'good' ? markup`<span class="unseen"> ${step.status}</span>` : badge(step.status);
  const took = spanBetween(step.startedAt, step.endedAt);
  return markup`<tr><th scope="row"><b>${step.id}</b> ${state}<small>${titleOf(step)}</small></th><td class="track">${track([bar(kindOf(step), from, to), ...overlaid])}</td><td>${took === '' ? 'not ended' : took}</td></tr>`;
}

function track(bars: readonly Markup[]): Markup {
  return markup`<svg class="bars" aria-hidden="true"><line class="rail" x1="0" x2="100%" y1="50%" y2="50%"/>${bars}</svg>`;
}

function bar(kind: string, from: number, to: number): Markup {
  const width = Math.max(NARROWEST, to - from);
  const x = Math.min(from, 100 - width);
  return markup`<rect class="${kind}" x="${round(x)}%" width="${round(width)}%"/>`;
}

/** The part of a wait that lies within `least` and `most`. */
function waitBar(
  wait: { startedAt: string; endedAt: string },
  scale: TimeScale,
  least: number,
  most: number,
): Markup {
  const from = Math.max(least, scale.percentOf(wait.startedAt) ?? 0);
  const to = Math.min(most, scale.percentOf(wait.endedAt) ?? 100);
  return to < from ? NOTHING : bar('wait', from, to);
}

function extent(step: Step, scale: TimeScale): { from: number; to: number } {
  const from = scale.percentOf(step.startedAt) ?? 0;
  return { from, to: Math.max(from, scale.percentOf(step.endedAt) ?? 100) };
}

function kindOf(step: Step): string {
  const tone = toneOf(step.status);
  if (tone === 'bad') return 'bad';
  return tone === 'warn' ? 'warn' : 'work';
}

function details(steps: readonly Step[]): Markup {
  const rows = steps.map((one) => [
    one.id,
    titleOf(one),
    badge(one.status),
    clockTime(one.startedAt),
    spanBetween(one.startedAt, one.endedAt),
    one.waitedForPeopleMs > 0 ? span(one.waitedForPeopleMs) : '',
    one.attempts,
    one.detail ?? '',
  ]);
  const columns = ['step', 'what', 'state', 'started (UTC)', 'took', 'waited for people'];
  return table({ caption: 'Every step', columns: [...columns, 'attempts', 'detail'], rows });
}
