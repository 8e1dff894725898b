// What a person sends to start an operation: one JSON object, checked by hand so that zod stays out of the
// workflow bundle. Unknown fields and wrong types get a sentence that says what is allowed.
import { BACKUP_ID_ALLOWED, parseBackupId } from '../backup/backup-id.ts';
import { badInput, Failure } from '../failure.ts';
import { isRecord } from '../json.ts';
import {
  NAME,
  NAME_ALLOWED,
  PERSON_ALLOWED,
  personIn,
  VERSION,
  VERSION_ALLOWED,
} from '../text/names.ts';
import { describeValue } from '../text/describe-value.ts';
import { noSuchField } from '../text/did-you-mean.ts';

/** What a field may be, and an example of it. */
interface Rule<Value> {
  allowed: string;
  accepts: (value: unknown) => value is Value;
  example: Value;
}

function text(pattern: RegExp, allowed: string, example: string): Rule<string> {
  return textThat((value) => pattern.test(value), allowed, example);
}

function textThat(
  isFine: (value: string) => boolean,
  allowed: string,
  example: string,
): Rule<string> {
  return {
    allowed,
    accepts: (value): value is string => typeof value === 'string' && isFine(value),
    example,
  };
}

function number(from: number, to: number, example: number): Rule<number> {
  return {
    allowed: `a number from ${from} to ${to}`,
    accepts: (value): value is number => typeof value === 'number' && value >= from && value <= to,
    example,
  };
}

function whole(from: number, to: number, example: number): Rule<number> {
  const { accepts } = number(from, to, example);
  return {
    allowed: `a whole number from ${from} to ${to}`,
    accepts: (value): value is number => Number.isInteger(value) && accepts(value),
    example,
  };
}

export const MOMENT_ALLOWED =
  'a time with its zone as in ISO 8601, such as 2026-11-22T08:00:00Z or 2026-11-22T09:00:00+01:00';
const MOMENT = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}(?::\d{2}(?:\.\d{1,3})?)?(?:Z|[+-]\d{2}:\d{2})$/;

export function isMoment(value: string): boolean {
  return MOMENT.test(value) && !Number.isNaN(Date.parse(value)) && isDay(value.slice(0, 10));
}

/** A day that the calendar has: `Date.parse` takes 30 February for a day in March. */
function isDay(day: string): boolean {
  return new Date(`${day}T00:00:00Z`).toISOString().startsWith(day);
}

type Scalars = Record<string, string | number | boolean>;

const MOST_SCALARS = 50;
const LONGEST_SCALAR = 1000;

/** A flat map of values. */
function scalars(example: Scalars): Rule<Scalars> {
  return {
    allowed: `a map of at most ${MOST_SCALARS} names, each with a text of at most ${LONGEST_SCALAR} characters, a number, true or false`,
    accepts: (value): value is Scalars =>
      isRecord(value) &&
      Object.keys(value).length <= MOST_SCALARS &&
      Object.entries(value).every(([name, one]) => NAME.test(name) && isScalar(one)),
    example,
  };
}

function isScalar(value: unknown): boolean {
  if (typeof value === 'string') return value.length <= LONGEST_SCALAR;
  return typeof value === 'boolean' || Number.isFinite(value);
}

const flag: Rule<boolean> = {
  allowed: 'true or false',
  accepts: (value) => typeof value === 'boolean',
  example: true,
};

/** How many replicas a request may ask for. */
export const REPLICAS = { fewest: 0, most: 64 } as const;

