// The flags that every verb has, and how a verb shows its examples.
import type { Command } from 'commander';

export interface CommonOptions {
  json?: boolean;
  as?: string;
  systems?: string;
}

/** Strict: unknown flags and surplus arguments are refused. */
export function withCommon(command: Command, examples: readonly string[]): Command {
  return command
    .option('--json', 'print the result as one JSON object on stdout')
    .option('--as <name>', 'who asks (default: the user of this machine)')
    .option(
      '--systems <dir>',
      "the worker's folder of system files (this command sends names only)",
    )
    .allowExcessArguments(false)
    .addHelpText(
      'after',
      `\nExamples:\n${examples.map((line) => `  $ fairlead ${line}`).join('\n')}`,
    );
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
