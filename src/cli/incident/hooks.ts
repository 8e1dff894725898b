// `fairlead hooks`: takes what Alertmanager posts. It becomes this process, so that a signal, or a kill, meets it and nothing is
// left behind.
import type { Command } from 'commander';
import { pathToFileURL } from 'node:url';
import { ownModule } from '../../machine/own-modules.ts';
import { dataFolder } from '../data-folder.ts';
import { ExitError } from '../exit.ts';
import { wholeNumber } from '../flags.ts';

interface Flags {
  port?: number;
  systems?: string;
  data?: string;
  tokenFile?: string;
  taskQueue?: string;
}

const EXAMPLES = `
Examples:
  $ fairlead hooks                     # beside "fairlead up"; http://127.0.0.1:9234/alerts/SYSTEM
  $ fairlead up --hooks-port 9234      # the same, as a part of up
  $ TEMPORAL_ADDRESS=temporal:7233 fairlead hooks --token-file /run/secrets/hooks-token

Alertmanager shows the token: authorization: {credentials_file: PATH}. Without --token-file and without
FAIRLEAD_HOOKS_TOKEN it is made in keys/hooks-token of the data folder. Which alerts open an incident, the
section "alerts" of a system file says. Exits with 2 for a bad configuration.`;

const VARIABLES: Record<keyof Flags, string> = {
  port: 'FAIRLEAD_HOOKS_PORT',
  systems: 'FAIRLEAD_SYSTEMS',
  data: 'FAIRLEAD_DATA',
  tokenFile: 'FAIRLEAD_HOOKS_TOKEN_FILE',
  taskQueue: 'FAIRLEAD_TASK_QUEUE',
};

export function register(program: Command): void {
  program
    .command('hooks')
    .description("take Alertmanager's alerts, and open incidents by them")
    .option(
      '--port <n>',
      'where it listens (FAIRLEAD_HOOKS_PORT, default 9234); 0 picks a free port',
      wholeNumber(0, 65_535),
    )
    .option('--systems <dir>', 'the folder of system files (FAIRLEAD_SYSTEMS, default systems)')
    .option('--data <dir>', 'the data folder, where the token lies (FAIRLEAD_DATA)')
    .option('--token-file <path>', 'the file with the token (FAIRLEAD_HOOKS_TOKEN_FILE)')
    .option('--task-queue <name>', 'that of the workers (FAIRLEAD_TASK_QUEUE, default fairlead)')
    .addHelpText('after', EXAMPLES)
    .action(hooks);
}

async function hooks(flags: Flags): Promise<void> {
  for (const [flag, value] of Object.entries(flags)) {
    if (value !== undefined) process.env[VARIABLES[flag as keyof Flags]] = String(value);
  }
  const { findAddress } = await import('../temporal/address.ts');
  const { connection, namespace, taskQueue, profile } = findAddress(process.env, process.cwd());
  process.env['TEMPORAL_ADDRESS'] = connection.address;
  if (profile !== undefined) process.env['TEMPORAL_CONFIG_FILE'] = profile;
  process.env['TEMPORAL_NAMESPACE'] = namespace;
  process.env['FAIRLEAD_TASK_QUEUE'] = taskQueue;
  process.env['FAIRLEAD_DATA'] = dataFolder(process.env, process.cwd());
  // Resolves when it has stopped, with its exit code set; what went wrong it has said itself.
  await (import(pathToFileURL(ownModule('hooks')).href) as Promise<unknown>);
  if (process.exitCode !== undefined && process.exitCode !== 0) {
    throw new ExitError(Number(process.exitCode), '');
  }
}
