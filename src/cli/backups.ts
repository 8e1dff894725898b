// `fairlead backup`, `fairlead backups` and `fairlead verify`: take backups, see what there is, prove one.
import type { Command } from 'commander';
import type { BackupList } from '../domain/backup-list.ts';
import type { AcceptOptions } from './accept-backup.ts';
import {
  withCommon,
  withWaiting,
  type CommonOptions,
  type WaitOptions,
} from './command-options.ts';

interface VerifyOptions extends WaitOptions {
  file?: string;
  dryRun?: boolean;
}

export function register(program: Command): void {
  const backup = program
    .command('backup')
    .argument('<target>', 'SYSTEM or SYSTEM/DATASTORE, for example shop or shop/orders')
    .description(
      'back up one datastore, or all primary ones of a SYSTEM; then remove what is too old',
    );
  withWaiting(
    withCommon(backup, ['backup shop', 'backup shop/orders --reason "before the migration"']),
  ).action(async (text: string, options: WaitOptions) => {
    const { dataTarget } = await import('./ids.ts');
    const { startOperation } = await import('./start.ts');
    await startOperation('backup', { ...dataTarget(text) }, options);
  });
  const backups = program
    .command('backups')
    .argument('<system>', 'a system, for example shop; or the word accept')
    .argument('[backup]', 'after accept: an odd backup that is fine')
    .description('show the catalogue: what there is, how old, when it was proved, what is odd')
    .option('--reason <text>', 'after accept: why it is fine');
  withCommon(backups, [
    'backups shop',
    'backups shop --json',
    'backups accept shop/orders/20261122T085126.123Z --reason "the archive was emptied"',
  ]).action(async (text: string, backup: string | undefined, options: AcceptOptions) => {
    if (backup === undefined) await show(text, options);
    else if (text === 'accept') {
      const { acceptBackup } = await import('./accept-backup.ts');
      await acceptBackup(backup, options);
    } else {
      const { EXIT, ExitError } = await import('./exit.ts');
      throw new ExitError(EXIT.badInput, `backups takes one system; ${backup} is one too many`);
    }
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
    .option('--dry-run', 'only show the plan')
    .description('restore BACKUP into a copy, judge it rung by rung, discard the copy');
  withWaiting(
    withCommon(verify, [
      'verify shop/orders/20261122T085126.123Z',
      'verify shop/orders',
      'verify shop/orders/20261122T085126.123Z --json --timeout 2h',
      'verify shop/orders --dry-run',
      'verify shop/orders --file /var/backups/orders.dump',
    ]),
  ).action(async (text: string, options: VerifyOptions) => {
    const { backupTarget, datastoreTarget } = await import('./ids.ts');
    const { startOperation } = await import('./start.ts');
    const { file, dryRun } = options;
    const asked = file === undefined ? backupTarget(text) : { ...datastoreTarget(text), file };
    await startOperation('verifyBackup', { ...asked, dryRun }, options);
  });
}

async function show(text: string, options: CommonOptions): Promise<void> {
  const { systemName } = await import('./ids.ts');
  const { withTemporal } = await import('./connect.ts');
  const { actorName } = await import('./identity.ts');
  const system = systemName(text);
  await withTemporal(actorName(options.as), async (temporal) => {
    const { backupLines } = await import('./backup-lines.ts');
    const { printJson, printText } = await import('./print.ts');
    const list = await ask(temporal, system);
    if (options.json === true) printJson(list);
    else printText(backupLines(list, Date.now()).join('\n'));
  });
}

async function ask(temporal: import('./connect.ts').Temporal, system: string): Promise<BackupList> {
  const { inspect } = await import('./inspect.ts');
  const { isBackupList } = await import('./answers.ts');
  const { EXIT, ExitError } = await import('./exit.ts');
  const answer = await inspect(temporal, { system, backups: true });
  if (isBackupList(answer)) return answer;
  throw new ExitError(
    EXIT.noAnswer,
    `asking for the backups of ${system}: the worker's answer is no catalogue; is it an older version than this command?`,
  );
}
