// `fairlead completion SHELL`: the script that makes a shell complete verbs, options, systems, services, operations, gates.
import { resolve } from 'node:path';
import { Option, type Command } from 'commander';
import { EXIT, ExitError } from '../exit.ts';
import { SHELLS } from '../completion/shell-script.ts';

export function register(program: Command): void {
  program
    .command('completion')
    .argument('<shell...>', SHELLS.join(', '))
    .addOption(new Option('--words', 'what can follow these words').hideHelp())
    .description('print a script that makes a shell complete what you type')
    .addHelpText(
      'after',
      `
Examples:
  $ fairlead completion bash >> ~/.bashrc     # or: eval "$(fairlead completion bash)"
  $ fairlead completion zsh >> ~/.zshrc       # after compinit
  $ fairlead completion fish > ~/.config/fish/completions/fairlead.fish

From a clone, where it is started by npx: alias fairlead='npx fairlead'`,
    )
    .action(async (typed: string[], { words }: { words?: true }) => {
      process.stdout.write(await (words ? wordsAfter(program, typed) : scriptFor(typed)));
    });
}

async function scriptFor([named, ...others]: string[]): Promise<string> {
  const shell = SHELLS.find((one) => one === named);
  if (shell === undefined || others.length > 0) {
    throw new ExitError(
      EXIT.badInput,
      `the shell is "${[named, ...others].join(' ')}", allowed: ${SHELLS.join(', ')}`,
    );
  }
  const { shellScript } = await import('../completion/shell-script.ts');
  return shellScript(shell, [
    process.execPath,
    ...process.execArgv,
    resolve(process.argv[1] ?? ''),
  ]);
}

/** The scripts ask for these by `completion --words -- WORD ...`. */
async function wordsAfter(program: Command, typed: string[]): Promise<string> {
  const { completions } = await import('../completion/words.ts');
  const systems = process.env['FAIRLEAD_SYSTEMS'] || 'systems';
  const found = await completions(program, typed, systems).catch(() => []);
  return found.map((one) => `${one}\n`).join('');
}
