// What Firestore's own service says of its backups of a database: which there are, by which schedules, since when the
// database can be cloned.
import type { ServiceBackup, ServiceBackups } from '../../domain/backup/service-backups.ts';
import type { Waiting } from '../../ports/waiting.ts';
import { askAdmin, databasePath, type Admin } from './admin.ts';
import type { WireBackup, WireSchedule } from './admin-wire.ts';
import type { FirestoreAddress } from './connection.ts';
import { momentText } from './document-text.ts';
import type { Moment } from './wire.ts';

const DAY_MS = 86_400_000;
/** By number and by name, as the protocol has them. */
const STATES: Readonly<Record<string, ServiceBackup['state']>> = {
  1: 'creating',
  2: 'ready',
  3: 'notAvailable',
  CREATING: 'creating',
  READY: 'ready',
  NOT_AVAILABLE: 'notAvailable',
};
const POINT_IN_TIME: ReadonlySet<unknown> = new Set([1, 'POINT_IN_TIME_RECOVERY_ENABLED']);

/** Undefined where nobody makes any, as of an emulator. Throws Refused, Unavailable. */
export async function serviceBackupsOf(
  address: FirestoreAddress,
  waiting: Waiting,
): Promise<ServiceBackups | undefined> {
  return askAdmin(address, waiting, async (admin) => {
    const { found, unreachable } = await backupsIn(admin);
    return {
      backups: found.map(({ backup }) => backup),
      unreachable,
      schedules: await schedulesIn(admin),
      cloneSince: await cloneSinceIn(admin),
    };
  });
}

/** Backups of the database, newest first, each with its full name; and the locations that could not be asked. */
export async function backupsIn({ client, project, address, call, patiently }: Admin): Promise<{
  found: { name: string; backup: ServiceBackup }[];
  unreachable: string[];
}> {
  const [answer] = await patiently('the backups of its service', () =>
    client.listBackups({ parent: `${project}/locations/-` }, call),
  );
  const database = databasePath(project, address.database);
  const found = (answer.backups ?? [])
    .filter((one) => one.database === database)
    .map((one) => ({ name: one.name ?? '', backup: backupOf(one) }))
    .toSorted((one, other) => ((one.backup.at ?? '') < (other.backup.at ?? '') ? 1 : -1));
  const unreachable = (answer.unreachable ?? []).map((name) => name.split('/').at(-1) ?? name);
  return { found, unreachable };
}

function backupOf({ name, state, snapshotTime, expireTime, stats }: WireBackup): ServiceBackup {
  const [, , , location = '', , id = ''] = (name ?? '').split('/');
  return {
    ...{ id, location },
    state: STATES[String(state ?? '')] ?? 'unknown',
    at: timeText(snapshotTime),
    expires: timeText(expireTime),
    bytes: numberIn(stats?.sizeBytes),
    documents: numberIn(stats?.documentCount),
  };
}

async function schedulesIn({ client, project, address, call, patiently }: Admin) {
  const parent = databasePath(project, address.database);
  const [{ backupSchedules }] = await patiently('the schedules of its service', () =>
    client.listBackupSchedules({ parent }, call),
  );
  return (backupSchedules ?? []).map(({ retention, ...one }: WireSchedule) => ({
    everyMs: recurrenceOf(one),
    keptMs: retention == null ? null : Number(String(retention.seconds ?? 0)) * 1000,
  }));
}

function recurrenceOf({ dailyRecurrence, weeklyRecurrence }: WireSchedule): number | null {
  if (dailyRecurrence != null) return DAY_MS;
  return weeklyRecurrence == null ? null : 7 * DAY_MS;
}

async function cloneSinceIn({ client, project, address, call, patiently }: Admin) {
  const name = databasePath(project, address.database);
  const [{ pointInTimeRecoveryEnablement: enabled, earliestVersionTime }] = await patiently(
    'the database itself',
    () => client.getDatabase({ name }, call),
  );
  return POINT_IN_TIME.has(enabled) ? timeText(earliestVersionTime) : null;
}

function timeText(moment: Moment | null | undefined): string | null {
  return moment == null ? null : `${momentText(moment).slice(0, 19)}Z`;
}

/** A 64-bit number of the protocol. */
function numberIn(value: number | string | null | undefined): number | null {
  return value == null ? null : Number(String(value));
}
