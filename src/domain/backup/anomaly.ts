// Is a backup far off the ones before it? A dump that lost half its rows has the right checksum: only its
// predecessors tell. Flagged is not chosen by default; a person may accept one as the new normal.
import {
  type CatalogueEntry,
  type CompleteBackup,
  type Part,
  failedMark,
  lastMark,
  hasHeartbeatFile,
  plainBytes,
  totalRows,
} from './backup.ts';
import { rotatedOut } from './rotating-names.ts';
import { countOf, sizeOf } from '../text/amounts.ts';

export interface Anomaly {
  id: string;
  /** With the numbers; empty when nothing is odd. */
  reasons: string[];
}

const PREDECESSORS = 5;
const LONGEST_NOTE = 400;
/** Less than half, or more than double, of the median before. */
const FACTOR = 2;
/** Sizes below which nothing is odd: there, a few rows more are a multiple. */
const SMALL = { bytes: 4096, rows: 20 };
/** Sizes of what is as good as empty: a first backup of before there were data. */
const EMPTY = { bytes: 100, rows: 1 };
/** In a dump, a ring of heartbeats that fills up looks like data that multiplies; a file of them is not counted, nor are its rows. */
const SMALL_WITH_HEARTBEATS = 128 * 1024;

/** Two clocks are never quite the same (ms). */
export const CLOCKS_APART_MS = 60_000;

/**
 * For each complete backup, oldest first: what is odd about it, seen from those before it. One that was found bad, or whose
 * time is another clock's, is no measure of the next.
 */
export function anomalies(entries: readonly CatalogueEntry[], now: number): Anomaly[] {
  let normal: CompleteBackup[] = [];
  const misdated = ofAnotherClock(entries, now);
  return complete(entries).map((backup) => {
    const reasons = [
      ...oddity('bytes', plainBytes(backup.manifest), sizesOf(normal), smallBytes(backup)),
      ...oddity('rows', totalRows(backup.manifest.contents), rowsOf(normal), SMALL.rows),
      ...lostParts(backup, normal.at(-1)),
    ];
    const accepted = lastMark(backup.marks, 'accepted') !== null;
    const isMeasure = failedMark(backup.marks) === undefined && !misdated.has(backup.id);
    if (accepted && isMeasure) normal = [backup];
    else if (isMeasure && reasons.length === 0) normal = [...normal, backup].slice(-PREDECESSORS);
    return { id: backup.id, reasons: accepted ? [] : reasons };
  });
}

/** The newest backup that is neither odd nor known to be bad: what a restore takes that names none. */
export function defaultBackup(
  entries: readonly CatalogueEntry[],
  now: number,
): CompleteBackup | undefined {
  const doubted = doubts(entries, now);
  return complete(entries).findLast(({ id }) => !doubted.has(id));
}

/** Why each backup that is not taken by itself is not, in sentences, by its id. */
export function doubts(entries: readonly CatalogueEntry[], now: number): Map<string, string[]> {
  const odd = new Map(anomalies(entries, now).map(({ id, reasons }) => [id, reasons]));
  const misdated = ofAnotherClock(entries, now);
  const all = complete(entries).map(({ id, marks }): [string, string[]] => {
    const failed = failedMark(marks);
    const bad = failed === undefined ? [] : [`${failed.by} found it bad: ${failed.reason}`];
    const clock = misdated.get(id);
    const reasons = (odd.get(id) ?? []).map((reason) => `odd: ${reason}`);
    const way =
      reasons.length === 0 || failed !== undefined ? [] : [`fine as it is? ${acceptCommand(id)}`];
    return [id, [...bad, ...(clock === undefined ? [] : [clock]), ...reasons, ...way]];
  });
  return new Map(all.filter(([, reasons]) => reasons.length > 0));
}

/** What makes an odd backup the new normal. */
function acceptCommand(id: string): string {
  return `fairlead backups accept ${id} --reason ...`;
}

/**
 * Why the time in the name of a backup says nothing of its order, by its id: it is still to come, or a backup with an
 * earlier name was made when this one was there already.
 */
export function ofAnotherClock(
  entries: readonly CatalogueEntry[],
  now: number,
): Map<string, string> {
  const misdated = new Map<string, string>();
  for (const { id, manifest } of complete(entries)) {
    for (const later of manifest.after ?? []) {
      const reason = `its time is another clock's: ${id} was made when it was there already`;
      misdated.set(later, reason);
    }
    const { startedAt, recoveryPoint } = manifest;
    const at = [startedAt, recoveryPoint.notBefore].find(
      (one) => Date.parse(one) > now + CLOCKS_APART_MS,
    );
    if (at !== undefined)
      misdated.set(id, `its time, ${at}, is still to come: whose clock was off?`);
  }
  return misdated;
}

