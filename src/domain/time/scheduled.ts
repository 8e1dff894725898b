// How runbooks on the schedule stand: which was done when it was due, which was missed, which is left open. Zones are those of
// the runtime, so nothing here is asked in a workflow. Pure.
import type { ScheduledRunbook as Written } from '../../config/schedules.ts';
import { durationText } from '../text/duration-text.ts';
import { isOnDay } from './on-day.ts';
import { CATCH_UP_MS, MINUTE_MS } from './schedules.ts';
import { localDays, wallText } from './wall-clock.ts';

export type ScheduledState =
  'done' | 'notYet' | 'late' | 'open' | 'failed' | 'missed' | 'paused' | 'notKept';

export interface ScheduledRunbook {
  runbook: string;
  /** `run/shop/weekly` */
  operation: string;
  state: ScheduledState;
  /** How it stands, as words that go on after its name. */
  text: string;
  /** Somebody has to do something about it. */
  attention: boolean;
  /** When it was due last since its schedule is as it is, ISO 8601; null where it was not. */
  due: string | null;
}

/** What Temporal has of it. */
export interface ScheduledFound {
  kept: 'ours' | 'none' | 'foreign';
  /** When the schedule was made or changed last (ms). */
  since: number;
  paused: boolean;
  /** What somebody left with the pause. */
  note: string | null;
  /** For which times the schedule started it last (ms). */
  startedFor: readonly number[];
  /** The newest run, by schedule or by hand; null where Temporal knows of none. */
  newest: { startedAt: number; open: boolean; outcome: string } | null;
}

export interface JudgeScheduled {
  runbook: string;
  operation: string;
  when: Pick<Written, 'on' | 'months' | 'at' | 'zone' | 'within'>;
  found: ScheduledFound;
  /** ms */
  now: number;
}

const DAY_MS = 86_400_000;
/** How long one may be open where nothing is said. */
const WITHIN_MS = DAY_MS;
/** One of a year has been due within it. */
const LOOKS_BACK_MS = 400 * DAY_MS;
/** A server that is back starts what it missed within moments. */
const GRACE_MS = CATCH_UP_MS + 5 * MINUTE_MS;

type Judged = Pick<ScheduledRunbook, 'state' | 'text' | 'attention'>;

export function judgeScheduled(input: JudgeScheduled): ScheduledRunbook {
  const { runbook, operation, found } = input;
  const last = lastDue(input);
  const counts = found.kept === 'ours' && last !== undefined && last > found.since;
  const due = counts ? last : undefined;
  const judged = judge(input, due);
  const at = due === undefined ? null : new Date(due).toISOString();
  return { runbook, operation, ...judged, due: at };
}

function judge(input: JudgeScheduled, due: number | undefined): Judged {
  const { found, when } = input;
  if (found.kept !== 'ours') return notKept(found.kept);
  if (found.newest?.open === true) return open(input, found.newest.startedAt, due);
  const wasStarted = [...found.startedFor, found.newest?.startedAt ?? 0].some(
    (at) => at >= (due ?? found.since),
  );
  if (wasStarted) return ended(found, when);
  return due === undefined ? waiting(found) : notStarted(input, due);
}

function notKept(kept: 'none' | 'foreign'): Judged {
  const text =
    kept === 'none'
      ? 'has no schedule: fairlead schedules sync makes it'
      : 'has no schedule: somebody else made one of its name; delete or rename that one, then fairlead schedules sync';
  return { state: 'notKept', text, attention: true };
}

function open({ when, now }: JudgeScheduled, since: number, due: number | undefined): Judged {
  const { within = WITHIN_MS } = when;
  const begun = `is open since ${wall(since, when)}`;
  if (due !== undefined && since < due) {
    const again = `it was due again ${wall(due, when)}, and is not started while that one is open`;
    return { state: 'open', text: `${begun}; ${again}`, attention: true };
  }
  if (now - since <= within) return { state: 'open', text: begun, attention: false };
  const text = `${begun}, and was to be done within ${durationText(within)}`;
  return { state: 'open', text, attention: true };
}

/** It was started when it was due, or since, and is not open any more. */
function ended({ newest, startedFor }: ScheduledFound, when: JudgeScheduled['when']): Judged {
  if (newest === null) {
    const at = wall(Math.max(...startedFor), when);
    const text = `was started ${at}; Temporal does not know any more how it ended`;
    return { state: 'done', text, attention: false };
  }
  const at = wall(newest.startedAt, when);
  if (newest.outcome === 'succeeded')
    return { state: 'done', text: `done, begun ${at}`, attention: false };
  const text = `the one of ${at} ended ${newest.outcome}; begin it anew, or look at its report`;
  return { state: 'failed', text, attention: true };
}

function waiting({ paused, note }: ScheduledFound): Judged {
  if (paused) return { state: 'paused', text: `is paused${because(note)}`, attention: false };
  return { state: 'notYet', text: 'was not due yet', attention: false };
}

function notStarted({ found, when, now }: JudgeScheduled, due: number): Judged {
  const was = `was due ${wall(due, when)}`;
  if (found.paused) {
    const text = `${was} and is paused${because(found.note)}`;
    return { state: 'paused', text, attention: true };
  }
  if (now - due <= GRACE_MS)
    return { state: 'late', text: `${was} and is to be started at once`, attention: false };
  const text = `${was} and was not started: Temporal was down for longer than ${durationText(CATCH_UP_MS)}; start it by hand`;
  return { state: 'missed', text, attention: true };
}

function because(note: string | null): string {
  return note === null ? '' : ` (${note})`;
}

function wall(at: number, { zone = 'UTC' }: JudgeScheduled['when']): string {
  return wallText(at, zone);
}

/** When it was due last (ms); undefined where it was not for longer than a year. */
function lastDue({ when, now }: JudgeScheduled): number | undefined {
  const days = [...localDays(when.zone ?? 'UTC', now - LOOKS_BACK_MS, now)];
  return days
    .reverse()
    .filter((day) => isOnDay(when, day))
    .map((day) => day.at(when.at))
    .find((at) => at <= now);
}
