// How long the phases of an operation took, and how much of it was waiting for people: gates that were open,
// steps that were parked, pauses. Works on a record that was cut anywhere.
import type { EvidenceEntry } from './evidence.ts';
import { merge, overlap, type Interval } from '../time/intervals.ts';
import { recoveryPhases } from '../recovery/recovery-times.ts';
import type { Report } from './report.ts';

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
    ...recoveryTimings(entries, waits),
    ...phase('undo', undo, closed),
    ...phase('all', opened, closed),
  ];
}

/** The phases of a recovery, within its steps: what their time was spent on. */
function recoveryTimings(
  entries: readonly EvidenceEntry[],
  waits: readonly Interval[],
): Report['timings'] {
  const plan = entries.find((entry) => entry.type === 'planned')?.plan;
  return plan?.backups !== undefined ? recoveryPhases(entries, waits, plan) : [];
}

/** Which waits for people an entry begins and ends, by name. */
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
