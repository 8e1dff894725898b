// What people are told about an operation: made from plain facts, the same for every channel. Pure; the activity
// makes it, so that a word changed here is no changed workflow.
import { commandText } from '../text/command-text.ts';
import type { Channel, NoticeEvent } from '../../config/channel.ts';
import { gateSentence } from './answers.ts';
import { oneLine } from '../text/markdown.ts';
import { spanOf } from '../text/time-span.ts';
import { incidentCircumstances, incidentWords } from './incident-notice.ts';
import { answersOf } from './notice-answers.ts';
import type { NoticeAnswer, NoticeFacts, NoticeGate, NoticeSubject } from './notice-facts.ts';

/** Fields are added, never renamed. All texts are one line without control characters. */
export interface Notice {
  schema: 'fairlead/notice/v1';
  event: NoticeEvent;
  operation: string;
  runId: string;
  kind: string;
  system: string;
  at: string;
  title: string;
  text: string;
  fields: { name: string; value: string }[];
  /** What it can be answered with, the usual answer first; nothing for what has ended. */
  answers: NoticeAnswer[];
  /** The command that shows more. */
  look: string;
}

const LONGEST_TEXT = 1000;
const LONGEST_FIELD = 300;
const MOST_LEFTOVERS = 10;

/** The channels that want an event. */
export function channelsFor(
  channels: Record<string, Channel> | undefined,
  event: NoticeEvent,
): Record<string, Channel> {
  const wanted = Object.entries(channels ?? {}).filter(
    ([, { events }]) => events === undefined || events.some((one) => one === event),
  );
  return Object.fromEntries(wanted);
}

/** The facts with each text that people or tools wrote changed by `change`; Fairlead's own words stay as they are. */
export function changeTexts(facts: NoticeFacts, change: (text: string) => string): NoticeFacts {
  const { requestedBy, reason } = facts;
  return {
    ...facts,
    requestedBy: requestedBy === null ? null : change(requestedBy),
    reason: reason === null ? null : change(reason),
    subject: changedSubject(facts.subject, change),
  };
}

function changedSubject(subject: NoticeSubject, change: (text: string) => string): NoticeSubject {
  switch (subject.event) {
    case 'parked':
      return { ...subject, problem: change(subject.problem) };
    case 'asked':
    case 'told':
    case 'overdue':
      return { ...subject, text: change(subject.text) };
    case 'ended':
      return {
        ...subject,
        message: change(subject.message),
        leftovers: subject.leftovers.map(change),
      };
    case 'unproven':
    case 'proven':
      return { ...subject, why: subject.why.map(change) };
    case 'paging':
    case 'incident':
    case 'statusPage': {
      const { incident } = subject;
      return {
        ...subject,
        incident: { ...incident, title: change(incident.title), text: change(incident.text) },
      };
    }
    default:
      return subject;
  }
}

/** The name of a notice, unique in its run: `gate/weight-5#2`, `parked/weight-5`, `ended`. */
export function noticeKey(subject: NoticeSubject, count = 1): string {
  const about = 'step' in subject ? subject.step : 'gate' in subject ? subject.gate.id : undefined;
  if (about === undefined) return subject.event;
  return `${subject.event}/${about}${count === 1 ? '' : `#${count}`}`;
}

/** What somebody was to be told, for a report: `could not tell X that ...`. */
export function noticeWords(subject: NoticeSubject): string {
  switch (subject.event) {
    case 'gate':
      return `${subject.gate.id} waits for an answer`;
    case 'reminder':
      return `${subject.gate.id} still waits for an answer`;
    case 'escalation':
      return `${subject.gate.id} was escalated to ${subject.to.join(', ')}`;
    case 'parked':
      return `it is parked at ${subject.step}${escalatedTo(subject.to)}`;
    case 'asked':
      return `${subject.step} waits for a person${escalatedTo(subject.to)}`;
    case 'told':
      return `${subject.step}: ${subject.text}`;
    case 'ended':
      return `it ended: ${subject.outcome}`;
    case 'unproven':
    case 'proven':
      return `it is ${subject.event}`;
    case 'overdue':
      return subject.text;
    case 'paging':
    case 'incident':
    case 'statusPage':
      return subject.incident.title;
  }
}

export function noticeOf(facts: NoticeFacts): Notice {
  const { operation, runId, kind, system, at, subject } = facts;
  const { title, text, fields } = wordsOf(facts);
  return {
    schema: 'fairlead/notice/v1',
    event: subject.event,
    operation,
    runId,
    kind,
    system,
    at,
    title: short(title, LONGEST_FIELD),
    text: short(text, LONGEST_TEXT),
    fields: [...circumstances(facts), ...fields].map(({ name, value }) => ({
      name,
      value: short(value, LONGEST_FIELD),
    })),
    answers: answersOf(operation, subject),
    look: lookFor(facts),
  };
}

