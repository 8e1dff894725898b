// Prints a plan as a page of commands that a person could type where Fairlead is not there. No operation is started.
import { textAt } from '../../domain/json.ts';
import type { CommonOptions } from '../command-options.ts';
import { EXIT, ExitError } from '../exit.ts';
import { printJson, printText } from '../output/print.ts';
import type { Temporal } from '../temporal/connect.ts';
import { inspect } from '../temporal/inspect.ts';
import { typeAsked, type RunbookChoice } from './check-start.ts';
import type { Fields } from './in-its-place.ts';

/** Throws ExitError: 2 without --dry-run, and whatever the worker says keeps a plan from being made. */
export async function sayCommands(
  temporal: Temporal,
  choice: RunbookChoice,
  asked: Fields,
  options: CommonOptions,
): Promise<void> {
  if (asked['dryRun'] !== true) {
    const message = '--format commands prints a plan and carries nothing out: add --dry-run';
    throw new ExitError(EXIT.badInput, message);
  }
  const { system } = asked;
  // Nobody asks for the reason before an operation keeps it, redacted.
  const { reason: _, ...request } = asked;
  const answer = await inspect(temporal, {
    ...(typeof system === 'string' && { system }),
    commands: { type: typeAsked(choice), request },
  });
  if (options.json === true) printJson(answer);
  else printText(textAt(answer, 'commands') ?? '');
}