/** Every field that a request of some runbook may have. */
const FIELDS = {
  system: text(NAME, NAME_ALLOWED, 'shop'),
  service: text(NAME, NAME_ALLOWED, 'api'),
  version: text(VERSION, VERSION_ALLOWED, 'v2'),
  strategy: text(
    /^(canary|blue-green)$/,
    'canary or blue-green, as the workflow does it',
    'canary',
  ),
  reason: textThat((value) => value.length <= 2000, 'a text of at most 2,000 characters', 'why'),
  requestedBy: textThat((value) => personIn(value) !== undefined, PERSON_ALLOWED, 'ana'),
  dryRun: flag,
  autoPromote: flag,
  /** Percent. */
  initialWeight: number(0.1, 100, 5),
  percent: number(0, 100, 100),
  replicas: whole(REPLICAS.fewest, REPLICAS.most, 3),
  /** The version to go back to. */
  to: text(VERSION, VERSION_ALLOWED, 'v1'),
  /** The id of the revision to go back to, or to retire. */
  revision: text(VERSION, VERSION_ALLOWED, 'v1-0123456789'),
  /** How long to keep a revision, or the number of its replicas, first, in milliseconds. */
  delay: whole(0, 90 * 86_400_000, 0),
  /** To back up: one, and without it all primary ones. To prove: the newest good backup of it. */
  datastore: text(NAME, NAME_ALLOWED, 'orders'),
  /** The id of a backup, as the catalogue has it. */
  backup: textThat(
    (value) => parseBackupId(value) !== undefined,
    BACKUP_ID_ALLOWED,
    'shop/orders/20261122T085126.123Z',
  ),
  /** The name of a maintenance window of the system file; without it one opens at once. */
  window: text(NAME, NAME_ALLOWED, 'monthly'),
  /** How long a maintenance window lasts that opens at once, or more replicas are kept, in milliseconds. */
  lasts: whole(60_000, 86_400_000, 3_600_000),
  /** Waits for a change window instead of being refused outside of one. */
  waitForWindow: flag,
  /** Outside of the change windows: ask those who may let it through. */
  hotfix: flag,
  /** What a disaster recovery is to do; a drill is meant also without it. */
  mode: text(/^(drill|recover)$/, 'drill or recover', 'recover'),
  /** A recovery beside the live data, which it leaves alone. */
  beside: flag,
  /** A recovery takes the newest backup with a recovery point that is not after this time. */
  at: textThat(isMoment, MOMENT_ALLOWED, '2026-11-22T08:00:00Z'),
  /** A recovery takes no backup with a recovery point after this time: what harmed the data may be in it. */
  corruptedSince: textThat(isMoment, MOMENT_ALLOWED, '2026-11-22T08:00:00Z'),
  /** What somebody else restored: a path on the worker's machine, or the name of a place beside the live data. */
  adopt: textThat(
    isNamedFile,
    "the name of a place beside the live data (a database, gen-7), or a path on the worker's machine with a / in it: an absolute one, or one inside the system's folder",
    'orders_restored',
  ),
  /** What held the datastore is gone: nothing of it is fenced or compared. */
  lost: flag,
  /** Where a datastore is restored whose own place is gone. */
  into: textThat(
    (value) => isNamedFile(value) && value.length <= 300,
    'a place: HOST:PORT or HOST:PORT/DATABASE of a server, or the path of a folder',
    '10.0.0.7:5432/orders',
  ),
  /** How bad it is, for people. */
  severity: text(/^P[0-3]$/, 'P0, P1, P2 or P3', 'P1'),
  /** How long what was restored beside is kept, in milliseconds. */
  keep: whole(60_000, 30 * 86_400_000, 86_400_000),
  /** The name of a runbook of steps. */
  runbook: text(NAME, NAME_ALLOWED, 'high-error-rate'),
  /** What a runbook of steps is given, by name. */
  inputs: scalars({ replicas: 10 }),
  /** Instead of a backup: a dump of `datastore` that is in no catalogue, by its path on the worker's machine. */
  file: textThat(
    isNamedFile,
    "a path on the worker's machine of at most 1,000 characters: an absolute one, or one inside the system's folder",
    'dumps/orders.dump',
  ),
} satisfies Record<string, Rule<string> | Rule<number> | Rule<boolean> | Rule<Scalars>>;

export type Field = keyof typeof FIELDS;

type ValueOf<Name extends Field> = (typeof FIELDS)[Name]['example'];

export type OperationRequest = { system: string } & {
  [Name in Exclude<Field, 'system'>]?: ValueOf<Name>;
};

/** What a request of one runbook may say, beside what every one may. */
export interface Asks {
  required: Field[];
  optional: Field[];
  /** Exactly one of them; the first one is the example. */
  oneOf?: [Field, Field];
  /** What is asked of a request that says `of`. */
  instead?: { of: Field; required: Field[]; optional: Field[] };
}

