// What changes an incident hands back: the incident as it is now, lines of its timeline, and what people are told.
import type { NoticeAnswer } from '../people/notice-facts.ts';
import { incidentWords, type Incident } from './incident.ts';

export type LineKind =
  | 'opened'
  | 'paged'
  | 'phase'
  | 'clock'
  | 'severity'
  | 'role'
  | 'handover'
  | 'note'
  | 'link'
  | 'alert'
  | 'operation'
  | 'followUp'
  | 'statusPage'
  | 'told'
  | 'reminder'
  | 'review'
  | 'closed';

/** A line of the timeline as it happens. */
export interface LineBody {
  kind: LineKind;
  /** ISO 8601, UTC: when it happened. */
  at: string;
  /** A person, a pipeline, `alertmanager`, or `fairlead` itself. */
  who: string;
  what: string;
  /** The address or the operation that it points to. */
  link?: string;
}

/** What people are told: one notice to each channel that wants its event. */
export interface News {
  event: 'paging' | 'incident' | 'statusPage';
  title: string;
  text: string;
  to: string[];
}

export interface Change {
  incident: Incident;
  lines: LineBody[];
  news: News[];
}

export const FAIRLEAD = 'fairlead';

export function news(
  incident: Incident,
  event: News['event'],
  what: string,
  to: string[] = [],
): News {
  return { event, title: `${incidentWords(incident)}: ${what}`, text: '', to };
}

/** One change after another. */
export function then(change: Change, next: (incident: Incident) => Change): Change {
  const after = next(change.incident);
  return {
    incident: after.incident,
    lines: [...change.lines, ...after.lines],
    news: [...change.news, ...after.news],
  };
}

export function unchanged(incident: Incident): Change {
  return { incident, lines: [], news: [] };
}

/** What an incident is answered with, for notices: the usual answer first. */
export function incidentAnswers({ incident, system, id, phase }: Incident): NoticeAnswer[] {
  const command = (verb: string, flags: string): string =>
    `fairlead incident ${verb} ${system}/${id} ${flags}`;
  const acknowledge = {
    message: 'acknowledge',
    means: 'I look at it',
    command: command('ack', '--as YOUR-NAME'),
    json: '{"actor":"YOUR-NAME"}',
  };
  const resolve = {
    message: 'update',
    means: 'it is over',
    command: command('update', '--as YOUR-NAME --resolution WHAT-HELPED'),
    json: '{"actor":"YOUR-NAME","resolution":"WHAT HELPED"}',
  };
  const close = {
    message: 'close',
    means: `everything about ${incident} is done`,
    command: command('close', '--as YOUR-NAME --review WHAT-CAME-OF-IT'),
    json: '{"actor":"YOUR-NAME","review":"WHAT CAME OF IT"}',
  };
  if (phase === 'open') return [acknowledge, resolve];
  if (phase === 'closed') return [];
  return phase === 'resolved' ? [close] : [resolve];
}
