// How long the phases of an operation took, and how much of it was waiting for people: gates that were open,
// steps that were parked, pauses. Works on a record that was cut anywhere.
import type { EvidenceEntry } from './evidence.ts';
import type { Report } from './report.ts';

/** Milliseconds since 1970, half open. */
export interface Interval {
  from: number;
  to: number;
}

const ANSWERS: ReadonlySet<string> = new Set(['retryStep', 'skipStep', 'adopt', 'abort']);

/** The times at which the operation waited for somebody, merged and in order. */
export function waitsForPeople(entries: readonly EvidenceEntry[]): Interval[] {
  const open = new Map<string, number>();
  const found: Interval[] = [];
  const close = (key: string, at: number): void => {
    const from = open.get(key);
    if (from !== undefined) found.push({ from, to: at });
    open.delete(key);
  };
  for (const entry of entries) {
    const at = Date.parse(entry.at);
    const { opens, closes } = edges(entry);
    for (const key of closes === 'all' ? [...open.keys()] : closes) close(key, at);
    if (opens !== undefined && !open.has(opens)) open.set(opens, at);
  }
  const end = Date.parse(entries.at(-1)?.at ?? '');
  for (const key of [...open.keys()]) close(key, end);
  return merge(found);
}

/** Milliseconds of `[from, to)` inside the intervals; 0 where a time is unknown. */
export function overlap(
  intervals: readonly Interval[],
  from: string | null,
  to: string | null | undefined,
): number {
  const start = Date.parse(from ?? '');
  const end = Date.parse(to ?? '');
  if (Number.isNaN(start) || Number.isNaN(end)) return 0;
  return intervals.reduce(
    (sum, one) => sum + Math.max(0, Math.min(one.to, end) - Math.max(one.from, start)),
    0,
  );
}

/** The phases: planning (until the plan stands), steps, undo; and all of it. */
export function timingsOf(
  entries: readonly EvidenceEntry[],
  waits: readonly Interval[],
): Report['timings'] {
  const opened = entries[0]?.at;
  if (opened === undefined) return [];
  const firstAt = (type: EvidenceEntry['type']): string | null =>
    entries.find((entry) => entry.type === type)?.at ?? null;
  const [planned, undo, closed] = [firstAt('planned'), firstAt('undo'), firstAt('closed')];
  const last = closed ?? entries.at(-1)?.at;
  const phase = (name: string, startedAt: string | null, endedAt: string | null) =>
    startedAt === null
      ? []
      : [
          {
            phase: name,
            startedAt,
            endedAt,
            waitedForPeopleMs: overlap(waits, startedAt, endedAt ?? last),
          },
        ];
  return [
    ...phase('planning', opened, planned ?? closed),
    ...phase('steps', planned, undo ?? closed),
    ...phase('undo', undo, closed),
    ...phase('all', opened, closed),
  ];
}

function edges(entry: EvidenceEntry): { opens?: string; closes: string[] | 'all' } {
  switch (entry.type) {
    case 'gate':
      return { opens: `gate ${entry.gate}`, closes: [] };
    case 'decision':
      return { closes: entry.final ? [`gate ${entry.gate}`] : [] };
    case 'parked':
      return { opens: 'parked', closes: [] };
    case 'step':
      return { closes: ['parked'] };
    case 'message':
      return entry.accepted ? messageEdges(entry.name) : { closes: [] };
    case 'undo':
    case 'closed':
      return { closes: 'all' };
    default:
      return { closes: [] };
  }
}

function messageEdges(name: string): { opens?: string; closes: string[] } {
  if (name === 'pause') return { opens: 'paused', closes: [] };
  if (name === 'resume') return { closes: ['paused'] };
  return { closes: ANSWERS.has(name) ? ['parked'] : [] };
}

function merge(intervals: readonly Interval[]): Interval[] {
  const merged: Interval[] = [];
  for (const one of intervals.toSorted((a, b) => a.from - b.from)) {
    const last = merged.at(-1);
    if (last !== undefined && one.from <= last.to) last.to = Math.max(last.to, one.to);
    else merged.push({ ...one });
  }
  return merged;
}
