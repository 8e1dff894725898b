// What the query `status` of an incident answers, and what a list of incidents shows without asking any worker: its memo.
import { isRecord, textAt } from '../json.ts';
import type { TimelineLine } from './timeline.ts';
import { COMMANDER, INCIDENT, type Incident } from './incident.ts';
import { leftToDo } from './passing-time.ts';

export interface IncidentStatus extends Incident {
  /** The newest lines of its timeline. */
  timeline: TimelineLine[];
  /** How many lines there are. */
  lines: number;
  /** What keeps it from being closed. */
  left: string[];
}

export function statusOf(
  incident: Incident,
  timeline: TimelineLine[],
  lines: number,
): IncidentStatus {
  return { ...incident, timeline, lines, left: leftToDo(incident) };
}

/** What its workflow's memo says. */
export interface IncidentMemo {
  title: string;
  severity: string;
  phase: string;
  commander: string | null;
}

export function memoOf({ title, severity, phase, roles }: Incident): Record<string, IncidentMemo> {
  return { [INCIDENT]: { title, severity, phase, commander: roles[COMMANDER] ?? null } };
}

/** The memo of an incident as Temporal lists it; what is not there yet reads as unknown. */
export function memoIn(memo: unknown): IncidentMemo {
  const said = isRecord(memo) ? memo[INCIDENT] : undefined;
  return {
    title: textAt(said, 'title') ?? '',
    severity: textAt(said, 'severity') ?? '',
    phase: textAt(said, 'phase') ?? 'open',
    commander: textAt(said, 'commander') ?? null,
  };
}
