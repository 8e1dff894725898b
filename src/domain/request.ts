// What a person sends to start an operation: one JSON object, checked by hand so that zod stays out of the
// workflow bundle. Unknown fields and wrong types get a sentence that says what is allowed.
import { BACKUP_ID_ALLOWED, parseBackupId } from './backup-id.ts';
import { Failure } from './failure.ts';
import { isRecord } from './json.ts';
import { NAME, NAME_ALLOWED, PERSON, PERSON_ALLOWED, VERSION, VERSION_ALLOWED } from './names.ts';
import type { OperationKind } from './plan.ts';
import { describeValue } from './describe-value.ts';

export interface OperationRequest {
  system: string;
  service?: string;
  version?: string;
  strategy?: string;
  reason?: string;
  requestedBy?: string;
  dryRun?: boolean;
  autoPromote?: boolean;
  initialWeight?: number;
  percent?: number;
  replicas?: number;
  /** rollback: the version to go back to. */
  to?: string;
  /** rollback: the revision id to go back to. */
  revision?: string;
  /** retireRevision: how long to keep the revision first, in milliseconds. */
  delay?: number;
  /** backup: one datastore; without it, all primary ones. verifyBackup: the newest good backup of it. */
  datastore?: string;
  /** verifyBackup: its name, as the catalogue has it. */
  backup?: string;
  /** disasterRecovery: `drill`, also without it. */
  mode?: 'drill';
  /** verifyBackup, instead: a dump of `datastore` that is in no catalogue, by its path on the worker's machine. */
  file?: string;
}

type Field = keyof OperationRequest;

interface Rule {
  allowed: string;
  accepts: (value: unknown) => boolean;
}

const text = (pattern: RegExp, allowed: string): Rule => ({
  allowed,
  accepts: (value) => typeof value === 'string' && pattern.test(value),
});
const flag: Rule = { allowed: 'true or false', accepts: (value) => typeof value === 'boolean' };
const whole = (from: number, to: number): Rule => ({
  allowed: `a whole number from ${from} to ${to}`,
  accepts: (value) => Number.isInteger(value) && Number(value) >= from && Number(value) <= to,
});
const number = (from: number, to: number): Rule => ({
  allowed: `a number from ${from} to ${to}`,
  accepts: (value) => typeof value === 'number' && value >= from && value <= to,
});

const name = text(NAME, NAME_ALLOWED);
const version = text(VERSION, VERSION_ALLOWED);
const RULES: Record<Field, Rule> = {
  system: name,
  service: name,
  version,
  strategy: text(/^(canary|blue-green)$/, 'canary or blue-green, as the workflow does it'),
  reason: {
    allowed: 'a text of at most 2,000 characters',
    accepts: (value) => typeof value === 'string' && value.length <= 2000,
  },
  requestedBy: text(PERSON, PERSON_ALLOWED),
  dryRun: flag,
  autoPromote: flag,
  initialWeight: number(0.1, 100),
  percent: number(0, 100),
  replicas: whole(1, 64),
  to: version,
  revision: version,
  delay: whole(0, 90 * 86_400_000),
  datastore: name,
  backup: {
    allowed: BACKUP_ID_ALLOWED,
    accepts: (value) => typeof value === 'string' && parseBackupId(value) !== undefined,
  },
  mode: {
    allowed:
      'drill; a recovery into the live system is not there yet: take the backup from "fairlead backups SYSTEM" and restore it by hand',
    accepts: (value) => value === 'drill',
  },
  file: {
    allowed:
      "a path on the worker's machine of at most 1,000 characters: an absolute one, or one inside the system's folder",
    accepts: (value) => typeof value === 'string' && isNamedFile(value),
  },
};

const COMMON: Field[] = ['system', 'reason', 'requestedBy', 'dryRun'];

/** `oneOf`: exactly one of them; the first one is the example. */
const FIELDS: Record<
  OperationKind,
  { required: Field[]; optional: Field[]; oneOf?: [Field, Field] }
> = {
  canaryDeploy: {
    required: ['system', 'service', 'version'],
    optional: ['strategy', 'autoPromote', 'initialWeight'],
  },
  blueGreenDeploy: {
    required: ['system', 'service', 'version'],
    optional: ['strategy', 'autoPromote'],
  },
  rollback: { required: ['system', 'service'], optional: ['to', 'revision'] },
  stopTraffic: { required: ['system'], optional: ['service'] },
  admitTraffic: { required: ['system'], optional: ['service', 'percent'] },
  scaleService: { required: ['system', 'service', 'replicas'], optional: [] },
  restartService: { required: ['system', 'service'], optional: [] },
  retireRevision: { required: ['system', 'service', 'version', 'revision'], optional: ['delay'] },
  backup: { required: ['system'], optional: ['datastore'] },
  verifyBackup: { required: ['system'], optional: [], oneOf: ['datastore', 'backup'] },
  disasterRecovery: { required: ['system'], optional: ['mode'] },
};

