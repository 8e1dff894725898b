// Backups of a datastore that its own service makes, by schedules of its own: what there is, and whether that holds the RPO.
// Fairlead lists them, and has them restored; it neither makes nor removes any.
import { spanOf } from '../text/time-span.ts';

export interface ServiceBackup {
  /** Short, as people name it. */
  id: string;
  /** Where the service keeps it. */
  location: string;
  state: 'creating' | 'ready' | 'notAvailable' | 'unknown';
  /** The moment that it is of (ISO 8601); null where the service says none. */
  at: string | null;
  /** When the service removes it (ISO 8601). */
  expires: string | null;
  /** Null while it is being made. */
  bytes: number | null;
  documents: number | null;
}

export interface ServiceSchedule {
  /** Null where the service says no recurrence that is known here. */
  everyMs: number | null;
  /** How long its backups are kept; null where the service says nothing. */
  keptMs: number | null;
}

/** What a service says of its backups of one datastore. */
export interface ServiceBackups {
  /** Newest first. */
  backups: ServiceBackup[];
  /** Locations that could not be asked: there may be more. */
  unreachable: string[];
  schedules: ServiceSchedule[];
  /** Since when the datastore can be cloned as it was at any minute (ISO 8601); null where it cannot. */
  cloneSince: string | null;
}

export interface ServiceFinding {
  verdict: 'pass' | 'fail' | 'inconclusive';
  /** A sentence. */
  text: string;
}

const MINUTE_MS = 60_000;

/** Holds what a service makes against the RPO of the datastore: its schedules, and its newest backup. */
export function judgeServiceBackups(
  { backups, unreachable, schedules, cloneSince }: ServiceBackups,
  rpoMs: number,
  now: number,
): ServiceFinding[] {
  const rpo = spanOf(rpoMs);
  const partial: ServiceFinding[] =
    unreachable.length === 0
      ? []
      : [
          {
            verdict: 'inconclusive',
            text: `the list is not whole: ${unreachable.join(', ')} could not be asked, and newer ones may be there`,
          },
        ];
  // Any minute of the last days can be had back, and no moment between two of them.
  if (cloneSince !== null) {
    const any = `what was there at any minute since ${cloneSince} can be cloned`;
    const finding: ServiceFinding =
      rpoMs >= MINUTE_MS
        ? { verdict: 'pass', text: `${any}, which holds the RPO of ${rpo}` }
        : { verdict: 'fail', text: `${any}, and the RPO is ${rpo}` };
    return [...partial, finding];
  }
  return [
    ...partial,
    scheduleFinding(schedules, rpoMs),
    ...newestFinding(backups, unreachable, rpoMs, now),
  ];
}

function scheduleFinding(schedules: readonly ServiceSchedule[], rpoMs: number): ServiceFinding {
  if (schedules.length === 0) {
    return { verdict: 'fail', text: 'the service has no schedule: it makes no backup by itself' };
  }
  const known = schedules.flatMap(({ everyMs }) => everyMs ?? []);
  const everyMs = Math.min(...known);
  const often = `the service makes one every ${spanOf(everyMs)}`;
  if (everyMs <= rpoMs) {
    return { verdict: 'pass', text: `${often}, which holds the RPO of ${spanOf(rpoMs)}` };
  }
  return known.length === schedules.length
    ? { verdict: 'fail', text: `${often}, and the RPO is ${spanOf(rpoMs)}` }
    : {
        verdict: 'inconclusive',
        text: 'a schedule of the service says no recurrence that is known here: how often it makes one is not known',
      };
}

function newestFinding(
  backups: readonly ServiceBackup[],
  unreachable: readonly string[],
  rpoMs: number,
  now: number,
): ServiceFinding[] {
  const at = backups.find(({ state, at: of }) => state === 'ready' && of !== null)?.at ?? null;
  const ageMs = at === null ? Infinity : now - Date.parse(at);
  if (ageMs <= rpoMs) return [];
  // A newer one may be where nobody could ask.
  const verdict = unreachable.length > 0 ? 'inconclusive' : 'fail';
  const text =
    at === null
      ? 'the service has no backup that could be restored'
      : `the newest one that could be restored is ${spanOf(ageMs)} old, and the RPO is ${spanOf(rpoMs)}`;
  return [{ verdict, text }];
}
