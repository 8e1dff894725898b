// Does an operation on data wait for the one that has the datastore? A backup at night should not be lost to a
// verification; two backups of one datastore at a time are one too many. Pure.

const FIRST_MS = 2_000;
/** Twice as long each time up to this, so that an hour fits into a short history. */
const LONGEST_MS = 5 * 60_000;
const IN_ALL_MS = 3_600_000;

const READS_DATA: readonly string[] = ['backup', 'verifyBackup', 'disasterRecovery'];

/** How long to wait before the next try (ms), by how often it was tried; undefined: it is refused. */
export function turnDelay(
  kind: string,
  heldBy: string | undefined,
  tries: number,
): number | undefined {
  const isTurn = heldBy !== undefined && READS_DATA.includes(heldBy);
  if (!isTurn || (kind === 'backup' && heldBy === 'backup')) return undefined;
  let waited = 0;
  for (let one = 1; one < tries; one += 1) waited += delayOf(one);
  return waited < IN_ALL_MS ? Math.min(delayOf(tries), IN_ALL_MS - waited) : undefined;
}

function delayOf(tries: number): number {
  return Math.min(FIRST_MS * 2 ** Math.min(tries - 1, 20), LONGEST_MS);
}
