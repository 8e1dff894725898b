// The steps as bars over time, waiting for people apart. Of very many, one row shows all and rows those that matter.
import { span, spanBetween } from '../domain/text/markdown.ts';
import type { Report } from '../domain/record/report.ts';
import { titleOf } from '../domain/operation/step-title.ts';
import {
  badge,
  tableOf,
  timeIn,
  type BarLook,
  type Block,
  type Timeline,
  type Table,
} from './document.ts';
import { timeScale, type TimeScale } from './time-scale.ts';
import { counted, MANY, toneOf, waitedMs } from './wording.ts';

type Step = Report['steps'][number];
type Row = Timeline['rows'][number];
interface Bar {
  look: BarLook;
  from: number;
  to: number;
}

/** Percent; gaps that are narrower would not be seen. */
export const NARROWEST = 0.35;
/** Rows of a long timeline, though nothing strange happened. */
const AT_LEAST = 15;

export function timeline(report: Report): Block[] {
  const { steps } = report;
  const scale = timeScale(report);
  if (scale === null) return [];
  if (steps.length === 0) return [{ kind: 'paragraph', words: 'No step was begun.', quiet: true }];
  const shown = steps.length > MANY ? notable(steps) : steps;
  const left = steps.length - shown.length;
  const chart: Timeline = {
    kind: 'timeline',
    caption: `Steps over time${scale.shortened.length > 0 ? ', with the waiting drawn shorter than it was' : ''}`,
    ticks: scale.ticks,
    rows: [
      ...(left > 0 ? [overview(steps, scale)] : []),
      ...waitingRow(report, scale),
      ...shown.map((step) => row(step, report, scale)),
      ...undoRow(report, scale),
    ],
  };
  const passedOver = `${counted(left, 'step')} that ended well and took little time stand in the table only.`;
  const summary = `Every step with its details (${steps.length})`;
  const table = { kind: 'folded', summary, table: details(steps) } as const;
  const note = left > 0 ? { note: passedOver } : {};
  return [{ kind: 'figure', title: '', chart, swatches: SWATCHES, ...note, table }];
}

const SWATCHES = [
  { look: 'work', words: 'working' },
  { look: 'wait', words: 'waiting for people' },
  { look: 'bad', words: 'failed' },
  { look: 'warn', words: 'skipped or undone' },
];

function details(steps: readonly Step[]): Table {
  return tableOf('Every step', steps, {
    step: (one) => one.id,
    what: titleOf,
    state: (one) => badge(one.status),
    'started (UTC)': (one) => timeIn(one.startedAt),
    took: (one) => spanBetween(one.startedAt, one.endedAt),
    'waited for people': (one) => (one.waitedForPeopleMs > 0 ? span(one.waitedForPeopleMs) : ''),
    attempts: (one) => one.attempts,
    detail: (one) => one.detail ?? '',
  });
}

/** Steps that did not end well, were tried again or waited; then the longest. In order. */
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

/** All steps in one row; neighbours of one look are one bar. */
function overview(steps: readonly Step[], scale: TimeScale): Row {
  const bars: Bar[] = [];
  for (const step of steps) {
    const bar = barOf(step, scale);
    const last = bars.at(-1);
    if (last?.look === bar.look && bar.from - last.to < NARROWEST)
      last.to = Math.max(last.to, bar.to);
    else bars.push(bar);
  }
  // What is not simply work lies on top.
  const ordered = bars.toSorted((a, b) => Number(a.look !== 'work') - Number(b.look !== 'work'));
  return { name: `all ${counted(steps.length, 'step')}`, bars: ordered, took: '' };
}

function waitingRow(report: Report, scale: TimeScale): Row[] {
  const bars = waitBars(report, scale, { from: 0, to: 100 });
  if (bars.length === 0) return [];
  return [{ name: 'waiting for people', waiting: true, bars, took: span(waitedMs(report)) }];
}

/** Single undos have no times of their own; the phase has. */
function undoRow({ timings, undo }: Report, scale: TimeScale): Row[] {
  const phase = timings.find((one) => one.phase === 'undo');
  if (phase === undefined) return [];
  const bar = {
    look: 'warn' as const,
    from: scale.percentOf(phase.startedAt) ?? 0,
    to: scale.percentOf(phase.endedAt) ?? 100,
  };
  const title = `${counted(undo.length, 'step')} taken back`;
  const took = spanBetween(phase.startedAt, phase.endedAt);
  return [{ name: 'undo', title, bars: [bar], took }];
}

function row(step: Step, report: Report, scale: TimeScale): Row {
  const bar = barOf(step, scale);
  const waits = step.waitedForPeopleMs > 0 ? waitBars(report, scale, bar) : [];
  const took = spanBetween(step.startedAt, step.endedAt);
  return {
    name: step.id,
    state: step.status,
    title: titleOf(step),
    bars: [bar, ...waits],
    took: took === '' ? 'not ended' : took,
  };
}

/** The parts of all waits that lie within these percents. */
function waitBars({ waits = [] }: Report, scale: TimeScale, within: Omit<Bar, 'look'>): Bar[] {
  return waits
    .map((wait) => ({
      look: 'wait' as const,
      from: Math.max(within.from, scale.percentOf(wait.startedAt) ?? 0),
      to: Math.min(within.to, scale.percentOf(wait.endedAt) ?? 100),
    }))
    .filter(({ from, to }) => to >= from);
}

function barOf(step: Step, scale: TimeScale): Bar {
  const from = scale.percentOf(step.startedAt) ?? 0;
  const to = Math.max(from, scale.percentOf(step.endedAt) ?? 100);
  return { look: lookOf(step), from, to };
}

function lookOf(step: Step): BarLook {
  const tone = toneOf(step.status);
  return tone === 'bad' || tone === 'warn' ? tone : 'work';
}
