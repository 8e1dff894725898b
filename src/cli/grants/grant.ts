// `fairlead grant postgres --print`: the least rights of the roles that Fairlead logs in with, as SQL. Reads the system files, asks
// no server and no worker.
import type { Command } from 'commander';
import { describeValue } from '../../domain/text/describe-value.ts';
import { withExamples } from '../command-options.ts';
import { EXIT, ExitError } from '../exit.ts';

interface GrantOptions {
  print?: boolean;
  systems?: string;
}

export function register(program: Command): void {
  const command = program
    .command('grant')
    .argument('<kind>', 'postgres')
    .argument('[target]', 'SYSTEM or SYSTEM/DATASTORE (default: every one there is)')
    .description('print the least rights of the logins of backups, recoveries and looks, as SQL')
    .option('--print', 'print it: nothing is run')
    .option('--systems <dir>', 'the folder of system files (FAIRLEAD_SYSTEMS, default systems)')
    .allowExcessArguments(false);
  withExamples(command, [
    'grant postgres --print',
    'grant postgres ledger/ledger --print > grants.sql',
  ]).action(async (kind: string, target: string | undefined, options: GrantOptions) => {
    if (kind !== 'postgres') {
      throw badInput(`grants for ${describeValue(kind)} are asked for, allowed: postgres`);
    }
    if (options.print !== true) throw badInput('grants are only printed: add --print');
    const { printGrants } = await import('./print-grants.ts');
    const dir = options.systems ?? process.env['FAIRLEAD_SYSTEMS'] ?? 'systems';
    await printGrants(dir, target);
  });
}

function badInput(message: string): ExitError {
  return new ExitError(EXIT.badInput, message);
}
