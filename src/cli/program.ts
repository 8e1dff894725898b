// The whole command line as one commander program, with only the verbs that are needed loaded.
import { Command, CommanderError } from 'commander';
import { describeEnd } from './describe-end.ts';
import { EXIT } from './exit.ts';
import { groupOf, VERB_GROUPS } from './verbs.ts';
import { ownVersion } from './version.ts';

const CODES =
  'Exit codes: 0 done, 2 bad input, 3 failed or rolled back, 4 rejected or aborted, 5 no answer,\n' +
  '6 refused, 7 inconclusive, 8 needs a person, 9 still running, 130 Ctrl-C (the operation goes on).';

/** Runs one command; errors become one message through `complain`, and the exit code. */
export async function runProgram(
  args: readonly string[],
  complain: (text: string) => void,
): Promise<number> {
  try {
    const program = await createProgram(args[0], complain);
    if (args.length > 0) {
      await program.parseAsync(args, { from: 'user' });
      return EXIT.done;
    }
    program.outputHelp({ error: true });
    return EXIT.badInput;
  } catch (error) {
    // Commander has printed what was wrong (or the help that was asked for) already.
    if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT.done : EXIT.badInput;
    const { code, message } = describeEnd(error, process.env);
    if (message !== '') complain(`${message}\n`);
    return code;
  }
}

async function createProgram(
  verb: string | undefined,
  complain: (text: string) => void,
): Promise<Command> {
  // Set before the verbs are declared: they inherit it.
  const program = new Command('fairlead')
    .description('Operations runbooks that survive crashes, ask people and leave a record.')
    .version(ownVersion(), '--version', 'print the version of this command')
    .exitOverride()
    .configureOutput({ writeErr: complain })
    .showSuggestionAfterError()
    .showHelpAfterError('(see "fairlead --help" and "fairlead VERB --help")')
    .addHelpText('after', `\n${CODES}`);
  const group = groupOf(verb);
  for (const { load } of group === undefined ? VERB_GROUPS : [group]) {
    const { register } = await load();
    register(program);
  }
  for (const command of program.commands) {
    command.showHelpAfterError(`(see "fairlead ${command.name()} --help")`);
  }
  return program;
}
