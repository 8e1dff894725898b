// The catalogue of a system as `fairlead backups` shows it: one row a backup, newest first, with what is odd about it.
import { anomalies, defaultBackup, ofAnotherClock } from './anomaly.ts';
import {
  failedMark,
  lastMark,
  summaryOf,
  type BackupSummary,
  type CatalogueEntry,
  type CompleteBackup,
} from './backup.ts';
import type { ServiceBackups, ServiceFinding } from './service-backups.ts';

export type BackupRow =
  | ({
      state: 'complete';
      datastore: string;
      /** ISO 8601; null when nobody did. */
      acceptedAt: string | null;
      /** Sentences on what is odd about the backup; an odd one is not chosen by default. */
      flagged: string[];
      /** One of them is that its time is another clock's: nobody can accept that. */
      misdated?: true;
      /** When and how it was found bad; null for one that was not, or was verified since. Not chosen by default either. */
      failed: { at: string; by: string; reason: string } | null;
      /** The fingerprint of the key that signed its manifest; null for none; absent where nothing is signed. */
      signedBy?: string | null;
      /** How many of its marks are not signed. */
      unsignedMarks?: number;
      /** Whether a restore that names no backup takes this one. */
      default: boolean;
    } & BackupSummary)
  | { state: 'incomplete'; datastore: string; id: string; objects: number; bytes: number }
  | { state: 'unreadable'; datastore: string; id: string; problem: string };

/** What was live until an exchange, and is kept. */
export interface QuarantineRow {
  datastore: string;
  name: string;
  /** ISO 8601 */
  since: string;
  /** When the janitor removes it (ISO 8601). */
  until: string;
  operation?: string;
  bytes?: number;
}

/** What the own service of a datastore makes of backups; or why nobody could see. */
export type ServiceRow = { datastore: string } & (
  (ServiceBackups & { findings: ServiceFinding[] }) | { problem: string }
);

export interface BackupList {
  schema: 'fairlead/backups/v1';
  system: string;
  backups: BackupRow[];
  /** Older ones that are not in the list. */
  omitted: number;
  /** What exchanges keep of data that were live; missing from a worker of before. */
  quarantined?: QuarantineRow[];
  /** The backups that datastores' own services make; absent where no datastore has such a service. */
  service?: ServiceRow[];
}

/** `catalogues`: what lies under each datastore. */
export function listBackups(
  system: string,
  now: number,
  catalogues: Readonly<Record<string, readonly CatalogueEntry[]>>,
  most: number,
): BackupList {
  const rows = Object.entries(catalogues).flatMap(([datastore, entries]) => {
    const odd = new Map(anomalies(entries, now).map(({ id, reasons }) => [id, reasons]));
    const misdated = ofAnotherClock(entries, now);
    const chosen = defaultBackup(entries, now)?.id;
    return entries.map((entry): BackupRow => {
      switch (entry.state) {
        case 'complete':
          return {
            state: 'complete',
            datastore,
            ...summaryOf(entry),
            acceptedAt: lastMark(entry.marks, 'accepted'),
            flagged: [...(odd.get(entry.id) ?? []), ...textsIn(misdated.get(entry.id))],
            ...(misdated.has(entry.id) && { misdated: true }),
            failed: failureOf(entry),
            ...(entry.signedBy !== undefined && { signedBy: entry.signedBy }),
            ...(entry.unsignedMarks !== undefined && { unsignedMarks: entry.unsignedMarks }),
            default: entry.id === chosen,
          };
        case 'incomplete': {
          const { id, objects, bytes } = entry;
          return { state: 'incomplete', datastore, id, objects, bytes };
        }
        case 'unreadable':
          return { state: 'unreadable', datastore, id: entry.id, problem: entry.problem };
      }
    });
  });
  rows.sort(newestFirst);
  return {
    schema: 'fairlead/backups/v1',
    system,
    backups: rows.slice(0, most),
    omitted: Math.max(0, rows.length - most),
  };
}

function textsIn(text: string | undefined): string[] {
  return text === undefined ? [] : [text];
}

function failureOf({ marks }: CompleteBackup): { at: string; by: string; reason: string } | null {
  const mark = failedMark(marks);
  if (mark === undefined) return null;
  const { at, by, reason } = mark;
  return { at, by, reason };
}

/** Orders rows newest first, and those of one moment by the names of their datastores. */
function newestFirst(one: BackupRow, other: BackupRow): number {
  const [first, second] = [timeIn(one), timeIn(other)];
  if (first !== second) return first < second ? 1 : -1;
  return one.datastore < other.datastore ? -1 : 1;
}

function timeIn({ id }: BackupRow): string {
  return id.split('/').at(-1) ?? '';
}