/** Newer than the one that is taken by itself, and why not they; what is being made is no choice. */
export function passedOver(entries: readonly CatalogueEntry[], now: number): string[] {
  const chosen = defaultBackup(entries, now)?.id ?? '';
  const doubted = doubts(entries, now);
  return entries
    .filter(({ id, state }) => id > chosen && state !== 'incomplete')
    .toSorted((one, other) => (one.id < other.id ? 1 : -1))
    .map((entry) => {
      const why = entry.state === 'unreadable' ? [entry.problem] : (doubted.get(entry.id) ?? []);
      return `${entry.id} (${why.join('; ')})`;
    });
}

/** For the title of a step; empty when the newest one is taken. */
export function passedOverNote(entries: readonly CatalogueEntry[], now: number): string {
  const [first, ...more] = passedOver(entries, now);
  if (first === undefined) return '';
  const others = more.length === 0 ? '' : ` and ${more.length} more`;
  return `; ${PASSED_OVER}${first.slice(0, LONGEST_NOTE)}${others}`;
}

/** In the title of a step, before what was passed over, and why. */
export const PASSED_OVER = 'newer, and not taken: ';

/** What is said of a backup that may have what harmed the data. */
export const SUSPECT = 'since when the data are said to be damaged';

/** The note in the title of a step; undefined where the newest one is taken. */
export function passedOverIn(title: string): string | undefined {
  const at = title.indexOf(`; ${PASSED_OVER}`);
  return at < 0 ? undefined : title.slice(at + 2);
}

function complete(entries: readonly CatalogueEntry[]): CompleteBackup[] {
  return entries
    .filter((entry) => entry.state === 'complete')
    .sort((one, other) => (one.id < other.id ? -1 : 1));
}

function sizesOf(backups: readonly CompleteBackup[]): number[] {
  return backups.map(({ manifest }) => plainBytes(manifest));
}

function smallBytes({ manifest }: CompleteBackup): number {
  const withHeartbeats = manifest.canary !== undefined && !hasHeartbeatFile(manifest);
  return withHeartbeats ? SMALL_WITH_HEARTBEATS : SMALL.bytes;
}

function rowsOf(backups: readonly CompleteBackup[]): number[] {
  return backups.map(({ manifest }) => totalRows(manifest.contents));
}

function oddity(
  what: 'bytes' | 'rows',
  value: number,
  before: readonly number[],
  small: number,
): string[] {
  const usual = median(before);
  if (usual === undefined || (value <= small && usual <= small)) return [];
  // What was empty is no measure of what came of it.
  if (usual <= EMPTY[what] && value >= usual) return [];
  if (value * FACTOR >= usual && value <= usual * FACTOR) return [];
  const said = (amount: number): string =>
    what === 'bytes' ? sizeOf(amount) : countOf(amount, 'row');
  const those = before.length === 1 ? 'the one' : `the ${before.length}`;
  return [`${said(value)}, and ${those} before it had ${said(usual)} (median)`];
}

function lostParts({ manifest }: CompleteBackup, before: CompleteBackup | undefined): string[] {
  if (before === undefined) return [];
  const now = new Map(manifest.contents.parts.map((part) => [part.name, part]));
  const had = before.manifest.contents.parts.filter(({ rows, bytes }) => (rows ?? bytes ?? 0) > 0);
  const [names, there] = [before.manifest.contents.parts.map(({ name }) => name), [...now.keys()]];
  const lost = had.filter(({ name }) => !now.has(name) && !rotatedOut(name, names, there));
  const emptied = had.filter(
    ({ name, rows }) => (rows ?? 0) > SMALL.rows && now.get(name)?.rows === 0,
  );
  return [
    ...listed(lost, `of ${before.id} not in it`),
    ...listed(emptied, `that had rows in ${before.id} without any`),
  ];
}

function listed(parts: readonly Part[], what: string): string[] {
  if (parts.length === 0) return [];
  const first = parts.slice(0, 5).map(({ name }) => name);
  return [`${countOf(parts.length, 'part')} ${what}: ${first.join(', ')}`];
}

function median(values: readonly number[]): number | undefined {
  return [...values].sort((a, b) => a - b)[Math.floor((values.length - 1) / 2)];
}
