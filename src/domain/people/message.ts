// What people send to a running operation, checked by hand (see request.ts).
import { describeValue } from '../text/describe-value.ts';
import { noSuchField } from '../text/did-you-mean.ts';
import { badInput, Failure } from '../failure.ts';
import { PERSON_ALLOWED, personIn } from '../text/names.ts';

export interface Message {
  actor?: string;
  gate?: string;
  digest?: string;
  /** The run that an answer is for, which comes before its gate opens. */
  run?: string;
  /** Ed25519 over what is answered, base64. */
  signature?: string;
  /** Set by the workflow once the signature was checked; nobody can send it. */
  proved?: true;
  reason?: string;
  breakGlass?: string;
  full?: boolean;
  keep?: boolean;
  step?: string;
  /** Whom an operation is handed over to. */
  to?: string;
  /** To what a step asks a person to do or to choose. */
  note?: string;
  /** What is chosen. */
  option?: string;
}

type Field = Exclude<keyof Message, 'proved'>;

const FIELDS: Record<string, Field[]> = {
  approve: ['actor', 'gate', 'digest', 'run', 'signature', 'reason', 'breakGlass'],
  reject: ['actor', 'gate', 'digest', 'run', 'signature', 'reason'],
  promote: ['actor', 'full', 'reason'],
  pause: ['actor', 'reason'],
  resume: ['actor', 'reason'],
  retryStep: ['actor', 'step', 'reason'],
  skipStep: ['actor', 'step', 'reason'],
  adopt: ['actor', 'step', 'reason'],
  abort: ['actor', 'keep', 'reason'],
  handOver: ['actor', 'to', 'reason'],
  take: ['actor', 'reason'],
  tick: ['actor', 'step', 'note'],
  choose: ['actor', 'step', 'option', 'note'],
  preempt: ['actor'],
  thaw: ['actor', 'reason'],
};

const LONGEST_REASON = 2000;

const RULES: Record<Field, { allowed: string; accepts: (value: unknown) => boolean }> = {
  actor: {
    allowed: PERSON_ALLOWED,
    accepts: (value) => personIn(value) !== undefined,
  },
  to: {
    allowed: PERSON_ALLOWED,
    accepts: (value) => personIn(value) !== undefined,
  },
  gate: idRule('a gate id, as status shows it'),
  step: idRule('a step id, as status shows it'),
  run: idRule('a run id, as status shows it'),
  note: textRule(),
  option: idRule('an option of the question, as status shows them'),
  digest: {
    allowed: 'the 64 hex digits that status shows',
    accepts: (value) => typeof value === 'string' && /^[0-9a-f]{64}$/.test(value),
  },
  signature: {
    allowed: 'a signature, as `fairlead approve --print` prints it',
    accepts: (value) => typeof value === 'string' && /^[A-Za-z0-9+/]{86}==$/.test(value),
  },
  reason: textRule(),
  breakGlass: textRule(),
  full: flagRule(),
  keep: flagRule(),
};

/** The message in what somebody sent; nothing at all is an empty one. Throws a `Failure` BadInput with a sentence. */
export function parseMessage(name: string, raw: unknown): Message {
  const fields = FIELDS[name] ?? [];
  if (raw === undefined || raw === null) return {};
  if (typeof raw !== 'object' || Array.isArray(raw) || '$undecodable' in raw) {
    throw bad(
      `${name} takes one JSON object, not ${describeValue(raw)}; for example ${example(name)}`,
    );
  }
  const entries = Object.entries(raw);
  const problem = badInput(
    name,
    entries.flatMap(([field, value]) => wrongIn(fields, field, value)),
  );
  if (problem !== null) throw problem;
  return Object.fromEntries(entries.map(([field, value]) => [field, asKept(field, value)]));
}

function wrongIn(fields: readonly Field[], field: string, value: unknown): string[] {
  const known = fields.find((one) => one === field);
  if (known === undefined) {
    return [noSuchField(field, fields)];
  }
  const { accepts, allowed } = RULES[known];
  return accepts(value) ? [] : [`${field} is ${describeValue(value)}, allowed: ${allowed}`];
}

function asKept(field: string, value: unknown): unknown {
  return field === 'actor' || field === 'to' ? personIn(value) : value;
}

/** JSON to paste for a message. */
export function example(name: string, more: Message = {}): string {
  return JSON.stringify({
    actor: 'your-name',
    ...more,
    ...(name === 'abort' && { reason: 'why' }),
  });
}

function idRule(allowed: string) {
  return {
    allowed,
    accepts: (value: unknown) =>
      typeof value === 'string' && /^[A-Za-z0-9#._-]{1,160}$/.test(value),
  };
}

function textRule() {
  return {
    allowed: `a text of at most ${LONGEST_REASON} characters`,
    accepts: (value: unknown) => typeof value === 'string' && value.length <= LONGEST_REASON,
  };
}

function flagRule() {
  return { allowed: 'true or false', accepts: (value: unknown) => typeof value === 'boolean' };
}

function bad(message: string): Failure {
  return new Failure('BadInput', message);
}