/** As much of a runbook as it takes to read a request for it: its workflow type, for sentences. */
export interface Asked {
  type: string;
  asks: Asks;
}

const COMMON: Field[] = ['system', 'reason', 'requestedBy', 'dryRun'];

function fieldsOf({ instead, ...asks }: Asks, raw: unknown): Asks {
  return instead !== undefined && isRecord(raw) && instead.of in raw ? instead : asks;
}

function isNamedFile(path: string): boolean {
  if (path === '' || path.length > 1000 || /\p{Cc}/u.test(path)) return false;
  return path.startsWith('/') || !path.split('/').includes('..');
}

/** Throws a `Failure` BadInput whose message has every problem: the field, its value and what is allowed. */
export function parseRequest(asked: Asked, raw: unknown): OperationRequest {
  const { type: kind, asks } = asked;
  const { required, optional, oneOf = [] } = fieldsOf(asks, raw);
  const known = [...new Set([...required, ...oneOf, ...COMMON, ...optional])];
  const example = `send one JSON object, for example ${exampleOf(asked)}`;
  if (!isRecord(raw)) {
    throw bad(`${kind} needs one JSON object, not ${describeValue(raw)}; ${example}`);
  }
  if ('$undecodable' in raw) {
    throw bad(
      `${kind} could not read its argument (${describeValue(raw.$undecodable)}); ${example}`,
    );
  }
  const wrong = Object.entries(raw).flatMap(([field, value]) => wrongIn(known, field, value));
  const missing = [
    ...required
      .filter((field) => !(field in raw))
      .map((field) => `needs ${field} (${FIELDS[field].allowed})`),
    ...oneOfMissing(raw, oneOf),
  ];
  const problem = badInput(kind, [...wrong, ...missing], missing.length > 0 ? example : '');
  if (problem !== null) throw problem;
  return ofOneSystem(kind, onlyKnown(raw, known));
}

function wrongIn(known: Field[], field: string, value: unknown): string[] {
  const rule = known.some((one) => one === field) ? ruleOf(field) : undefined;
  if (rule === undefined) {
    return [noSuchField(field, known)];
  }
  if (rule.accepts(value)) return [];
  return [`${field} is ${describeValue(value)}, allowed: ${rule.allowed}`];
}

function oneOfMissing(raw: Record<string, unknown>, oneOf: Field[]): string[] {
  const got = oneOf.filter((field) => raw[field] !== undefined).length;
  if (oneOf.length === 0 || got === 1) return [];
  return [`needs ${oneOf.join(' or ')}, and has ${got === 0 ? 'none' : 'both'}`];
}

/** A backup's name says whose it is. */
function ofOneSystem(kind: string, request: OperationRequest): OperationRequest {
  const { system, backup, datastore } = request;
  const name = backup === undefined ? undefined : parseBackupId(backup);
  if (name !== undefined && datastore !== undefined && name.datastore !== datastore) {
    const which = `backup is one of ${name.datastore}, and datastore is ${datastore}`;
    throw bad(`${kind}: ${which}; name one of them`);
  }
  const of = backup === undefined ? system : name?.system;
  if (of === system) return request;
  throw bad(
    `${kind}: backup is one of ${of ?? 'nobody'}, and system is ${system}; name one of them`,
  );
}

/** The object that starts an operation of this runbook, as text to copy. */
export function exampleOf({ asks }: Asked): string {
  const { required, oneOf = [] } = asks;
  return JSON.stringify(
    Object.fromEntries(
      [...required, ...oneOf.slice(0, 1)].map((field) => [field, FIELDS[field].example]),
    ),
  );
}

function onlyKnown(raw: Record<string, unknown>, known: Field[]): OperationRequest {
  // Every field was checked against its rule above; absent ones stay absent.
  const present = known.filter((field) => raw[field] !== undefined);
  const request: Record<string, unknown> = {};
  for (const field of present) {
    request[field] = field === 'requestedBy' ? personIn(raw[field]) : raw[field];
  }
  return request as unknown as OperationRequest;
}

function ruleOf(
  field: string,
): { allowed: string; accepts: (value: unknown) => boolean } | undefined {
  return Object.entries(FIELDS).find(([one]) => one === field)?.[1];
}

function bad(message: string): Failure {
  return new Failure('BadInput', message);
}
