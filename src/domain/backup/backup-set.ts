// Backups of several datastores taken together: how far apart their recovery points lie. Restored together, what was
// written in between is in one and missing in another.
import type { RecoveryPoint } from './backup.ts';
import { MOST_SKEW_MS } from './ladder.ts';
import { spanOf } from '../text/time-span.ts';

export interface SetMember {
  datastore: string;
  recoveryPoint: RecoveryPoint;
}

export interface SetSkew {
  /** Milliseconds between the recovery points at most, and at least (0 when they may be one moment). */
  mostMs: number;
  leastMs: number;
  /** A clock is off: the figures are worth nothing. */
  doubtful: boolean;
  reason: string;
}

/** How far apart the recovery points of a set lie; below two members there is nothing to compare, and no skew. */
export function setSkew(members: readonly SetMember[]): SetSkew {
  if (members.length < 2) {
    return { mostMs: 0, leastMs: 0, doubtful: false, reason: 'one datastore has no skew' };
  }
  const from = members.map(({ recoveryPoint }) => Date.parse(recoveryPoint.notBefore));
  const to = members.map(({ recoveryPoint }) => Date.parse(recoveryPoint.notAfter));
  const mostMs = Math.max(...to) - Math.min(...from);
  const leastMs = Math.max(0, Math.max(...from) - Math.min(...to));
  const off = members.filter(({ recoveryPoint }) => Math.abs(recoveryPoint.skewMs) > MOST_SKEW_MS);
  const least = spanOf(leastMs);
  const most = spanOf(mostMs);
  const apart = least === most ? least : `between ${least} and ${most}`;
  const range = `the recovery points of ${members.map(({ datastore }) => datastore).join(', ')} lie ${apart} apart`;
  if (off.length === 0) return { mostMs, leastMs, doubtful: false, reason: range };
  const clocks = off.map(
    ({ datastore, recoveryPoint }) => `${datastore} ${recoveryPoint.skewMs} ms`,
  );
  const reason = `${range}, by clocks that are off: ${clocks.join(', ')}`;
  return { mostMs, leastMs, doubtful: true, reason };
}
