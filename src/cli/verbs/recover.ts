// `fairlead recover`: puts a backup in the place of damaged data; with --beside, only next to it for people to look into.
import type { Command } from 'commander';
import { EXIT, ExitError } from '../exit.ts';
import { withCommon, withVerbose, withWaiting, type WaitOptions } from '../command-options.ts';

interface RecoverOptions extends WaitOptions {
  datastore?: string;
  beside?: boolean;
  backup?: string;
  at?: string;
  corruptedSince?: string;
  adopt?: string;
  lost?: boolean;
  into?: string;
  severity?: string;
  keep?: string;
  standalone?: boolean;
  objects?: string;
  private?: boolean;
  data?: string;
}

const EXAMPLES = [
  'recover shop --corrupted-since 2026-11-22T08:00:00Z --severity P1',
  'recover shop --datastore orders --at 2026-11-22T08:00:00Z --dry-run',
  'recover shop --datastore orders --adopt orders_at_0755',
  'recover shop --datastore orders --adopt at:2026-11-22T07:55Z',
  'recover shop --datastore orders --lost --into 10.0.0.7:5432',
  'recover shop --standalone --objects /srv/fairlead/objects',
  'recover shop --dry-run --format commands',
  'recover shop --datastore orders --beside',
  'recover shop --datastore orders --beside --backup shop/orders/20261122T085126.123Z --keep 3d',
];

export function register(program: Command): void {
  const recover = program
    .command('recover')
    .argument('<system>', 'a system, for example shop')
    .summary('put a backup in the place of damaged data, or look into one beside it')
    .description(
      'put a backup in the place of damaged data: users and writers are kept out, the copy is judged, one person is asked, users come back step by step; with --beside only look into a backup, and nobody is stopped',
    )
    .option('--datastore <name>', 'only this datastore (default: every primary one)')
    .option('--beside', 'leave the live data as it is: restore beside, compare, keep read-only')
    .option(
      '--backup <id>',
      'this backup as "fairlead backups" names it (default: the newest verified one)',
    )
    .option('--at <time>', 'the newest backup whose recovery point is not after this time')
    .option(
      '--corrupted-since <time>',
      'since when the data are damaged: no backup with a later recovery point is taken',
    )
    .option(
      '--adopt <place>',
      'instead of a backup, what somebody else restored: a database of the same server, a generation, or a path with a / in it; of Firestore also backup:ID of its own service, or at:TIME to clone what was there at that minute',
    )
    .option('--lost', 'what held the datastore is gone: it is restored into another place')
    .option(
      '--into <place>',
      'with --lost: where to, HOST:PORT or HOST:PORT/DATABASE, or the path of an empty folder',
    )
    .option(
      '--standalone',
      'without the main Temporal: by a Fairlead that this command starts and ends',
    )
    .option('--objects <dir>', 'with --standalone: where the backups are (FAIRLEAD_OBJECTS)')
    .option(
      '--data <dir>',
      'with --standalone: where it keeps what it knows (FAIRLEAD_DATA, default .fairlead-standalone)',
    )
    .option(
      '--private',
      'with --standalone: nobody else on this machine reaches its Temporal, which is in a network of its own',
    )
    .option('--severity <P0-P3>', 'how bad it is, for those who are told')
    .option('--keep <duration>', 'with --beside: how long the copy is kept (default: 24h)');
  withVerbose(withWaiting(withCommon(recover, EXAMPLES))).action(recoverNow);
}

async function recoverNow(text: string, options: RecoverOptions): Promise<void> {
  const { systemName } = await import('../ids.ts');
  const { startOperation } = await import('../operation/start.ts');
  const { durationFlag } = await import('../flags.ts');
  const { operationAsked } = await import('../../runbooks/index.ts');
  const { recover: look } = await import('../../runbooks/recover.ts');
  const { recoverLive } = await import('../../runbooks/recover-live.ts');
  const { beside, backup, at, corruptedSince, adopt, lost, into, severity } = options;
  const datastore = beside === true ? await onlyDatastore(options) : options.datastore;
  const keep = options.keep === undefined ? undefined : durationFlag('--keep', options.keep);
  const which = {
    datastore,
    beside,
    backup,
    at,
    corruptedSince,
    adopt,
    lost,
    into,
    severity,
    keep,
  };
  const system = systemName(text);
  const asked = { system, mode: 'recover', ...which };
  const runbook = beside === true ? look : recoverLive;
  const operation = operationAsked(runbook, {
    system,
    ...(datastore !== undefined && { datastore }),
    ...(options.dryRun === true && { dryRun: true }),
  });
  const start = async () => startOperation(runbook, asked, options);
  if (options.standalone !== true) {
    refuseStandaloneOnly(options);
    await start();
    return;
  }
  const { besideOwnTemporal } = await import('../operation/standalone.ts');
  await besideOwnTemporal({ operation, system, flags: options }, start);
}

/** Throws ExitError (2) for a flag that says nothing without --standalone. */
function refuseStandaloneOnly({ objects, data, private: apart }: RecoverOptions): void {
  const given = { '--objects': objects, '--data': data, '--private': apart };
  const [flag] = Object.entries(given).find(([, value]) => value !== undefined) ?? [];
  if (flag === undefined) return;
  throw new ExitError(
    EXIT.badInput,
    `${flag} says how a Fairlead of its own works: give --standalone too`,
  );
}

/** The one datastore that is restored beside: as named, or the one of the backup. */
async function onlyDatastore({ datastore, backup }: RecoverOptions): Promise<string> {
  const { parseBackupId } = await import('../../domain/backup/backup-id.ts');
  const named = datastore ?? (backup === undefined ? undefined : parseBackupId(backup)?.datastore);
  if (named !== undefined) return named;
  throw new ExitError(EXIT.badInput, 'recover --beside needs --datastore NAME, or --backup ID');
}
