// The three verdicts, and which of several counts.

/** The result of a judgement. Missing data is `inconclusive`: never a pass, never a fail. */
export type Verdict = 'pass' | 'fail' | 'inconclusive';

const ORDER: Record<Verdict, number> = { pass: 0, inconclusive: 1, fail: 2 };

/** The verdict that counts of several: fail beats inconclusive beats pass; an empty list is inconclusive. */
export function worst(verdicts: Verdict[]): Verdict {
  if (verdicts.length === 0) return 'inconclusive';
  return verdicts.reduce((a, b) => (ORDER[b] > ORDER[a] ? b : a));
}
