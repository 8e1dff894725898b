// What people send to an incident, checked by hand: each message is one JSON object.
import { badInput, Failure } from '../failure.ts';
import { isRecord } from '../json.ts';
import { describeValue } from '../text/describe-value.ts';
import { noSuchField } from '../text/did-you-mean.ts';
import { NAME, NAME_ALLOWED, PERSON_ALLOWED, personIn } from '../text/names.ts';
import { severityIn, SEVERITIES, type Severity } from './severity.ts';

export const INCIDENT_MESSAGES = ['acknowledge', 'update', 'followUp', 'close'] as const;
export type IncidentMessageName = (typeof INCIDENT_MESSAGES)[number];

/** Sent by `fairlead hooks`, with the changes of state of alerts. */
export const ALERT_MESSAGE = 'alert';

/** All fields that a message may have; which belong to which is in FIELDS. */
export interface IncidentMessage {
  actor: string;
  note?: string;
  severity?: Severity;
  role?: string;
  person?: string;
  link?: string;
  cause?: string;
  mitigated?: string;
  resolution?: string;
  status?: string;
  handover?: string;
  decline?: string;
  review?: string;
  id?: number;
  text?: string;
  owner?: string;
  due?: string;
  done?: boolean;
  /** The day that it is due is over already, and that is meant. */
  past?: boolean;
}

type Field = keyof IncidentMessage;

export const LONGEST_TEXT = 2000;
const DAY = /^\d{4}-\d{2}-\d{2}$/;
const isText = (value: unknown): boolean =>
  typeof value === 'string' && value.trim() !== '' && value.length <= LONGEST_TEXT;
const isPerson = (value: unknown): boolean => personIn(value) !== undefined;

const TEXT = [isText, `a text of at most ${LONGEST_TEXT} characters`] as const;
const WHO = [isPerson, PERSON_ALLOWED] as const;

const RULES: Record<Field, readonly [(value: unknown) => boolean, string]> = {
  actor: WHO,
  note: TEXT,
  severity: [(value) => severityIn(value) !== undefined, SEVERITIES.join(', ')],
  role: [(value) => typeof value === 'string' && NAME.test(value), NAME_ALLOWED],
  person: WHO,
  link: [isLink, 'an http(s) address, or an operation such as deploy/shop/api/v2'],
  cause: TEXT,
  mitigated: TEXT,
  resolution: TEXT,
  status: TEXT,
  handover: WHO,
  decline: TEXT,
  review: TEXT,
  id: [(value) => Number.isInteger(value) && Number(value) > 0, 'the number of a follow-up'],
  text: TEXT,
  owner: WHO,
  due: [isDay, 'a day such as 2027-01-31'],
  done: [(value) => typeof value === 'boolean', 'true or false'],
  past: [(value) => typeof value === 'boolean', 'true or false'],
};

const FIELDS: Record<IncidentMessageName, readonly Field[]> = {
  acknowledge: ['actor', 'note'],
  update: [
    ...(['actor', 'note', 'severity', 'role', 'person', 'link', 'cause', 'mitigated'] as const),
    ...(['resolution', 'status', 'handover', 'decline', 'review'] as const),
  ],
  followUp: ['actor', 'id', 'text', 'owner', 'due', 'done', 'past'],
  close: ['actor', 'note', 'review'],
};

const EXAMPLES: Record<IncidentMessageName, string> = {
  acknowledge: '{"actor":"ana"}',
  update: '{"actor":"ana","note":"looks like the new index"}',
  followUp: '{"actor":"ana","text":"alert on the queue length","owner":"ben","due":"2027-01-31"}',
  close: '{"actor":"ana","review":"held on 31 January, see the wiki"}',
};

/** The fields whose texts people write: they are redacted before they are kept. */
export const WRITTEN_FIELDS = [
  ...(['note', 'cause', 'mitigated', 'resolution', 'status', 'decline', 'review', 'text'] as const),
  'link',
] as const satisfies readonly Field[];

function isLink(value: unknown): boolean {
  if (typeof value !== 'string' || value.length > 500 || /[\s\p{Cc}]/u.test(value)) return false;
  if (!/^[a-z]+:/.test(value)) return /^[A-Za-z][^"'\\]*\/[^"'\\]+$/.test(value);
  return /^https?:\/\/[^/?#@\s]+([/?#]|$)/.test(value);
}

/** A day that there is: no 30 February. */
function isDay(value: unknown): boolean {
  if (typeof value !== 'string' || !DAY.test(value)) return false;
  const ms = Date.parse(`${value}T00:00:00Z`);
  return !Number.isNaN(ms) && new Date(ms).toISOString().startsWith(value);
}

/** Throws a `Failure` BadInput with a sentence for every problem. */
export function parseIncidentMessage(name: IncidentMessageName, raw: unknown): IncidentMessage {
  const example = `for example ${EXAMPLES[name]}`;
  if (!isRecord(raw) || '$undecodable' in raw) {
    throw new Failure(
      'BadInput',
      `${name} takes one JSON object, not ${describeValue(raw)}; ${example}`,
    );
  }
  const problem = badInput(name, problemsIn(name, raw), example);
  if (problem !== null) throw problem;
  const { actor, person, owner, handover } = raw;
  const people = { person: personIn(person), owner: personIn(owner), handover: personIn(handover) };
  const written = Object.entries({ ...raw, ...people }).filter(([, value]) => value !== undefined);
  return { ...Object.fromEntries(written), actor: personIn(actor) ?? '' };
}

function problemsIn(name: IncidentMessageName, raw: Record<string, unknown>): string[] {
  const fields = FIELDS[name];
  const unknown = Object.keys(raw).filter((field) => !fields.some((one) => one === field));
  const sent = fields.filter((field) => raw[field] !== undefined);
  return [
    ...unknown.map((field) => noSuchField(field, fields)),
    ...(raw['actor'] === undefined ? ['needs actor, who you are'] : []),
    ...sent.flatMap((field) => {
      const [isAllowed, allowed] = RULES[field];
      const value = raw[field];
      return isAllowed(value) ? [] : [`${field} is ${describeValue(value)}, allowed: ${allowed}`];
    }),
    ...missingIn(name, raw),
  ];
}

function missingIn(name: IncidentMessageName, raw: Record<string, unknown>): string[] {
  const has = (field: Field): boolean => raw[field] !== undefined;
  if (name === 'followUp') {
    return has('text') || has('id') ? [] : ['needs text, or the id of one that is there'];
  }
  return name === 'update' ? missingInUpdate(has) : [];
}

function missingInUpdate(has: (field: Field) => boolean): string[] {
  const isEmpty = !FIELDS.update.some((field) => field !== 'actor' && has(field));
  const isLoose = has('role') && !has('person') && !has('handover');
  return [
    ...(isEmpty ? [`needs one of ${FIELDS.update.slice(1).join(', ')}`] : []),
    ...(has('person') && !has('role') ? ['needs role beside person: which one they get'] : []),
    ...(isLoose ? ['needs person or handover beside role: who gets it'] : []),
    ...(has('person') && has('handover') ? ['needs person or handover, not both'] : []),
  ];
}
