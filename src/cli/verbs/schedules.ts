// `fairlead schedules sync` and `fairlead schedules list`: Temporal's schedules as the system files ask for them.
import type { Command } from 'commander';
import { withLooking, withExamples, type CommonOptions } from '../command-options.ts';

interface SyncOptions extends CommonOptions {
  dryRun?: boolean;
}

export function register(program: Command): void {
  const schedules = program
    .command('schedules')
    .description("make Temporal's schedules match the system files, or list them");
  withExamples(schedules, ['schedules sync', 'schedules list']);
  const sync = schedules
    .command('sync')
    .argument('[system]', 'only this one (default: every system that the worker has)')
    .description('create, put right and remove what Fairlead keeps; a pause and a note are kept')
    .option('--dry-run', 'say what would be done, and change nothing');
  withLooking(sync, [
    'schedules sync',
    'schedules sync shop --dry-run',
    'schedules sync --json',
  ]).action(async (system: string | undefined, options: SyncOptions) => {
    const { systemName } = await import('../ids.ts');
    const { syncSchedules } = await import('../temporal/sync-schedules.ts');
    const only = system === undefined ? null : systemName(system);
    await syncSchedules(only, options);
  });
  const list = schedules
    .command('list')
    .description('what is started when, what is paused, how it went last; needs no worker');
  withLooking(list, ['schedules list', 'schedules list --json']).action(
    async (options: CommonOptions) => {
      const { listSchedules } = await import('../temporal/list-schedules.ts');
      await listSchedules(options);
    },
  );
}
