// What the workflow of an incident holds while it runs: the incident itself, and what is still to be written, told and looked at.
import type { Change, LineBody, News } from '../../domain/incident/change.ts';
import { Failure } from '../../domain/failure.ts';
import { isRecord, textAt } from '../../domain/json.ts';
import type { Incident } from '../../domain/incident/incident.ts';
import {
  EMPTY_TIMELINE,
  type TimelineHead,
  type TimelineLine,
} from '../../domain/incident/timeline.ts';

/** What goes on in the next run of the workflow. */
export interface Continued {
  incident: Incident;
  head: TimelineHead;
  /** The newest lines, for whoever asks. */
  tail: TimelineLine[];
  /** How many notices there were: their numbers are their names. */
  notices: number;
  /** When (ms) operations were last looked at. */
  lookedAt: number;
}

/** Is it what an earlier run of the workflow handed on? */
export function isContinued(value: unknown): value is Continued {
  if (!isRecord(value)) return false;
  const { incident, head, tail, notices, lookedAt } = value;
  const isIncident = textAt(incident, 'schema') === 'fairlead/incident/v1';
  const isHead = isRecord(head) && typeof head['count'] === 'number';
  const areNumbers = typeof notices === 'number' && typeof lookedAt === 'number';
  return isIncident && isHead && areNumbers && Array.isArray(tail);
}

/** The texts of one message, before anybody may see them. */
export interface Written {
  texts: string[];
  resolve: (shown: string[]) => void;
}

export interface Room extends Omit<Continued, 'incident'> {
  /** Undefined until it has begun. */
  incident: Incident | undefined;
  /** What waits for secrets to be taken out of it, oldest first. */
  written: Written[];
  isRedacting: boolean;
  unwritten: LineBody[];
  untold: News[];
  /** Somebody did something: operations are to be looked at. */
  wantsLook: boolean;
  /** It was opened by an alert that names a runbook, which is to be started. */
  wantsRunbook: boolean;
  /** What runs beside the main loop, and has to end before this run does. */
  busy: number;
  isWriting: boolean;
  /** Something has happened since the main loop last looked. */
  isStirred: boolean;
  /** What the Web UI shows of it, so that nothing is said twice. */
  shown: string;
  messages: number;
}

export const SHOWN_LINES = 50;

export function newRoom(from?: Continued): Room {
  return {
    ...{ head: EMPTY_TIMELINE, tail: [], notices: 0, lookedAt: 0 },
    ...{
      written: [],
      isRedacting: false,
      unwritten: [],
      untold: [],
      wantsLook: false,
      wantsRunbook: false,
      busy: 0,
      isWriting: false,
    },
    ...{ isStirred: true, messages: 0, shown: '' },
    ...from,
    incident: from?.incident,
  };
}

export function enter(room: Room, change: Change): void {
  const isNews = change.lines.length > 0 || change.news.length > 0;
  room.incident = change.incident;
  room.unwritten.push(...change.lines);
  room.untold.push(...change.news);
  if (isNews) room.isStirred = true;
}

/** The incident as it is now: whoever waits looks again afterwards, for another message may have changed it. */
export function presentOf({ incident }: Room): Incident {
  if (incident === undefined) throw new Failure('Broken', 'an incident that has not begun');
  return incident;
}
