#!/usr/bin/env node
// The command line's entry: finds the verb, loads only what it needs, and turns whatever is thrown into one
// message on stderr and an exit code.
import { Command, CommanderError } from 'commander';
import { EXIT } from './cli/exit.ts';
import { describeEnd } from './cli/describe-end.ts';
import { groupOf, VERB_GROUPS } from './cli/verbs.ts';

async function main(): Promise<number> {
  const program = new Command('fairlead')
    .description('Operations runbooks that survive crashes, ask people and leave a record.')
    .exitOverride()
    .showSuggestionAfterError()
    .showHelpAfterError('(see "fairlead --help" and "fairlead VERB --help")')
    .addHelpText(
      'after',
      '\nExit codes: 0 done, 2 bad input, 3 failed or rolled back, 4 rejected or aborted, 5 no answer,\n6 refused, 7 inconclusive, 8 needs a person, 9 still running, 130 Ctrl-C (the operation goes on).',
    );
  const group = groupOf(process.argv[2]);
  for (const { load } of group === undefined ? VERB_GROUPS : [group]) {
    const { register } = await load();
    register(program);
  }
  for (const command of program.commands) {
    command.exitOverride().showHelpAfterError(`(see "fairlead ${command.name()} --help")`);
  }
  if (process.argv.length <= 2) {
    program.outputHelp({ error: true });
    return EXIT.badInput;
  }
  await program.parseAsync();
  return EXIT.done;
}

async function run(): Promise<number> {
  try {
    return await main();
  } catch (error) {
    // Commander has printed what was wrong (or the help that was asked for) already.
    if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT.done : EXIT.badInput;
    const { code, message } = describeEnd(error, process.env);
    if (message !== '') process.stderr.write(`${message}\n`);
    return code;
  }
}

const code = await run();
// What was written has to be out before the process ends, and nothing left open may keep it.
process.stdout.write('', () => process.stderr.write('', () => process.exit(code)));
