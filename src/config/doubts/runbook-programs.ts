// Programs and scripts that the commands of a runbook of steps start and that are not there, seen from where `check` runs.
import { basename } from 'node:path';
import type { Path } from '../reading/located.ts';
import { under, type Remark } from '../remark.ts';
import type { StepsRunbook } from '../steps/runbook-schema.ts';
import { programMissing } from './missing-files.ts';

/** What a command is given to carry out; of other programs an argument may be a file that is yet to be made. */
const INTERPRETERS =
  /^(?:node|deno|bun|tsx|python\d*(?:\.\d+)?|ruby|perl|php|java|sh|bash|dash|zsh)$/;

/** `folder`: where the commands of its system are started. Paths from the root of the file. */
export async function runbookPrograms(
  { steps }: Pick<StepsRunbook, 'steps'>,
  folder: string,
  searchPath: string,
): Promise<Remark[]> {
  const found = commandsIn(steps, ['steps']).map(async ({ path, command }) => {
    const [program = '', ...args] = command;
    const isScript = INTERPRETERS.test(basename(program));
    // What an input is put into is known when it runs.
    const known = isScript ? args.filter((one) => !one.includes('{{')) : [];
    const said = await programMissing([program, ...known], folder, searchPath);
    return under(
      path,
      said.map((one) => withPlace(one, args, known)),
    );
  });
  return (await Promise.all(found)).flat();
}

/** The remark at the place of its argument among all of the arguments. */
function withPlace(remark: Remark, args: readonly string[], known: readonly string[]): Remark {
  const [key, at] = remark.path;
  if (key !== 'command' || typeof at !== 'number' || at === 0) return remark;
  return { ...remark, path: [key, args.indexOf(known[at - 1] ?? '') + 1] };
}

function commandsIn(value: unknown, path: Path): { path: Path; command: string[] }[] {
  if (Array.isArray(value)) {
    return value.flatMap((one: unknown, at) => commandsIn(one, [...path, at]));
  }
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([key, one]: [string, unknown]) =>
    key === 'command' && isCommand(one)
      ? [{ path, command: one }]
      : commandsIn(one, [...path, key]),
  );
}

function isCommand(value: unknown): value is string[] {
  return Array.isArray(value) && value.every((one) => typeof one === 'string');
}
