// The name of a backup: `<system>/<datastore>/<time>`, valid in a workflow id, and where it lies in the object store.
// The time is UTC to the millisecond, so the order of names is the order in which backups were begun.
import { Failure } from '../failure.ts';
import { NAME, runName } from '../text/names.ts';

export interface BackupName {
  system: string;
  datastore: string;
  /** `20261122T085126.123Z` */
  time: string;
}

const TIME = /^(\d{4})(\d{2})(\d{2})T(\d{2})(\d{2})(\d{2})\.(\d{3})Z$/;

export const BACKUP_ID_ALLOWED =
  'SYSTEM/DATASTORE/TIME as `fairlead backups SYSTEM` lists it, such as shop/orders/20261122T085126.123Z';

export function backupId(system: string, datastore: string, at: number): string {
  const time = new Date(at).toISOString().replaceAll(/[-:]/g, '');
  return `${system}/${datastore}/${time}`;
}

/** The parts of a backup's name; undefined for a text that is none. */
export function parseBackupId(id: string): BackupName | undefined {
  const [system = '', datastore = '', time = '', ...more] = id.split('/');
  if (more.length > 0 || !NAME.test(system) || !NAME.test(datastore)) return undefined;
  return timeOf(time) === undefined ? undefined : { system, datastore, time };
}

/** The datastore that a backup is of; empty for a text that is no backup's name. */
export function backedUpDatastore(id: string): string {
  return parseBackupId(id)?.datastore ?? '';
}

/**
 * The name of the copy that one run makes of a backup, `verify-shop-orders-20261122T085126.123Z-86d3e1c07a52`: another run that
 * copies the same backup at the same time has a copy of its own.
 */
export function copyName(word: 'verify' | 'drill' | 'recover', id: string, runId: string): string {
  const name = parseBackupId(id);
  if (name === undefined) throw new Failure('Broken', `planning a proof of ${id}`);
  return [word, name.system, name.datastore, name.time, runName(runId)].join('-');
}

/** When the backup was begun (ms); undefined for what is no such time. */
export function timeOf(time: string): number | undefined {
  const iso = time.replace(TIME, '$1-$2-$3T$4:$5:$6.$7Z');
  const at = iso === time ? NaN : Date.parse(iso);
  return Number.isNaN(at) ? undefined : at;
}

const FILE = 'file:';

/** What stands in a plan for a backup that is a file in no catalogue. */
export function fileAsBackup(file: string): string {
  return `${FILE}${file}`;
}

/** The file that is proved in place of a backup; undefined for the name of a backup. */
export function fileOf(backup: string): string | undefined {
  return backup.startsWith(FILE) ? backup.slice(FILE.length) : undefined;
}

const PLACE = 'place:';

/**
 * What stands in a plan for a backup where somebody else restored: a path is read as a named file is, anything else is a place
 * beside the live datastore, by its name there.
 */
export function adoptedAsBackup(what: string): string {
  return what.includes('/') ? fileAsBackup(what) : `${PLACE}${what}`;
}

/** The name of such a place; undefined for anything else. */
export function placeIn(backup: string): string | undefined {
  return backup.startsWith(PLACE) ? backup.slice(PLACE.length) : undefined;
}

/** What somebody else restored: a place or a path; undefined for the name of a backup. */
export function adoptedOf(backup: string): string | undefined {
  return placeIn(backup) ?? fileOf(backup);
}

/** `<system>/<datastore>/`, with every backup of it below. */
export function catalogueFolder(system: string, datastore: string): string {
  return `${system}/${datastore}/`;
}

/** `<system>/<datastore>/YYYY/MM/<time>/` */
export function backupFolder({ system, datastore, time }: BackupName): string {
  return `${system}/${datastore}/${time.slice(0, 4)}/${time.slice(4, 6)}/${time}/`;
}

/** The backup that an object belongs to, and its name below that; undefined for a stranger. */
export function placeOfKey(key: string): { id: string; rest: string } | undefined {
  const [system = '', datastore = '', year, month, time = '', ...rest] = key.split('/');
  const name = parseBackupId(`${system}/${datastore}/${time}`);
  if (name === undefined || year !== time.slice(0, 4) || month !== time.slice(4, 6)) {
    return undefined;
  }
  return { id: `${system}/${datastore}/${time}`, rest: rest.join('/') };
}
