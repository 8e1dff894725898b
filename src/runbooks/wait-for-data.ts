// An operation on data waits for another one that has its datastore: a backup at night should not be lost to a verification.
import { takesDatastores, type Runbook, type WhenHeld } from './runbook.ts';

const FIRST_MS = 2_000;
/** Twice as long each time up to this, so that an hour fits into a short history. */
const LONGEST_MS = 5 * 60_000;
const IN_ALL_MS = 3_600_000;

/** For an hour in all; `unless` names a runbook that is not waited for: two backups of one datastore at a time are one too many. */
export function waitForData(unless?: string): WhenHeld {
  return {
    waitsFor: (holder) =>
      holder !== undefined && takesDatastores(holder) && !isLeftOut(holder, unless),
    delay: (tries) => {
      let waited = 0;
      for (let one = 1; one < tries; one += 1) waited += delayOf(one);
      return waited < IN_ALL_MS ? Math.min(delayOf(tries), IN_ALL_MS - waited) : undefined;
    },
  };
}

/** A maintenance window takes its own backup: one more is left out. */
function isLeftOut({ kind, opensWindow }: Runbook, unless: string | undefined): boolean {
  return unless !== undefined && (kind === unless || opensWindow === true);
}

function delayOf(tries: number): number {
  return Math.min(FIRST_MS * 2 ** Math.min(tries - 1, 20), LONGEST_MS);
}
