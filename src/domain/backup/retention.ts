// Which backups are kept and which are removed, each with the reason. What is odd beside those before it, or was found bad, takes nobody's
// place: a store that lost its data goes on being backed up, and its good backups must outlive that. Pure; who removes them has an identity of its own
// (BackupRemovalPort) and asks here.
import { doubts, ofAnotherClock } from './anomaly.ts';
import { type CatalogueEntry, type CompleteBackup, failedMark, lastMark } from './backup.ts';
import { spanOf } from '../text/time-span.ts';
import { countOf, sizeOf } from '../text/amounts.ts';

export interface RetentionPolicy {
  /** Backups that are younger (days) are kept. */
  days: number;
  /** So many of the newest good ones are kept, however old. */
  count: number;
}

export interface RetentionDecision {
  id: string;
  keep: boolean;
  reason: string;
}

const DAY_MS = 86_400_000;
/** Milliseconds for which an entry without a manifest may still be a backup in the making. */
const INCOMPLETE_FOR_MS = 2 * DAY_MS;

/** A decision for each entry, oldest first. An entry that cannot be read is kept: somebody has to look at it. */
export function retentionDecisions(
  entries: readonly CatalogueEntry[],
  policy: RetentionPolicy,
  now: number,
): RetentionDecision[] {
  const complete = entries.filter((entry) => entry.state === 'complete').sort(byAge);
  const doubted = doubts(entries, now);
  const misdated = ofAnotherClock(entries, now);
  const good = complete.filter(({ id }) => !doubted.has(id)).slice(-Math.max(1, policy.count));
  const verified = lastVerified(complete.filter(({ id }) => !misdated.has(id)));
  const decide = (entry: CompleteBackup): RetentionDecision => {
    const age = now - Date.parse(entry.manifest.endedAt);
    const keeps: [boolean, string][] = [
      [entry.id === verified?.id, 'the last one that was verified is never removed'],
      [
        good.includes(entry),
        `one of the newest ${good.length} that are good (${policy.count} are kept, and the newest always)`,
      ],
      [entry === complete.at(-1), 'the newest of all'],
      // A clock that cannot be read is no reason to remove anything.
      [
        !(age > policy.days * DAY_MS),
        misdated.get(entry.id) ?? `${spanOf(age)} old, kept for ${policy.days} days`,
      ],
    ];
    const why = keeps.find(([holds]) => holds);
    if (why) return { id: entry.id, keep: true, reason: why[1] };
    const reason = `${spanOf(age)} old, kept for ${policy.days} days, and not one of the newest ${policy.count} that are good`;
    return { id: entry.id, keep: false, reason };
  };
  return [...entries].sort(byAge).map((entry) => {
    if (entry.state === 'complete') return decide(entry);
    return entry.state === 'incomplete' ? ofIncomplete(entry, now) : ofUnreadable(entry);
  });
}

function ofIncomplete(
  { id, since, objects, bytes }: Extract<CatalogueEntry, { state: 'incomplete' }>,
  now: number,
): RetentionDecision {
  const age = now - since;
  const keep = age <= INCOMPLETE_FOR_MS;
  const what = `without a manifest (${countOf(objects, 'object')}, ${sizeOf(bytes)}), last touched ${spanOf(age)} ago`;
  const reason = keep ? `${what}: may still be on its way` : `${what}: it was never finished`;
  return { id, keep, reason };
}

function ofUnreadable(entry: Extract<CatalogueEntry, { state: 'unreadable' }>): RetentionDecision {
  return { id: entry.id, keep: true, reason: `${entry.problem}: kept until somebody looked` };
}

/** The newest backup that a restore has proved, and none found bad since. */
export function lastVerified(entries: readonly CatalogueEntry[]): CompleteBackup | undefined {
  return entries
    .filter((entry) => entry.state === 'complete')
    .filter(({ marks }) => lastMark(marks, 'verified') !== null && failedMark(marks) === undefined)
    .sort(byAge)
    .at(-1);
}

/** Ids end in the time of their start. */
function byAge(one: { id: string }, other: { id: string }): number {
  if (one.id === other.id) return 0;
  return one.id < other.id ? -1 : 1;
}
