// `fairlead backup`, `fairlead backups` and `fairlead verify`: take backups, see what there is, prove one.
import type { Command } from 'commander';
import type { AcceptOptions } from '../temporal/accept-backup.ts';
import {
  withCommon,
  withLooking,
  withVerbose,
  withWaiting,
  type CommonOptions,
  type WaitOptions,
} from '../command-options.ts';

interface VerifyOptions extends WaitOptions {
  file?: string;
}

export function register(program: Command): void {
  const backup = program
    .command('backup')
    .argument('<target>', 'SYSTEM or SYSTEM/DATASTORE, for example shop or shop/orders')
    .description(
      'back up one datastore, or all primary ones of a SYSTEM; then remove what is too old',
    );
  const examples = ['backup shop', 'backup shop/orders --reason "before the migration"'];
  withVerbose(withWaiting(withCommon(backup, examples))).action(
    async (text: string, options: WaitOptions) => {
      const { dataTarget } = await import('../ids.ts');
      const { startOperation } = await import('../operation/start.ts');
      const { backup: runbook } = await import('../../runbooks/backup.ts');
      await startOperation(runbook, { ...dataTarget(text) }, options);
    },
  );
  const backups = program
    .command('backups')
    .argument('<system>', 'a system, for example shop')
    .description('show the catalogue: what there is, how old, when it was proved, what is odd')
    // The flags of what stands below are its own.
    .enablePositionalOptions();
  withLooking(backups, ['backups shop', 'backups shop --json']).action(show);
  const accept = backups
    .command('accept')
    .argument('<backup>', 'an odd backup, as "fairlead backups" names it')
    .description('take an odd backup as the new normal')
    .option('--reason <text>', 'why it is fine: whoever restores it later wants to know');
  withCommon(accept, [
    'backups accept shop/orders/20261122T085126.123Z --reason "the archive was emptied"',
  ]).action(async (backup: string, options: AcceptOptions) => {
    const { acceptBackup } = await import('../temporal/accept-backup.ts');
    await acceptBackup(backup, options);
  });
  registerVerify(program);
}

function registerVerify(program: Command): void {
  const verify = program
    .command('verify')
    .argument(
      '<backup>',
      'a backup as "fairlead backups" names it; or SYSTEM/DATASTORE, the newest of it',
    )
    .option(
      '--file <path>',
      "prove this dump of SYSTEM/DATASTORE instead, which is in no catalogue; the path is the worker's, absolute or inside the system's folder",
    )
    .description('restore BACKUP into a copy, judge it rung by rung, discard the copy');
  const examples = [
    'verify shop/orders/20261122T085126.123Z',
    'verify shop/orders',
    'verify shop/orders/20261122T085126.123Z --json --timeout 2h',
    'verify shop/orders --dry-run',
    'verify shop/orders --file /var/backups/orders.dump',
  ];
  withVerbose(withWaiting(withCommon(verify, examples))).action(
    async (text: string, options: VerifyOptions) => {
      const { backupTarget, datastoreTarget } = await import('../ids.ts');
      const { startOperation } = await import('../operation/start.ts');
      const { verifyBackup } = await import('../../runbooks/verify-backup.ts');
      const { file } = options;
      const asked = file === undefined ? backupTarget(text) : { ...datastoreTarget(text), file };
      await startOperation(verifyBackup, asked, options);
    },
  );
}

async function show(text: string, options: CommonOptions): Promise<void> {
  const { systemName } = await import('../ids.ts');
  const { withTemporal } = await import('../temporal/connect.ts');
  const { actorName } = await import('../identity.ts');
  const system = systemName(text);
  await withTemporal(actorName(options.as), async (temporal) => {
    const { backupLines } = await import('../output/backup-lines.ts');
    const { printJson, printText } = await import('../output/print.ts');
    const { askBackups } = await import('../temporal/ask-backups.ts');
    const list = await askBackups(temporal, system);
    if (options.json === true) printJson(list);
    else printText(backupLines(list, Date.now()).join('\n'));
  });
}
