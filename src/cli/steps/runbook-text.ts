// What is typed of runbooks of steps, and how they are listed.
import { describeValue } from '../../domain/text/describe-value.ts';
import { isRecord, textAt } from '../../domain/json.ts';
import { NAME, NAME_ALLOWED } from '../../domain/text/names.ts';
import { EXIT, ExitError } from '../exit.ts';
import { systemName } from '../ids.ts';
import { columns } from '../output/print.ts';

/** `shop/high-error-rate`. */
export function runbookTarget(text: string): { system: string; runbook: string } {
  const [system = '', runbook, ...rest] = text.split('/');
  if (runbook === undefined || rest.length > 0) {
    throw notAllowed('the runbook', text, `SYSTEM/RUNBOOK, for example ${system}/high-error-rate`);
  }
  if (!NAME.test(runbook)) throw notAllowed('RUNBOOK', runbook, NAME_ALLOWED);
  return { system: systemName(system), runbook };
}

/** `replicas=10`, each. Undefined for none. */
export function inputsIn(typed: readonly string[]): Record<string, string> | undefined {
  if (typed.length === 0) return undefined;
  const inputs: Record<string, string> = {};
  for (const one of typed) {
    const at = one.indexOf('=');
    const name = one.slice(0, Math.max(at, 0));
    if (!NAME.test(name)) {
      throw notAllowed('--input', one, 'NAME=VALUE, for example replicas=10');
    }
    if (Object.hasOwn(inputs, name)) {
      throw new ExitError(EXIT.badInput, `--input ${name} is there twice; give it once`);
    }
    inputs[name] = one.slice(at + 1);
  }
  return inputs;
}

/** A line for each runbook, with what it is given. */
export function runbookLines(system: string, answer: unknown): string[] {
  const found = isRecord(answer) && Array.isArray(answer['runbooks']) ? answer['runbooks'] : [];
  const rows = found.map((one: unknown) => {
    const problem = textAt(one, 'problem');
    const title =
      problem === undefined ? (textAt(one, 'title') ?? '') : `does not load: ${problem}`;
    return [`${system}/${textAt(one, 'name') ?? ''}`, title, inputWords(one)];
  });
  if (rows.length === 0) {
    return [`${system} has no runbooks: they are files in systems/${system}/runbooks`];
  }
  return columns([['RUNBOOK', 'WHAT FOR', 'INPUTS'], ...rows]);
}

function inputWords(one: unknown): string {
  const inputs = isRecord(one) && isRecord(one['inputs']) ? one['inputs'] : {};
  return Object.entries(inputs)
    .map(([name, input]) => {
      const value = isRecord(input) ? input['default'] : undefined;
      return value === undefined ? name : `${name}=${JSON.stringify(value)}`;
    })
    .join(' ');
}

function notAllowed(what: string, value: string, allowed: string): ExitError {
  return new ExitError(EXIT.badInput, `${what} is ${describeValue(value)}, allowed: ${allowed}`);
}