function lookFor({ operation, runId, system, subject }: NoticeFacts): string {
  switch (subject.event) {
    case 'ended':
      return commandText('report', operation, '--run', runId);
    case 'unproven':
    case 'proven':
    case 'overdue':
      return `fairlead health ${system} --detailed`;
    case 'paging':
    case 'incident':
    case 'statusPage':
      return subject.incident.look;
    default:
      return commandText('status', operation);
  }
}

type Field = Notice['fields'][number];

interface Words {
  title: string;
  text: string;
  fields: Field[];
}

function wordsOf({ operation, system, subject, at }: NoticeFacts): Words {
  switch (subject.event) {
    case 'parked':
      return {
        title: `${escalated(subject.to)}${operation} is parked at ${subject.step}`,
        text: `${subject.problem.replace(/[.\s]+$/, '')}. Nothing is changed until somebody answers.`,
        fields: [],
      };
    case 'asked': {
      const { step, kind, text, to } = subject;
      const what = kind === 'tick' ? 'somebody to do something' : 'a decision';
      return { title: `${escalated(to)}${operation} waits for ${what}: ${step}`, text, fields: [] };
    }
    case 'told':
      return { title: `${operation}: ${subject.step}`, text: subject.text, fields: [] };
    case 'overdue':
      return { title: `${operation} is overdue`, text: subject.text, fields: [] };
    case 'ended':
      return {
        title: `${operation} ended: ${subject.outcome}`,
        text: subject.message,
        fields: subject.leftovers
          .slice(0, MOST_LEFTOVERS)
          .map((value) => ({ name: 'Left over', value })),
      };
    case 'unproven':
    case 'proven':
      return recoveryWords(system, subject);
    case 'paging':
    case 'incident':
    case 'statusPage':
      return incidentWords(subject.incident);
    default:
      return {
        title: gateTitle(operation, subject),
        text: gateSentence(subject.gate),
        fields: gateFields(subject.gate, at),
      };
  }
}

function recoveryWords(
  system: string,
  { event, why }: Extract<NoticeSubject, { why: string[] }>,
): Words {
  const title = `${system} is ${event}`;
  const fields = why.map((value) => ({ name: 'Because', value }));
  return event === 'proven'
    ? {
        title,
        text: 'A drill has shown that it can be recovered, and its backups are fresh.',
        fields,
      }
    : { title, text: 'Nobody can show that it could be recovered now.', fields };
}

type GateSubject = Extract<NoticeSubject, { gate: NoticeGate }>;

function gateTitle(operation: string, { event, gate, to }: GateSubject): string {
  switch (event) {
    case 'gate':
      return `${operation} waits for approval of ${gate.id}`;
    case 'reminder':
      return `Reminder: ${operation} still waits for approval of ${gate.id}`;
    case 'escalation':
      return `${escalated(to)}${operation} still waits for approval of ${gate.id}`;
  }
}

function escalatedTo(to: readonly string[] = []): string {
  return to.length === 0 ? '' : `, escalated to ${to.join(', ')}`;
}

function escalated(to: readonly string[] = []): string {
  return to.length === 0 ? '' : `Escalated to ${to.join(', ')}: `;
}

/** A reminder tells of verdicts that are hours old: each says how old it is. */
function gateFields({ verdicts, policy }: NoticeGate, now: string): Field[] {
  const age = (at?: string): string =>
    at === undefined ? '' : ` (${spanOf(Math.max(0, Date.parse(now) - Date.parse(at)))} ago)`;
  const seen = verdicts.map(({ name, verdict, at }) => `${name}: ${verdict}${age(at)}`).join(', ');
  return [
    { name: 'Policy', value: policy },
    ...(seen === '' ? [] : [{ name: 'Verdicts', value: seen }]),
  ];
}

function circumstances({ system, requestedBy, reason, subject }: NoticeFacts): Field[] {
  if ('why' in subject || subject.event === 'overdue') return [{ name: 'System', value: system }];
  if ('incident' in subject) return incidentCircumstances(system, subject);
  return [
    { name: 'System', value: system },
    { name: 'Requested by', value: requestedBy ?? 'nobody known' },
    ...(reason === null ? [] : [{ name: 'Reason', value: reason }]),
  ];
}

function short(typed: string, most: number): string {
  const line = oneLine(typed).trim();
  return line.length > most ? `${line.slice(0, most)} …` : line;
}

/** Why something was not delivered, as one line of a report. */
export function shortReason(said: string): string {
  return short(said, LONGEST_FIELD);
}

/** The whole of it as plain lines: for a terminal and for mail. */
export function noticeText(notice: Notice): string {
  const answers = notice.answers.flatMap(({ message, means, command, json }) => [
    '',
    `${message}: ${means}`,
    `  ${command}`,
    `  ${json}`,
  ]);
  return [
    notice.text,
    '',
    ...notice.fields.map(({ name, value }) => `${name}: ${value}`),
    ...answers,
    '',
    `More: ${notice.look}`,
  ].join('\n');
}
