// Decides from the words that were typed what the last one may be: a verb, an option, a value of one, or an argument of
// some kind. Read off the commands as they are declared. Pure.
import type { Command, Option } from 'commander';

/** What is asked of the world, if anything: `fixed` words are known already. */
export interface Following {
  fixed: string[];
  kinds: Kind[];
  /** Arguments before, without options: the operation whose gates are meant is among them. */
  given: string[];
}

export type Kind =
  | 'systems'
  | 'services'
  | 'datastores'
  | 'operations'
  | 'gates'
  | 'runbooks'
  /** Inputs of the runbook of steps among the arguments, as `name=`. */
  | 'inputs'
  /** What the operation among the arguments asks a person for, and what it may be answered with. */
  | 'steps'
  | 'answers';

/** `words`: everything after `fairlead`; the last one is being typed, and may be empty. */
export function whatFollows(program: Command, words: readonly string[]): Following {
  const typed = words.at(-1) ?? '';
  const { command, rest } = commandOf(program, words.slice(0, -1));
  const { given, open } = argumentsIn(command, rest);
  if (open !== undefined) return { ...valuesOf(open), given };
  if (typed.startsWith('-')) return { fixed: flagsOf(command), kinds: [], given };
  const below = given.length === 0 ? command.commands.map((one) => one.name()) : [];
  const argument = command.registeredArguments[given.length] ?? variadicOf(command);
  const kinds = argument === undefined ? [] : kindsOf(`${argument.name()} ${argument.description}`);
  return { fixed: [...below, ...choicesOf(argument?.description ?? '')], kinds, given };
}

/** `bash, zsh, fish` */
function choicesOf(description: string): string[] {
  return /^\w+(?:, \w+)+$/.test(description) ? description.split(', ') : [];
}

function variadicOf({ registeredArguments }: Command) {
  const last = registeredArguments.at(-1);
  return last?.variadic === true ? last : undefined;
}

/** The command, or the command below it, that the first words name. */
function commandOf(
  program: Command,
  words: readonly string[],
): { command: Command; rest: readonly string[] } {
  const [first, ...rest] = words;
  const next = program.commands.find(
    (one) => one.name() === first || one.aliases().includes(first ?? ''),
  );
  return next === undefined ? { command: program, rest: words } : commandOf(next, rest);
}

/** Arguments that are typed whole, and the option whose value comes next. */
function argumentsIn(
  command: Command,
  words: readonly string[],
): { given: string[]; open?: Option } {
  const given: string[] = [];
  let open: Option | undefined;
  for (const word of words) {
    if (open !== undefined) open = undefined;
    else if (word.startsWith('-'))
      open = command.options.find(
        (one) => [one.long, one.short].includes(word) && (one.required || one.optional),
      );
    else given.push(word);
  }
  return { given, ...(open !== undefined && { open }) };
}

function flagsOf(command: Command): string[] {
  const own = command.options
    .filter((one) => !one.hidden)
    .map((one) => one.long ?? one.short ?? '');
  return [...own, '--help'];
}

const VALUES: Readonly<Record<string, string[]>> = {
  '--strategy': ['canary', 'blue-green'],
  '--format': ['md', 'html', 'json'],
};

const KIND_OF_VALUE: Readonly<Record<string, Kind[]>> = {
  '--gate': ['gates'],
  '--input': ['inputs'],
};

function valuesOf({ long, argChoices = [] }: Option): Omit<Following, 'given'> {
  const fixed = [...argChoices, ...(VALUES[long ?? ''] ?? [])];
  return { fixed, kinds: KIND_OF_VALUE[long ?? ''] ?? [] };
}

/** By the words that the help has for the argument. */
function kindsOf(description: string): Kind[] {
  const kinds: Kind[] = [];
  if (/^operation|an operation\b/.test(description)) kinds.push('operations');
  if (/^system\b|^what a system\b|\bSYSTEM or\b/.test(description)) kinds.push('systems');
  if (/SYSTEM\/SERVICE/.test(description)) kinds.push('services');
  if (/SYSTEM\/RUNBOOK/.test(description)) kinds.push('runbooks');
  if (/^step\b/.test(description)) kinds.push('steps');
  if (/^option\b/.test(description)) kinds.push('answers');
  if (/SYSTEM\/DATASTORE/.test(description)) kinds.push('datastores');
  return kinds;
}
