// How what goes back to a workflow loses its secrets. Where they cannot be looked up, no text goes back at all:
// a file that is missing on one worker must neither let a secret out nor hold up an undo.
import { changeText } from '../domain/text/free-text.ts';
import type { SecretSource } from '../domain/loaded-system.ts';
import type { Redactor } from '../ports/redactor.ts';

export type Redaction = <T>(value: T) => T;

/** `source` is null as long as the system is not loaded; `names` are left as they are. Never throws. */
export async function redactionOf(
  redactor: Redactor,
  source: SecretSource | null | (() => Promise<SecretSource>),
  names: readonly string[],
): Promise<Redaction> {
  const why = await problemOf(redactor, source);
  if (why === undefined) return (value) => redactor.redact(value, names);
  return (value) => changeText(value, (text) => (text === '' ? '' : `[not shown: ${why}]`));
}

async function problemOf(
  redactor: Redactor,
  source: SecretSource | null | (() => Promise<SecretSource>),
): Promise<string | undefined> {
  if (source === null) return 'the system was not loaded, so nobody knows its secrets';
  try {
    await redactor.learn(typeof source === 'function' ? await source() : source);
    return undefined;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}
