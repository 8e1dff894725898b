// What acceptBackup may be sent, checked by hand: its input comes from outside.
import { BACKUP_ID_ALLOWED, parseBackupId } from '../backup/backup-id.ts';
import { describeValue } from '../text/describe-value.ts';
import { noSuchField } from '../text/did-you-mean.ts';
import { badInput, Failure } from '../failure.ts';
import { isRecord } from '../json.ts';
import { PERSON_ALLOWED, personIn } from '../text/names.ts';

export interface AcceptRequest {
  backup: string;
  /** Why an odd one is fine: whoever restores it later wants to know. */
  reason: string;
  requestedBy: string;
}

const EXAMPLE =
  'send one JSON object, for example {"backup":"shop/orders/20261122T085126.123Z","reason":"the archive was emptied","requestedBy":"ana"}';

interface Rule {
  allowed: string;
  accepts: (value: unknown) => boolean;
}

const RULES: Record<keyof AcceptRequest, Rule> = {
  backup: {
    allowed: BACKUP_ID_ALLOWED,
    accepts: (value) => typeof value === 'string' && parseBackupId(value) !== undefined,
  },
  reason: {
    allowed: 'why it is fine, 1 to 2,000 characters',
    accepts: (value) => typeof value === 'string' && value.trim() !== '' && value.length <= 2000,
  },
  requestedBy: {
    allowed: PERSON_ALLOWED,
    accepts: (value) => personIn(value) !== undefined,
  },
};

/** Throws a `Failure` BadInput with a sentence. */
export function parseAccept(raw: unknown): AcceptRequest {
  if (!isRecord(raw)) {
    throw bad(`acceptBackup needs one JSON object, not ${describeValue(raw)}; ${EXAMPLE}`);
  }
  const unknown = Object.keys(raw)
    .filter((field) => !Object.hasOwn(RULES, field))
    .map((field) => noSuchField(field, Object.keys(RULES)));
  const wrong = Object.entries(RULES).flatMap(([field, { allowed, accepts }]) =>
    accepts(raw[field]) ? [] : [`${field} is ${describeValue(raw[field])}, allowed: ${allowed}`],
  );
  const problem = badInput('acceptBackup', [...unknown, ...wrong], wrong.length > 0 ? EXAMPLE : '');
  if (problem !== null) throw problem;
  const requestedBy = textIn(raw, 'requestedBy');
  return {
    backup: textIn(raw, 'backup'),
    reason: textIn(raw, 'reason'),
    requestedBy: personIn(requestedBy) ?? requestedBy,
  };
}

function textIn(raw: Record<string, unknown>, field: keyof AcceptRequest): string {
  // Every field was checked against its rule.
  const value = raw[field];
  return typeof value === 'string' ? value : '';
}

function bad(message: string): Failure {
  return new Failure('BadInput', message);
}
