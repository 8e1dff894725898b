// The ladder that a backup climbs to be proved, and what its rungs come to together. Pure: the measurements come from
// datastores/; the workflow that climbs asks here how it concludes.
import type { BackupManifest, Contents, RecoveryPoint } from './backup.ts';
import {
  contentDifferences,
  hashedAnotherWay,
  otherLocale,
  rowsLost,
  structureDifferences,
} from './compare-contents.ts';
import type { Rung } from './rungs.ts';
import { spanOf } from '../text/time-span.ts';
import { type Verdict, worst } from '../analysis/verdict.ts';
import { countOf } from '../text/amounts.ts';

export interface RungResult {
  rung: Rung;
  verdict: Verdict;
  /** With the numbers. */
  reason: string;
  /** Differences found, the first twenty, each a sentence. */
  differences?: string[];
}

export interface LadderResult {
  verdict: Verdict;
  reason: string;
  /** Required, and nobody climbed it. */
  notRun: Rung[];
}

/** Clocks that are further apart are not believed. */
const CLOCKS_APART_MS = 1_000;
const SHOWN = 20;
/** A clock that is further off makes every age that was worked out with it worthless. */
export const MOST_SKEW_MS = 1000;

/**
 * `pass` only if every required rung ran and passed; a rung that ran counts, required or not. `whyNotRun` is added to
 * the names of those that nobody climbed.
 */
export function combineRungs(
  required: readonly Rung[],
  results: readonly RungResult[],
  whyNotRun = '',
): LadderResult {
  const notRun = required.filter((rung) => !results.some((result) => result.rung === rung));
  const ran = worst(results.map(({ verdict }) => verdict));
  const verdict: Verdict = ran === 'pass' && notRun.length > 0 ? 'inconclusive' : ran;
  const named = (which: Verdict): string[] =>
    results
      .filter((result) => result.verdict === which)
      .map(({ rung, reason }) => `${rung}: ${reason}`);
  const passed = `${named('pass').length} of ${results.length} rungs that ran passed`;
  const missing = notRun.length === 0 ? [] : [`not run: ${notRun.join(', ')}${whyNotRun}`];
  const reason = [...named('fail'), ...named('inconclusive'), passed, ...missing].join('; ');
  return { verdict, reason, notRun };
}

/** Counts, definitions and sequences of a copy against what the manifest says. */
export function judgeComplete(expected: Contents, found: Contents): RungResult {
  const { parts, definitions, sequences, notDumped = [] } = expected;
  const left = notDumped.length === 0 ? '' : `; not in the backup: ${notDumped.join(', ')}`;
  const counted = [
    countOf(parts.length, 'part'),
    ...(definitions.length === 0 ? [] : [countOf(definitions.length, 'definition')]),
    ...(sequences.length === 0 ? [] : [countOf(sequences.length, 'sequence')]),
  ];
  const same = `${counted.join(', ')} as in the manifest${left}`;
  const result = compared('complete', { expected, found, same }, structureDifferences);
  const lost = rowsLost(expected, found);
  if (lost.length === 0 || result.verdict === 'fail') return result;
  const reason = `the backup does not hold the rows of ${lost.slice(0, SHOWN).join(', ')}: no dump does, and the copy has not got them; take a table out of its extension (ALTER EXTENSION ... DROP TABLE) or have that mark it (pg_extension_config_dump), or move it to a schema of yours`;
  return { rung: 'complete', verdict: 'inconclusive', reason, differences: lost.slice(0, SHOWN) };
}

/** The hash of each part of a copy against the manifest's. */
export function judgeCorrect(expected: Contents, found: Contents): RungResult {
  const { length } = expected.parts;
  const same = `${countOf(length, 'part')} with the ${length === 1 ? 'hash' : 'hashes'} of the manifest`;
  return compared('correct', { expected, found, same }, contentDifferences);
}

function compared(
  rung: Rung,
  { expected, found, same }: { expected: Contents; found: Contents; same: string },
  differencesOf: (expected: Contents, found: Contents) => string[],
): RungResult {
  const odd = hashedAnotherWay(expected, found);
  if (odd !== undefined) {
    const reason = `${odd} was read in another way when the backup was taken: no comparison; take a new one with this version of Fairlead`;
    return { rung, verdict: 'inconclusive', reason };
  }
  const result = rungOf(rung, differencesOf(expected, found), same, expected.parts.length);
  const other = otherLocale(expected, found);
  if (result.verdict !== 'fail' || other === undefined) return result;
  const reason = `${other}, which may be why: ${result.reason}; verify on a machine with the same locale and libraries`;
  return { ...result, verdict: 'inconclusive', reason };
}

function rungOf(
  rung: Rung,
  differences: readonly string[],
  same: string,
  parts: number,
): RungResult {
  if (differences.length > 0) {
    const others = differences.length - 1;
    const more =
      others > 0 ? `; ${others} more ${others === 1 ? 'difference' : 'differences'}` : '';
    return {
      rung,
      verdict: 'fail',
      reason: `${differences[0] ?? ''}${more}`,
      differences: differences.slice(0, SHOWN),
    };
  }
  // An empty backup of an empty store compares equal, and proves nothing.
  if (parts === 0) {
    return { rung, verdict: 'inconclusive', reason: 'the manifest lists nothing to compare' };
  }
  return { rung, verdict: 'pass', reason: same };
}

/** How old the data is that came back, measured at `wantedAt` (ms), against the most that may be lost. */
export function judgePointInTime(
  manifest: Pick<BackupManifest, 'recoveryPoint'>,
  { wantedAt, rpoMs }: { wantedAt: number; rpoMs: number },
): RungResult {
  const rung = 'pointInTime';
  const { recoveryPoint } = manifest;
  const problem = pointProblem(recoveryPoint);
  if (problem !== undefined) return { rung, verdict: 'inconclusive', reason: problem };
  return judgeAge(recoveryPoint.notBefore, { wantedAt, rpoMs });
}

/** `upTo` (ISO 8601): everything that was committed before is there. */
export function judgeAge(
  upTo: string,
  { wantedAt, rpoMs }: { wantedAt: number; rpoMs: number },
): RungResult {
  const rung = 'pointInTime';
  const lost = wantedAt - Date.parse(upTo);
  if (lost < -CLOCKS_APART_MS) {
    const reason = `its point of recovery, ${upTo}, was still to come when it was asked for: whose clock was off? Its age says nothing`;
    return { rung, verdict: 'inconclusive', reason };
  }
  const told = `what was written up to ${upTo} is in it: ${spanOf(lost)} before`;
  if (lost > rpoMs) {
    return { rung, verdict: 'fail', reason: `${told}, more than the RPO of ${spanOf(rpoMs)}` };
  }
  return { rung, verdict: 'pass', reason: `${told}, within the RPO of ${spanOf(rpoMs)}` };
}

/** Why no age can be worked out from a point of recovery. */
export function pointProblem({ notBefore, notAfter, skewMs }: RecoveryPoint): string | undefined {
  const [from, to] = [Date.parse(notBefore), Date.parse(notAfter)];
  if (Number.isNaN(from) || Number.isNaN(to) || from > to) {
    return `the recovery point ${notBefore} to ${notAfter} is no stretch of time`;
  }
  return skewProblem(skewMs);
}

export function skewProblem(skewMs: number): string | undefined {
  if (Math.abs(skewMs) <= MOST_SKEW_MS) return undefined;
  return `the datastore's clock was ${skewMs} ms off the worker's, more than ${MOST_SKEW_MS}: how old the data is cannot be said; mend the clocks`;
}
