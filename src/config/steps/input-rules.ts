// The inputs of a runbook of steps: their defaults, and the places where they are used.
import { allowedFor, inputNamed, inputValue } from '../../domain/steps/inputs.ts';
import { didYouMean } from '../../domain/text/did-you-mean.ts';
import { misplacedIn, placeholdersIn } from '../../domain/text/placeholders.ts';
import type { Path } from '../reading/located.ts';
import { listed, shown } from '../reading/wording.ts';
import type { Remark } from '../remark.ts';
import type { StepsRunbook } from './runbook-schema.ts';

export function defaultRemarks(inputs: StepsRunbook['inputs']): Remark[] {
  return Object.entries(inputs).flatMap(([name, input]) => {
    const values = [
      ...(input.default === undefined ? [] : [{ path: ['default'], value: input.default, input }]),
      ...(input.allowed ?? []).map((value, at) => ({
        ...{ path: ['allowed', at], value, input: { type: input.type } },
      })),
    ];
    return values.flatMap((one) => {
      const found = inputValue(one.input, one.value);
      if ('value' in found && found.value === one.value) return [];
      const message = `${shown(one.value)} is not allowed; write ${allowedFor(one.input)}`;
      return [{ path: ['inputs', name, ...one.path], message }];
    });
  });
}

/** Every `{{...}}` in the steps means an input that is declared. */
export function placeholderRemarks({ inputs, steps }: StepsRunbook): Remark[] {
  const known = Object.keys(inputs).map((name) => `inputs.${name}`);
  return textsIn(steps, ['steps']).flatMap(({ path, text }) => {
    // SQL has a mistake of its own for any of them.
    if (path.at(-1) === 'sql') return [];
    const lone = misplacedIn(text);
    if (lone !== undefined) return [{ path, message: `${shown(lone)} without its partner` }];
    return placeholdersIn(text).flatMap((name) => {
      const input = inputNamed(name);
      if (input !== undefined && Object.hasOwn(inputs, input)) return [];
      const message = `unknown placeholder {{${name}}}${didYouMean(name, known)}; replaced here: ${listed(known.map((one) => `{{${one}}}`))}`;
      return [{ path, message }];
    });
  });
}

function textsIn(value: unknown, path: Path): { path: Path; text: string }[] {
  if (typeof value === 'string') return [{ path, text: value }];
  if (Array.isArray(value)) {
    return value.flatMap((one: unknown, at) => textsIn(one, [...path, at]));
  }
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([key, one]) => textsIn(one, [...path, key]));
}
