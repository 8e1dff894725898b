// `fairlead worker`: a worker against the Temporal that TEMPORAL_ADDRESS and the like name.
// It becomes this process, so that a signal, or a kill, meets the worker itself and nothing is left behind.
import type { Command } from 'commander';
import { pathToFileURL } from 'node:url';
import { ownModule } from '../../machine/own-modules.ts';
import { ExitError } from '../exit.ts';

interface Flags {
  systems?: string;
  data?: string;
  taskQueue?: string;
}

const EXAMPLES = `
Examples:
  $ TEMPORAL_ADDRESS=temporal:7233 fairlead worker
  $ fairlead worker --systems /etc/fairlead/systems --task-queue fairlead-eu

The same as \`node dist/worker.js\`. Exits with 2 for a bad configuration, 5 when Temporal does not answer.`;

const VARIABLES: Record<keyof Flags, string> = {
  systems: 'FAIRLEAD_SYSTEMS',
  data: 'FAIRLEAD_DATA',
  taskQueue: 'FAIRLEAD_TASK_QUEUE',
};

export function register(program: Command): void {
  program
    .command('worker')
    .description('run a worker against TEMPORAL_ADDRESS')
    .option('--systems <dir>', 'the folder of system files (FAIRLEAD_SYSTEMS, default systems)')
    .option('--data <dir>', 'where evidence and reports are kept (FAIRLEAD_DATA)')
    .option('--task-queue <name>', 'what it listens to (FAIRLEAD_TASK_QUEUE, default fairlead)')
    .addHelpText('after', EXAMPLES)
    .action(async (flags: Flags) => {
      for (const flag of ['systems', 'data', 'taskQueue'] as const) {
        const value = flags[flag];
        if (value !== undefined) process.env[VARIABLES[flag]] = value;
      }
      // Resolves when the worker has stopped, with its exit code set; what went wrong it has said itself.
      await (import(pathToFileURL(ownModule('worker')).href) as Promise<unknown>);
      if (process.exitCode !== undefined && process.exitCode !== 0)
        throw new ExitError(Number(process.exitCode), '');
    });
}
