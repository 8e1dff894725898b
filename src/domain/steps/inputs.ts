// Inputs of a runbook of steps: what was given, by the types that the runbook declares, and the texts of steps with them in
// place of `{{inputs.NAME}}`. Pure.
import type { StepInput } from '../../config/steps/runbook-schema.ts';
import { Failure } from '../failure.ts';
import { describeValue } from '../text/describe-value.ts';
import { didYouMean } from '../text/did-you-mean.ts';
import { replaced } from '../text/placeholders.ts';

export type InputValue = string | number | boolean;
export type Inputs = Readonly<Record<string, InputValue>>;

const PREFIX = 'inputs.';

/** The name of the input that a placeholder means; undefined where it means none. */
export function inputNamed(placeholder: string): string | undefined {
  return placeholder.startsWith(PREFIX) ? placeholder.slice(PREFIX.length) : undefined;
}

/**
 * What each declared input is. `given`: by name, texts from a command line too. Throws BadInput with every mistake: one that
 * is not declared, missing, of the wrong type, not allowed.
 */
export function inputsOf(
  runbook: string,
  declared: Readonly<Record<string, StepInput>>,
  given: Inputs,
): Inputs {
  const known = Object.keys(declared);
  const values: Record<string, InputValue> = {};
  const wrong = Object.keys(given).flatMap((name) =>
    Object.hasOwn(declared, name)
      ? []
      : [
          `there is no input ${describeValue(name)}${didYouMean(name, known)}; ${known.length === 0 ? 'it takes none' : `it takes ${known.join(', ')}`}`,
        ],
  );
  for (const [name, input] of Object.entries(declared)) {
    const value = Object.hasOwn(given, name) ? given[name] : input.default;
    const found = value === undefined ? { problem: 'is missing' } : inputValue(input, value);
    if ('problem' in found) wrong.push(`input ${name} ${found.problem}; give ${allowedFor(input)}`);
    else values[name] = found.value;
  }
  if (wrong.length > 0) throw new Failure('BadInput', `runbook ${runbook}: ${wrong.join('; ')}`);
  return values;
}

/** A value by the type of its input, or what is wrong with it. */
export function inputValue(
  input: Pick<StepInput, 'type' | 'allowed'>,
  given: InputValue,
): { value: InputValue } | { problem: string } {
  const value = typed(input.type, given);
  if (value === undefined) return { problem: `is ${describeValue(given)}` };
  const isAllowed = input.allowed === undefined || input.allowed.some((one) => one === value);
  return isAllowed ? { value } : { problem: `is ${describeValue(given)}` };
}

/** What an input may be, as a phrase. */
export function allowedFor({ type, allowed }: Pick<StepInput, 'type' | 'allowed'>): string {
  if (allowed !== undefined) return `one of ${allowed.join(', ')}`;
  return ALLOWED[type];
}

const ALLOWED: Record<StepInput['type'], string> = {
  text: 'a text of 1 to 1,000 characters on one line that does not begin with a hyphen',
  integer: 'a whole number',
  number: 'a number',
  boolean: 'true or false',
};

function typed(type: StepInput['type'], given: InputValue): InputValue | undefined {
  switch (type) {
    case 'text':
      return textIn(String(given));
    case 'integer':
      return integerIn(given);
    case 'number':
      return numberIn(given);
    case 'boolean':
      return typeof given === 'boolean' ? given : { true: true, false: false }[String(given)];
  }
}

/** What begins with a hyphen would be an option of the program that it is given to. */
function textIn(text: string): string | undefined {
  const isFine = text.length > 0 && text.length <= 1000 && !/^-|\p{Cc}/u.test(text);
  return isFine ? text : undefined;
}

function numberIn(given: InputValue): number | undefined {
  if (typeof given === 'boolean' || !/^-?\d{1,15}(\.\d{1,9})?$/.test(String(given)))
    return undefined;
  return Number(given);
}

function integerIn(given: InputValue): number | undefined {
  const number = numberIn(given);
  return Number.isSafeInteger(number) ? number : undefined;
}

/** A text with the inputs in it; `as` says how a value is written there. */
export function filledIn(
  text: string,
  inputs: Inputs,
  as: (value: string) => string = (value) => value,
): string {
  return replaced(text, (placeholder) => {
    const name = inputNamed(placeholder);
    const value = name === undefined || !Object.hasOwn(inputs, name) ? undefined : inputs[name];
    return value === undefined ? undefined : as(String(value));
  });
}
