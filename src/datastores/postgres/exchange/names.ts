// What the databases of one server are called in an exchange: the quarantined one, a copy beside, one that is flushed. A
// plan knows a database by its number (oid) as well, which stays when its name changes.
import { createHash } from 'node:crypto';

/** Where epochs are kept, and from where other databases are renamed. */
export const MAINTENANCE = 'postgres';
/** Databases of the server itself, which no application exchanges. */
export const OF_THE_SERVER: readonly string[] = [MAINTENANCE, 'template0', 'template1'];

const LONGEST = 63;

export interface Database {
  oid: string;
  name: string;
}

/** `epoch` is a word where nobody knows the number as yet, or where no operation has one. */
export function quarantineName(
  database: string,
  epoch: number | 'EPOCH' | 'by_hand',
  sequence?: number,
) {
  return fitted(database, `_quarantine_${epoch}${sequence === undefined ? '' : `_${sequence}`}`);
}

/** What has taken the live one's place, until its fence is lifted. */
export function exchangedName(database: string, epoch: number, sequence: number): string {
  return fitted(database, `_exchanged_${epoch}_${sequence}`);
}

export function restoredName(database: string, attempt: string): string {
  return fitted(database, `_restored_${attempt}`);
}

export function flushedName(database: string, epoch: number, sequence: number): string {
  return fitted(database, `_flushed_${epoch}_${sequence}`);
}

/** Postgres cuts longer names off, in silence: two of them could be one. */
function fitted(database: string, suffix: string): string {
  const whole = `${database}${suffix}`;
  if (Buffer.byteLength(whole) <= LONGEST) return whole;
  const digest = `~${createHash('sha256').update(database).digest('hex').slice(0, 8)}`;
  let cut = database;
  while (Buffer.byteLength(`${cut}${digest}${suffix}`) > LONGEST) cut = cut.slice(0, -1);
  return `${cut}${digest}${suffix}`;
}

/** `orders (oid 16389)`: how plans, and what is compared with them, name a database. */
export function labelOf({ name, oid }: Database): string {
  return `${name} (oid ${oid})`;
}

/** The number in such a label; undefined for a plain name. */
export function oidIn(label: string): string | undefined {
  return / \(oid (\d+)\)$/.exec(label)?.[1];
}
