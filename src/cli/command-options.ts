// The flags that every verb has, and how a verb shows its examples.
import { type Command, Option } from 'commander';

export interface CommonOptions {
  json?: boolean;
  as?: string;
  systems?: string;
}

export const SERVICE_ARGUMENT = 'SYSTEM/SERVICE, for example shop/api';
export const TARGET_ARGUMENT = 'SYSTEM or SYSTEM/SERVICE, for example shop or shop/api';
export const OPERATION_ARGUMENT =
  'an operation as "fairlead list" names it (deploy/shop/api/v2), its workflow or run id, or the address of its page';

/** For a verb that changes or answers something: who does is recorded. Unknown flags and surplus arguments are refused. */
export function withCommon(command: Command, examples: readonly string[]): Command {
  command.option('--as <name>', 'who you are (default: the user of this machine)');
  return withJson(command, examples);
}

/** For a verb that only looks. It takes `--as` too, so that one set of flags fits every verb, and says nothing of it. */
export function withLooking(command: Command, examples: readonly string[]): Command {
  command.addOption(new Option('--as <name>').hideHelp());
  return withJson(command, examples);
}

function withJson(command: Command, examples: readonly string[]): Command {
  command.option('--json', 'print the result as one JSON object on stdout');
  // Taken by every verb, as it always was: which folder it is, is the worker's business.
  const hasSystems = command.options.some(({ long }) => long === '--systems');
  if (!hasSystems) command.addOption(new Option('--systems <dir>').hideHelp());
  return withExamples(command.allowExcessArguments(false), examples);
}

export function withExamples(command: Command, examples: readonly string[]): Command {
  const lines = examples.map((line) => `  $ fairlead ${line}`);
  return command.addHelpText('after', `\nExamples:\n${lines.join('\n')}`);
}

export interface WaitOptions extends CommonOptions {
  wait?: boolean;
  timeout?: string;
  reason?: string;
  verbose?: boolean;
  dryRun?: boolean;
  format?: string;
}

/** For a verb that starts an operation. */
export function withWaiting(command: Command): Command {
  return command
    .option('--dry-run', 'only show the plan, and change nothing')
    .addOption(
      new Option(
        '--format <format>',
        'with --dry-run: commands to type where Fairlead is not there',
      )
        .choices(['plan', 'commands'])
        .default('plan'),
    )
    .option('--reason <text>', 'why, for the record')
    .option('--no-wait', 'start it and return at once')
    .option('--timeout <duration>', 'return with exit code 9 when it still runs after, say, 10m');
}

export interface WindowOptions {
  waitForWindow?: boolean;
  hotfix?: boolean;
}

/** For a verb that change windows hold. */
export function withWindows(command: Command): Command {
  return withHotfix(
    command.option('--wait-for-window', 'wait for the next change window instead of being refused'),
  );
}

/** For a verb that change windows hold at its first change, where it waits by itself. */
export function withHotfix(command: Command): Command {
  return command.option(
    '--hotfix',
    'while no window is open: ask those who may let it through (with --reason)',
  );
}

/** What a request says of change windows. Throws ExitError (2) for a hotfix without a reason. */
export async function windowFields({
  waitForWindow,
  hotfix,
  reason = '',
}: WindowOptions & Pick<WaitOptions, 'reason'>): Promise<WindowOptions> {
  if (hotfix === true && reason.trim() === '') {
    const { EXIT, ExitError } = await import('./exit.ts');
    throw new ExitError(
      EXIT.badInput,
      '--hotfix needs --reason: whoever lets it through wants to know why',
    );
  }
  return {
    ...(waitForWindow !== undefined && { waitForWindow }),
    ...(hotfix !== undefined && { hotfix }),
  };
}

/** For a verb that takes long and has many steps, which are told in a few lines unless all of them are asked for. */
export function withVerbose(command: Command): Command {
  return command.option('--verbose', 'every step and check, not only how it ends');
}
