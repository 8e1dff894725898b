// The flags that every verb has, and how a verb shows its examples.
import type { Command } from 'commander';

export interface CommonOptions {
  json?: boolean;
  as?: string;
  systems?: string;
}

export const SERVICE_ARGUMENT = 'SYSTEM/SERVICE, for example shop/api';
export const TARGET_ARGUMENT = 'SYSTEM or SYSTEM/SERVICE, for example shop or shop/api';
export const OPERATION_ARGUMENT =
  'an operation as "fairlead list" names it, for example deploy/shop/api/v2';

/** Taken by every verb, so that one set of flags fits all of them; only what runs on the worker's side reads it. */
const SYSTEMS = "the folder of system files; it is the worker's, and nothing is read from it here";

/** Strict: unknown flags and surplus arguments are refused. */
export function withCommon(
  command: Command,
  examples: readonly string[],
  systems = SYSTEMS,
): Command {
  command
    .option('--json', 'print the result as one JSON object on stdout')
    .option('--as <name>', 'who you are (default: the user of this machine)')
    .option('--systems <dir>', systems)
    .allowExcessArguments(false);
  return withExamples(command, examples);
}

export function withExamples(command: Command, examples: readonly string[]): Command {
  const lines = examples.map((line) => `  $ fairlead ${line}`);
  return command.addHelpText('after', `\nExamples:\n${lines.join('\n')}`);
}

export interface WaitOptions extends CommonOptions {
  wait?: boolean;
  timeout?: string;
  reason?: string;
}

export function withWaiting(command: Command): Command {
  return command
    .option('--reason <text>', 'why, for the record')
    .option('--no-wait', 'start it and return at once')
    .option('--timeout <duration>', 'return with exit code 9 when it still runs after, say, 10m');
}
