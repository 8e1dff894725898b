// Is a backup far off the ones before it? A dump that lost half its rows has the right checksum: only its
// predecessors tell. Flagged is not chosen by default; a person may accept one as the new normal.
import type { CatalogueEntry, CompleteBackup } from './backup.ts';
import { lastMark, plainBytes, totalRows } from './backup.ts';

export interface Anomaly {
  id: string;
  /** With the numbers; empty when nothing is odd. */
  reasons: string[];
}

const PREDECESSORS = 5;
/** Less than half, or more than double, of the median before. */
const FACTOR = 2;
/** Below this, a few rows more are a multiple. */
const SMALL = { bytes: 4096, rows: 20 };
/** In a dump, a ring of canary records that fills up looks like data that multiplies; rows are counted without it. */
const SMALL_WITH_CANARY = 128 * 1024;

/** For each complete backup, oldest first: what is odd about it, seen from those before it. */
export function anomalies(entries: readonly CatalogueEntry[]): Anomaly[] {
  let normal: CompleteBackup[] = [];
  return complete(entries).map((backup) => {
    const reasons = [
      ...oddity('bytes', plainBytes(backup.manifest), sizesOf(normal), smallBytes(backup)),
      ...oddity('rows', totalRows(backup.manifest.contents), rowsOf(normal), SMALL.rows),
      ...lostParts(backup, normal.at(-1)),
    ];
    const accepted = lastMark(backup.marks, 'accepted') !== null;
    if (accepted) normal = [backup];
    else if (reasons.length === 0) normal = [...normal, backup].slice(-PREDECESSORS);
    return { id: backup.id, reasons: accepted ? [] : reasons };
  });
}

/** The newest backup that is not flagged: what a restore takes that names none. */
export function defaultBackup(entries: readonly CatalogueEntry[]): CompleteBackup | undefined {
  const flagged = new Set(
    anomalies(entries)
      .filter(({ reasons }) => reasons.length > 0)
      .map(({ id }) => id),
  );
  return complete(entries)
    .filter(({ id }) => !flagged.has(id))
    .at(-1);
}

function complete(entries: readonly CatalogueEntry[]): CompleteBackup[] {
  return entries
    .filter((entry) => entry.state === 'complete')
    .sort((one, other) => (one.id < other.id ? -1 : 1));
}

function sizesOf(backups: readonly CompleteBackup[]): number[] {
  return backups.map(({ manifest }) => plainBytes(manifest));
}

function smallBytes({ manifest: { kind, canary } }: CompleteBackup): number {
  return kind === 'postgres' && canary !== undefined ? SMALL_WITH_CANARY : SMALL.bytes;
}

function rowsOf(backups: readonly CompleteBackup[]): number[] {
  return backups.map(({ manifest }) => totalRows(manifest.contents));
}

function oddity(what: string, value: number, before: readonly number[], small: number): string[] {
  const usual = median(before);
  if (usual === undefined || (value <= small && usual <= small)) return [];
  if (value * FACTOR >= usual && value <= usual * FACTOR) return [];
  return [`${value} ${what}, and the ${before.length} before it had ${usual} (median)`];
}

function lostParts({ manifest }: CompleteBackup, before: CompleteBackup | undefined): string[] {
  if (before === undefined) return [];
  const now = new Set(manifest.contents.parts.map(({ name }) => name));
  const lost = before.manifest.contents.parts.filter(
    ({ name, rows, bytes }) => !now.has(name) && (rows ?? bytes ?? 0) > 0,
  );
  if (lost.length === 0) return [];
  const first = lost.slice(0, 5).map(({ name }) => name);
  return [`${lost.length} parts of ${before.id} are not in it: ${first.join(', ')}`];
}

function median(values: readonly number[]): number | undefined {
  return [...values].sort((a, b) => a - b)[Math.floor((values.length - 1) / 2)];
}
