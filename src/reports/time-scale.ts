// Where a moment of an operation stands on the time axis that all charts of its page share. When people were waited
// for most of the time, that time is drawn shorter: else an approval of a night hides seconds of work.
import type { Report } from '../domain/record/report.ts';

export interface TimeScale {
  from: number;
  to: number;
  /** 0 to 100; `null` for a time that cannot be read. */
  percentOf: (at: string | null) => number | null;
  ticks: { percent: number; label: string }[];
  /** In percent, where waiting is drawn shorter than it was; empty when it is not. */
  shortened: { from: number; to: number }[];
}

interface Stretch {
  from: number;
  to: number;
  /** Percent of the axis. */
  share: number;
}

const MOST_WAITING = 0.5;
const WAITING_SHARE = 25;
const STEPS = [
  1, 2, 5, 10, 20, 50, 100, 200, 500, 1e3, 2e3, 5e3, 10e3, 15e3, 30e3, 60e3, 120e3, 300e3, 600e3,
  900e3, 1800e3, 3600e3, 7200e3, 10_800e3, 21_600e3, 43_200e3, 86_400e3,
];

/** `null` when the report has no time at all. */
export function timeScale(report: Report): TimeScale | null {
  const times = momentsOf(report);
  const from = Date.parse(report.startedAt ?? '');
  const start = Number.isFinite(from) ? from : times.reduce((a, b) => Math.min(a, b), Infinity);
  const end = times.reduce((a, b) => Math.max(a, b), start + 1);
  if (!Number.isFinite(start)) return null;
  const stretches = stretchesOf(report, start, end);
  return {
    from: start,
    to: end,
    shortened: stretches.length > 1 ? bandsOf(stretches) : [],
    percentOf: (at) => {
      const time = Date.parse(at ?? '');
      return Number.isNaN(time) ? null : percentAt(stretches, time);
    },
    ticks: stretches.length > 1 ? evenTicks(stretches, start) : niceTicks(start, end),
  };
}

/** Not all of them: starts and ends of what is drawn. */
function momentsOf(report: Report): number[] {
  return [
    report.startedAt,
    report.endedAt,
    ...report.steps.flatMap((step) => [step.startedAt, step.endedAt]),
    ...report.weights.map((one) => one.at),
    ...(report.waits ?? []).map((one) => one.endedAt),
  ]
    .map((at) => Date.parse(at ?? ''))
    .filter(Number.isFinite);
}

function stretchesOf(report: Report, start: number, end: number): Stretch[] {
  const linear = [{ from: start, to: end, share: 100 }];
  const waits = (report.waits ?? [])
    .map((one) => ({ from: Date.parse(one.startedAt), to: Date.parse(one.endedAt) }))
    .filter((one) => one.from < one.to && one.from >= start && one.to <= end);
  const waited = waits.reduce((sum, one) => sum + one.to - one.from, 0);
  const worked = end - start - waited;
  if (waited <= (end - start) * MOST_WAITING || worked <= 0) return linear;
  const found: Stretch[] = [];
  let at = start;
  for (const wait of [...waits, { from: end, to: end }]) {
    const working = Math.max(0, wait.from - at);
    found.push({ from: at, to: wait.from, share: (working / worked) * (100 - WAITING_SHARE) });
    const share = ((wait.to - wait.from) / waited) * WAITING_SHARE;
    found.push({ ...wait, share });
    at = wait.to;
  }
  return found;
}

/** Working and waiting take turns. */
function bandsOf(stretches: readonly Stretch[]): { from: number; to: number }[] {
  let at = 0;
  return stretches.flatMap(({ share }, index) => {
    at += share;
    return index % 2 === 1 && share > 0 ? [{ from: at - share, to: at }] : [];
  });
}

function percentAt(stretches: readonly Stretch[], time: number): number {
  let percent = 0;
  for (const { from, to, share } of stretches) {
    if (time < to)
      return percent + (to > from ? Math.max(0, (time - from) / (to - from)) * share : 0);
    percent += share;
  }
  return Math.min(100, percent);
}

function niceTicks(start: number, end: number): TimeScale['ticks'] {
  const whole = end - start;
  const day = 86_400e3;
  const step = STEPS.find((one) => whole / one <= 6) ?? Math.ceil(whole / 6 / day) * day;
  return Array.from({ length: Math.floor(whole / step) + 1 }, (_, index) => ({
    percent: ((index * step) / whole) * 100,
    label: elapsed(index * step),
  }));
}

function evenTicks(stretches: readonly Stretch[], start: number): TimeScale['ticks'] {
  return [0, 25, 50, 75, 100].map((percent) => ({
    percent,
    label: elapsed(timeAt(stretches, percent) - start),
  }));
}

function timeAt(stretches: readonly Stretch[], percent: number): number {
  let left = percent;
  for (const { from, to, share } of stretches) {
    if (left <= share && share > 0) return from + (left / share) * (to - from);
    left -= share;
  }
  return stretches.at(-1)?.to ?? 0;
}

/** `0`, `200 ms`, `15 s`, `1 m 30 s`, `2 h`, `1 d 4 h`. */
export function elapsed(ms: number): string {
  if (ms === 0) return '0';
  if (ms < 1000) return `${Math.round(ms)} ms`;
  const seconds = ms < 10e3 ? Number((ms / 1000).toFixed(1)) : Math.round(ms / 1000);
  if (seconds < 60) return `${seconds} s`;
  if (seconds < 3600) return two(seconds, 60, 'm', 's');
  if (seconds < 86_400) return two(Math.round(seconds / 60), 60, 'h', 'm');
  return two(Math.round(seconds / 3600), 24, 'd', 'h');
}

function two(count: number, size: number, large: string, small: string): string {
  const rest = count % size;
  return `${Math.floor(count / size)} ${large}${rest === 0 ? '' : ` ${rest} ${small}`}`;
}

/** Two digits of a percent are enough for a chart. */
export function round(percent: number): number {
  return Math.round(percent * 100) / 100;
}
