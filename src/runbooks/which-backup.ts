// Which backup a recovery restores: the one that is named, the newest good one at a time, or the newest good one that was
// verified; and those that it would fall back on.
import {
  CLOCKS_APART_MS,
  defaultBackup,
  doubts,
  PASSED_OVER,
  passedOverNote,
  SUSPECT,
} from '../domain/backup/anomaly.ts';
import {
  lastMark,
  pointWords,
  type CatalogueEntry,
  type CompleteBackup,
} from '../domain/backup/backup.ts';
import { Failure } from '../domain/failure.ts';
import type { OperationRequest } from '../domain/operation/request.ts';
import { commandText } from '../domain/text/command-text.ts';
import { spanOf } from '../domain/text/time-span.ts';

/** How a datastore and its backups are asked for. */
type Asked = Pick<OperationRequest, 'system' | 'backup' | 'at' | 'corruptedSince'> & {
  datastore: string;
};

/** `note`: which newer ones were not taken, and why; `others`: what could be taken instead, newest first. */
export interface Choice {
  entry: CatalogueEntry;
  note: string;
  others: CompleteBackup[];
}

/** All that is good is of after the data were damaged, as far as anybody knows: nobody takes one without being asked. */
export interface Suspects {
  /** Oldest first: it is the likeliest to be sane. None is of after the time that was asked for. */
  suspects: [CompleteBackup, ...CompleteBackup[]];
  note: string;
  /** How many good ones are older, and newer, than what is asked about. */
  older: number;
  newer: number;
}

/** Throws NotFound where there is none. `entries`: oldest first, as the catalogue has them. */
export function chooseBackup(
  asked: Asked,
  entries: readonly CatalogueEntry[],
  now: number,
): Choice {
  const { system, datastore, backup, at, corruptedSince } = asked;
  refuseFuture(asked, now);
  const [named] = backup === undefined ? [] : entries;
  if (named !== undefined) {
    return { entry: named, note: suspectNote(named, corruptedSince), others: [] };
  }
  const good = goodOf(entries, now);
  const sane = good.filter((entry) => !isSuspect(entry, corruptedSince));
  const suspects = passedOverSuspects(good, corruptedSince);
  if (at !== undefined) {
    const { note, ...choice } = atTime(sane, at, `${system}/${datastore}`);
    return { ...choice, note: `${note}${suspects}` };
  }
  const newest = corruptedSince === undefined ? defaultBackup(entries, now) : sane.at(-1);
  const verified = sane.findLast(({ marks }) => lastMark(marks, 'verified') !== null);
  const entry = verified ?? newest;
  const odd = corruptedSince === undefined ? passedOverNote(entries, now) : suspects;
  if (entry === undefined || newest === undefined) {
    const message = `${system}/${datastore} has no good backup to recover from${odd}; look at "${commandText('backups', system)}", and name one with --backup`;
    throw new Failure('NotFound', message);
  }
  const newer =
    newest.id === entry.id
      ? ''
      : `; ${PASSED_OVER}${newest.id} (never verified; --backup takes it all the same)`;
  return { entry, note: `${newer}${odd}`, others: othersOf(sane, entry) };
}

/** Throws BadInput for a time that is still to come: a typing error that would pass over nothing. */
function refuseFuture({ at, corruptedSince }: Asked, now: number): void {
  for (const [field, time] of Object.entries({ at, corruptedSince })) {
    if (time === undefined || Date.parse(time) <= now + CLOCKS_APART_MS) continue;
    const message = `${field} is ${time}, which is still to come (it is ${new Date(now).toISOString()} now): give a time of before now`;
    throw new Failure('BadInput', message);
  }
}

function othersOf(sane: readonly CompleteBackup[], taken: CompleteBackup): CompleteBackup[] {
  return sane.filter(({ id }) => id !== taken.id).reverse();
}

/**
 * At most `most` (of those not after a time, the nearest to it). Undefined where something can be taken without asking, or
 * nothing at all; throws NotFound where there is none of the time that was asked for.
 */
export function onlySuspects(
  asked: Asked,
  entries: readonly CatalogueEntry[],
  { now, most }: { now: number; most: number },
): Suspects | undefined {
  const { system, datastore, backup, at, corruptedSince } = asked;
  refuseFuture(asked, now);
  if (backup !== undefined || corruptedSince === undefined) return undefined;
  const good = goodOf(entries, now);
  const isOne = (entry: CompleteBackup): boolean => isSuspect(entry, corruptedSince);
  if (good.length === 0 || !good.every(isOne)) return undefined;
  const inTime = at === undefined ? good : notAfter(good, at);
  const [first, ...more] = at === undefined ? inTime.slice(0, most) : inTime.slice(-most);
  if (first === undefined) throw noneAt(good, at ?? '', `${system}/${datastore}`);
  const older = good.indexOf(first);
  const newer = good.length - older - 1 - more.length;
  return { suspects: [first, ...more], note: suspectNote(first, corruptedSince), older, newer };
}

function goodOf(entries: readonly CatalogueEntry[], now: number): CompleteBackup[] {
  const doubted = doubts(entries, now);
  return entries.filter(
    (entry): entry is CompleteBackup => entry.state === 'complete' && !doubted.has(entry.id),
  );
}

/** Its recovery point may lie after what harmed the data. */
function isSuspect({ manifest }: CompleteBackup, since: string | undefined): boolean {
  return since !== undefined && pointOf(manifest) > Date.parse(since);
}

function pointOf({ recoveryPoint }: CompleteBackup['manifest']): number {
  return Date.parse(recoveryPoint.notAfter);
}

function suspectNote(entry: CatalogueEntry, since: string | undefined): string {
  if (entry.state !== 'complete' || !isSuspect(entry, since)) return '';
  return `; its recovery point is after ${since ?? ''}, ${SUSPECT}`;
}

function passedOverSuspects(good: readonly CompleteBackup[], since: string | undefined): string {
  const suspects = good.filter((entry) => isSuspect(entry, since));
  const newest = suspects.at(-1);
  if (newest === undefined) return '';
  const more = suspects.length === 1 ? '' : ` and ${suspects.length - 1} more`;
  return `; ${PASSED_OVER}${newest.id}${more} (suspect: the data are said to be damaged since ${since ?? ''})`;
}

function atTime(good: readonly CompleteBackup[], at: string, of: string): Choice {
  const inTime = notAfter(good, at);
  const entry = inTime.at(-1);
  if (entry === undefined) throw noneAt(good, at, of);
  const before = spanOf(Date.parse(at) - pointOf(entry.manifest));
  return {
    entry,
    note: `; the newest good one whose recovery point is not after ${at}: ${before} before it`,
    others: othersOf(inTime, entry),
  };
}

function notAfter(good: readonly CompleteBackup[], at: string): CompleteBackup[] {
  return good.filter((one) => pointOf(one.manifest) <= Date.parse(at));
}

function noneAt([first]: readonly CompleteBackup[], at: string, of: string): Failure {
  const since =
    first === undefined
      ? 'there is no good backup at all'
      : `the first good one is ${first.id}, whose recovery point is ${pointWords(first.manifest.recoveryPoint)}`;
  return new Failure('NotFound', `${of} has no good backup of ${at} or before: ${since}`);
}

/** Ends the list of what is offered: what is not. */
export function notOffered({ older, newer }: Suspects): string {
  const counts = [
    ...(newer > 0 ? [`${newer} newer`] : []),
    ...(older > 0 ? [`${older} older`] : []),
  ];
  return counts.length === 0 ? '' : `; not offered: ${counts.join(' and ')}`;
}
