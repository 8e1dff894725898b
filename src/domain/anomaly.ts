// Is a backup far off the ones before it? A dump that lost half its rows has the right checksum: only its
// predecessors tell. Flagged is not chosen by default; a person may accept one as the new normal.
import type { CatalogueEntry, CompleteBackup, Part } from './backup.ts';
import { failedMark, lastMark, plainBytes, totalRows } from './backup.ts';

export interface Anomaly {
  id: string;
  /** With the numbers; empty when nothing is odd. */
  reasons: string[];
}

const PREDECESSORS = 5;
const LONGEST_NOTE = 300;
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

/** The newest backup that is neither odd nor known to be bad: what a restore takes that names none. */
export function defaultBackup(entries: readonly CatalogueEntry[]): CompleteBackup | undefined {
  const doubted = doubts(entries);
  return complete(entries).findLast(({ id }) => !doubted.has(id));
}

/** By id: why a backup is not taken by itself, in sentences. */
export function doubts(entries: readonly CatalogueEntry[]): Map<string, string[]> {
  const odd = new Map(anomalies(entries).map(({ id, reasons }) => [id, reasons]));
  const all = complete(entries).map(({ id, marks }): [string, string[]] => {
    const failed = failedMark(marks);
    const bad = failed === undefined ? [] : [`${failed.by} found it bad: ${failed.reason}`];
    return [id, [...bad, ...(odd.get(id) ?? []).map((reason) => `odd: ${reason}`)]];
  });
  return new Map(all.filter(([, reasons]) => reasons.length > 0));
}

/** Newer than the one that is taken by itself, and why not they; what is being made is no choice. */
export function passedOver(entries: readonly CatalogueEntry[]): string[] {
  const chosen = defaultBackup(entries)?.id ?? '';
  const doubted = doubts(entries);
  return entries
    .filter(({ id, state }) => id > chosen && state !== 'incomplete')
    .toSorted((one, other) => (one.id < other.id ? 1 : -1))
    .map((entry) => {
      const why = entry.state === 'unreadable' ? [entry.problem] : (doubted.get(entry.id) ?? []);
      return `${entry.id} (${why.join('; ')})`;
    });
}

/** For the title of a step; empty when the newest one is taken. */
export function passedOverNote(entries: readonly CatalogueEntry[]): string {
  const [first, ...more] = passedOver(entries);
  if (first === undefined) return '';
  const others = more.length === 0 ? '' : ` and ${more.length} more`;
  return `; newer, and not taken: ${first.slice(0, LONGEST_NOTE)}${others}`;
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
  const now = new Map(manifest.contents.parts.map((part) => [part.name, part]));
  const had = before.manifest.contents.parts.filter(({ rows, bytes }) => (rows ?? bytes ?? 0) > 0);
  const lost = had.filter(({ name }) => !now.has(name));
  const emptied = had.filter(
    ({ name, rows }) => (rows ?? 0) > SMALL.rows && now.get(name)?.rows === 0,
  );
  return [
    ...listed(lost, `of ${before.id} are not in it`),
    ...listed(emptied, `that had rows in ${before.id} have none`),
  ];
}

function listed(parts: readonly Part[], what: string): string[] {
  if (parts.length === 0) return [];
  const first = parts.slice(0, 5).map(({ name }) => name);
  return [`${parts.length} parts ${what}: ${first.join(', ')}`];
}

function median(values: readonly number[]): number | undefined {
  return [...values].sort((a, b) => a - b)[Math.floor((values.length - 1) / 2)];
}
