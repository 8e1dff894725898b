// Names of messages and fields, which Temporal's users see, as the verbs and flags that were typed.
import { verbOf } from '../domain/people/answers.ts';
import { Failure } from '../domain/failure.ts';

const FLAGS: Record<string, string> = {
  actor: '--as',
  requestedBy: '--as',
  version: 'VERSION',
  replicas: 'REPLICAS',
  system: 'SYSTEM',
  service: 'SERVICE',
  datastore: 'DATASTORE',
  backup: 'BACKUP',
};

export function withVerbs(sentence: string): string {
  return sentence.replace(/\b(retryStep|skipStep)\b/g, verbOf);
}

/** Runs `parse`; its Failure names the flag instead of the field: `--initial-weight is 0, allowed: ...`. */
export function inWords<T>(parse: () => T): T {
  try {
    return parse();
  } catch (error) {
    if (error instanceof Failure) throw new Failure(error.kind, flagWords(error.message));
    throw error;
  }
}

/** JSON as an example is for whoever sends it. */
const JSON_EXAMPLE = /; (?:send one JSON object, )?for example \{.*\}$/;

export function flagWords(message: string): string {
  const own = message.replace(/^[A-Za-z]+: (?=\(1\) |[A-Za-z]+ is )/, '').replace(JSON_EXAMPLE, '');
  if (own === message) return message;
  return own.replace(
    /(^|\(\d+\) )([A-Za-z]+) is /g,
    (_, before: string, field: string) => `${before}${FLAGS[field] ?? `--${kebab(field)}`} is `,
  );
}

function kebab(field: string): string {
  return field.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
}