/** A proof is of a backup, or of a file. */
const OF_A_FILE: (typeof FIELDS)[OperationKind] = {
  required: ['system', 'datastore', 'file'],
  optional: [],
};

function fieldsOf(kind: OperationKind, raw: unknown): (typeof FIELDS)[OperationKind] {
  const isOfFile = kind === 'verifyBackup' && isRecord(raw) && 'file' in raw;
  return isOfFile ? OF_A_FILE : FIELDS[kind];
}

function isNamedFile(path: string): boolean {
  if (path === '' || path.length > 1000 || /\p{Cc}/u.test(path)) return false;
  return path.startsWith('/') || !path.split('/').includes('..');
}

/** Throws a `Failure` BadInput whose message names the field, its value and what is allowed. */
export function parseRequest(kind: OperationKind, raw: unknown): OperationRequest {
  const { required, optional, oneOf = [] } = fieldsOf(kind, raw);
  const known = [...new Set([...required, ...oneOf, ...COMMON, ...optional])];
  const example = `send one JSON object, for example ${exampleOf(kind)}`;
  if (!isRecord(raw)) {
    throw bad(`${kind} needs one JSON object, not ${describeValue(raw)}; ${example}`);
  }
  if ('$undecodable' in raw) {
    throw bad(
      `${kind} could not read its argument (${describeValue(raw.$undecodable)}); ${example}`,
    );
  }
  for (const [field, value] of Object.entries(raw)) {
    const rule = known.some((one) => one === field) ? ruleOf(field) : undefined;
    if (rule === undefined) {
      throw bad(`${kind} has no field ${describeValue(field)}; it takes ${known.join(', ')}`);
    }
    if (!rule.accepts(value)) {
      throw bad(`${kind}: ${field} is ${describeValue(value)}, allowed: ${rule.allowed}`);
    }
  }
  const absent = required.find((field) => raw[field] === undefined);
  if (absent !== undefined)
    throw bad(`${kind} needs ${absent} (${RULES[absent].allowed}); ${example}`);
  checkOneOf(kind, raw, oneOf);
  return ofOneSystem(kind, onlyKnown(raw, known));
}

function checkOneOf(kind: OperationKind, raw: Record<string, unknown>, oneOf: Field[]): void {
  const got = oneOf.filter((field) => raw[field] !== undefined).length;
  if (oneOf.length === 0 || got === 1) return;
  const has = got === 0 ? 'none' : 'both';
  const example = `send one JSON object, for example ${exampleOf(kind)}`;
  throw bad(`${kind} needs ${oneOf.join(' or ')}, and has ${has}; ${example}`);
}

/** A backup's name says whose it is. */
function ofOneSystem(kind: OperationKind, request: OperationRequest): OperationRequest {
  const { system, backup } = request;
  const of = backup === undefined ? system : parseBackupId(backup)?.system;
  if (of === system) return request;
  throw bad(
    `${kind}: backup is one of ${of ?? 'nobody'}, and system is ${system}; name one of them`,
  );
}

/** The object that starts an operation of this kind, as text to copy. */
export function exampleOf(kind: OperationKind): string {
  const sample: Record<Field, unknown> = {
    system: 'shop',
    service: 'api',
    version: 'v2',
    strategy: 'canary',
    reason: 'why',
    requestedBy: 'ana',
    dryRun: true,
    autoPromote: true,
    initialWeight: 5,
    percent: 100,
    replicas: 3,
    to: 'v1',
    revision: 'v1-0123456789',
    delay: 0,
    datastore: 'orders',
    backup: 'shop/orders/20261122T085126.123Z',
    mode: 'drill',
    file: 'dumps/orders.dump',
  };
  const { required, oneOf = [] } = FIELDS[kind];
  return JSON.stringify(
    Object.fromEntries([...required, ...oneOf.slice(0, 1)].map((field) => [field, sample[field]])),
  );
}

function onlyKnown(raw: Record<string, unknown>, known: Field[]): OperationRequest {
  // Every field was checked against its rule above; absent ones stay absent.
  const present = known.filter((field) => raw[field] !== undefined);
  const request: Record<string, unknown> = {};
  for (const field of present) request[field] = raw[field];
  return request as unknown as OperationRequest;
}

function ruleOf(field: string): Rule | undefined {
  return Object.entries(RULES).find(([one]) => one === field)?.[1];
}

function bad(message: string): Failure {
  return new Failure('BadInput', message);
}
