// What removeQuarantined may be sent, checked by hand: its input comes from outside.
import { badInput, Failure } from '../failure.ts';
import { isRecord } from '../json.ts';
import { describeValue } from '../text/describe-value.ts';
import { noSuchField } from '../text/did-you-mean.ts';
import { NAME, NAME_ALLOWED, PERSON_ALLOWED, personIn } from '../text/names.ts';

export interface RemoveQuarantinedRequest {
  system: string;
  datastore: string;
  /** As it is listed: `gen-1`, the name of a database. */
  name: string;
  requestedBy: string;
}

const EXAMPLE =
  'send one JSON object, for example {"system":"shop","datastore":"orders","name":"gen-1","requestedBy":"ana"}';

const RULES: Record<
  keyof RemoveQuarantinedRequest,
  { allowed: string; accepts: (value: unknown) => boolean }
> = {
  system: { allowed: NAME_ALLOWED, accepts: isName },
  datastore: { allowed: NAME_ALLOWED, accepts: isName },
  name: {
    allowed: 'a text of 1 to 63 characters, as the list of what is kept has it',
    accepts: (value) => typeof value === 'string' && value !== '' && value.length <= 63,
  },
  requestedBy: { allowed: PERSON_ALLOWED, accepts: (value) => personIn(value) !== undefined },
};

function isName(value: unknown): boolean {
  return typeof value === 'string' && NAME.test(value);
}

/** Throws a `Failure` BadInput with a sentence. */
export function parseRemoveQuarantined(raw: unknown): RemoveQuarantinedRequest {
  if (!isRecord(raw)) {
    const message = `removeQuarantined needs one JSON object, not ${describeValue(raw)}; ${EXAMPLE}`;
    throw new Failure('BadInput', message);
  }
  const unknown = Object.keys(raw)
    .filter((field) => !Object.hasOwn(RULES, field))
    .map((field) => noSuchField(field, Object.keys(RULES)));
  const wrong = Object.entries(RULES).flatMap(([field, { allowed, accepts }]) =>
    accepts(raw[field]) ? [] : [`${field} is ${describeValue(raw[field])}, allowed: ${allowed}`],
  );
  const problem = badInput('removeQuarantined', [...unknown, ...wrong], EXAMPLE);
  if (problem !== null) throw problem;
  const text = (field: keyof RemoveQuarantinedRequest): string => String(raw[field]);
  const [system, datastore, name] = [text('system'), text('datastore'), text('name')];
  return { system, datastore, name, requestedBy: personIn(raw['requestedBy']) ?? '' };
}
