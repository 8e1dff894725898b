// `fairlead demo`: runs the demonstration that lies beside the package in a clone.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { Command } from 'commander';
import { OWN_PACKAGE } from '../../machine/own-modules.ts';
import { EXIT, ExitError } from '../exit.ts';

/** The demonstration's program, which lies beside src and dist alike. */
const PROGRAM = join(OWN_PACKAGE, 'demo', 'main.ts');

const EXAMPLES = `
Examples:
  $ fairlead demo
  $ fairlead demo --help      # what else it shows`;

export function register(program: Command): void {
  program
    .command('demo')
    .description('show it: a deploy under load, its worker killed, a bad version taken back')
    .argument('[what...]')
    // The demonstration has its own arguments and help.
    .allowUnknownOption()
    .helpOption(false)
    .addHelpText('after', EXAMPLES)
    .action((args: readonly string[]) => runDemonstration(PROGRAM, args));
}

/** The exit code: 2 where there is no demonstration (an installed package), else the program's own. */
export async function runDemonstration(program: string, args: readonly string[]): Promise<void> {
  if (!existsSync(program)) {
    throw new ExitError(
      EXIT.badInput,
      'the demonstration comes with the repository of Fairlead, not with the package: clone it, then "npm ci && npm run demo"',
    );
  }
  // In a session of its own: a Ctrl-C of the terminal reaches it once, through here.
  const child = spawn(
    process.execPath,
    ['--import', import.meta.resolve('tsx'), program, ...args],
    { stdio: 'inherit', detached: true },
  );
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
    process.on(signal, () => child.kill(signal));
  }
  await once(child, 'exit');
  // The demonstration has said everything itself.
  if (child.exitCode !== 0) throw new ExitError(child.exitCode ?? EXIT.failed, '');
}
