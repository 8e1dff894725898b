// The whole command line as one commander program, with only the verbs that are needed loaded.
import { Command, CommanderError } from 'commander';
import { ownVersion } from '../machine/own-modules.ts';
import { describeEnd } from './describe-end.ts';
import { EXIT, exitCodeLines } from './exit.ts';
import { nearest } from '../domain/text/did-you-mean.ts';
import { printFailure, shown, widthOfShown } from './output/print.ts';
import { groupOf, VERB_GROUPS } from './verbs.ts';

/** Runs one command; errors become one message through `complain`, and the exit code. */
export async function runProgram(
  args: readonly string[],
  complain: (text: string) => void,
): Promise<number> {
  const run = async (): Promise<number> => {
    const program = await createProgram(args[0], complain);
    if (args.length > 0) {
      await parse(program, args, complain);
      return EXIT.done;
    }
    program.outputHelp({ error: true });
    return EXIT.badInput;
  };
  return await exitCodeOf(run, complain, asksForJson(args) ? printFailure : undefined);
}

/** Runs the verb; where it takes a misspelt name of one below it for a SYSTEM or an OPERATION, the one that was meant is named. */
async function parse(
  program: Command,
  args: readonly string[],
  complain: (text: string) => void,
): Promise<void> {
  try {
    await program.parseAsync(args, { from: 'user' });
  } catch (error) {
    const isMistake =
      error instanceof CommanderError
        ? error.exitCode !== 0
        : describeEnd(error, process.env).code === EXIT.badInput;
    const meant = isMistake ? belowMeant(program, args) : '';
    if (meant !== '') complain(`${meant}\n`);
    throw error;
  }
}

/** `did you mean "fairlead backups accept"?`, or nothing. */
function belowMeant(program: Command, [verb = '', word = '']: readonly string[]): string {
  const below = program.commands.find((one) => one.name() === verb)?.commands ?? [];
  const near = nearest(
    word,
    below.map((one) => one.name()),
  );
  return near === undefined ? '' : `did you mean "fairlead ${verb} ${near}"?`;
}

function asksForJson(args: readonly string[]): boolean {
  const end = args.indexOf('--');
  return (end < 0 ? args : args.slice(0, end)).includes('--json');
}

/** The operation exists, and goes on: that is no failure. */
const GOES_ON: ReadonlySet<number> = new Set([EXIT.stillRunning, EXIT.interrupted]);

/** The exit code of a command: what it returns, or the code of what it throws, whose message goes to `complain` and to `print`. */
export async function exitCodeOf(
  command: () => Promise<number>,
  complain: (text: string) => void,
  print: (message: string, code: number) => void = () => undefined,
): Promise<number> {
  try {
    return await command();
  } catch (error) {
    // Commander has printed what was wrong (or the help that was asked for) already.
    if (error instanceof CommanderError) {
      if (error.exitCode === 0) return EXIT.done;
      print(error.message, EXIT.badInput);
      return EXIT.badInput;
    }
    const { code, message } = describeEnd(error, process.env);
    if (message === '') return code;
    complain(`${message}\n`);
    if (!GOES_ON.has(code)) print(message, code);
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
    // Without it the flags of `report verify` would be taken for those of `report`.
    .enablePositionalOptions()
    .configureHelp({
      minWidthToWrap: 24,
      // Every verb has options, and they would take the room of what it does.
      subcommandTerm: (command) => [command.name(), ...argumentsOf(command)].join(' '),
    })
    .configureOutput({
      getOutHelpWidth: () => widthOfShown(process.stdout.columns),
      getErrHelpWidth: () => widthOfShown(process.stderr.columns),
      writeErr: (text) => {
        complain(shown(text));
      },
      writeOut: (text) => {
        process.stdout.write(shown(text));
      },
    })
    .showSuggestionAfterError()
    .showHelpAfterError('(see "fairlead --help" and "fairlead VERB --help")')
    .addHelpText('after', `\n${exitCodeLines().join('\n')}`);
  const group = groupOf(verb);
  const all = group === undefined || group.looksAtAll === true;
  for (const { heading, load } of all ? VERB_GROUPS : [group]) {
    const { register } = await load();
    register(program.commandsGroup(heading));
  }
  for (const command of program.commands) helpOfCommand(command, `fairlead ${command.name()}`);
  return program;
}

function argumentsOf({ registeredArguments }: Command): string[] {
  return registeredArguments.map((one) => {
    const name = `${one.name()}${one.variadic ? '...' : ''}`;
    return one.required ? `<${name}>` : `[${name}]`;
  });
}

/** What the help of every verb says besides, also of those below it. */
function helpOfCommand(command: Command, name: string): void {
  command.showHelpAfterError(`(see "${name} --help")`);
  if (command.name() !== 'judge') command.addHelpText('after', `\n${exitCodeLines().join('\n')}`);
  for (const below of command.commands) helpOfCommand(below, `${name} ${below.name()}`);
}
