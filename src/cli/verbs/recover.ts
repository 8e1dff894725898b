// `fairlead recover`: restores a backup beside the live data for people to look into, and says what differs.
import type { Command } from 'commander';
import { withCommon, withVerbose, withWaiting, type WaitOptions } from '../command-options.ts';

interface RecoverOptions extends WaitOptions {
  datastore: string;
  beside?: boolean;
  backup?: string;
  at?: string;
  keep?: string;
  dryRun?: boolean;
}

export function register(program: Command): void {
  const recover = program
    .command('recover')
    .argument('<system>', 'a system, for example shop')
    .description(
      'restore a backup beside the live data, prove it, say what differs, keep it read-only for a while; nobody is stopped',
    )
    .requiredOption('--datastore <name>', 'the datastore to recover, for example orders')
    .option('--beside', 'leave the live data as it is (the only way as yet)')
    .option(
      '--backup <id>',
      'this backup as "fairlead backups" names it (default: the newest verified one)',
    )
    .option('--at <time>', 'the newest backup whose recovery point is not after this time')
    .option('--keep <duration>', 'how long the copy is kept (default: 24h)')
    .option('--dry-run', 'only show the plan');
  const examples = [
    'recover shop --datastore orders --beside',
    'recover shop --datastore orders --beside --at 2026-11-22T08:00:00Z --keep 3d',
    'recover shop --datastore orders --beside --backup shop/orders/20261122T085126.123Z',
  ];
  withVerbose(withWaiting(withCommon(recover, examples))).action(
    async (text: string, options: RecoverOptions) => {
      const { systemName } = await import('../ids.ts');
      const { startOperation } = await import('../operation/start.ts');
      const { durationFlag } = await import('../flags.ts');
      const { notYet, recover: runbook } = await import('../../runbooks/recover.ts');
      const { EXIT, ExitError } = await import('../exit.ts');
      const { datastore, beside, backup, at, dryRun } = options;
      const system = systemName(text);
      if (beside !== true) throw new ExitError(EXIT.refused, notYet({ system, datastore }));
      const keep = options.keep === undefined ? undefined : durationFlag('--keep', options.keep);
      const asked = { system, mode: 'recover', datastore, beside, backup, at, keep, dryRun };
      await startOperation(runbook, asked, options);
    },
  );
}
