// What analyses and checks come to, and which of two verdicts counts.
import type { Distribution } from './comparison.ts';
import type { MetricSeries } from './measured.ts';

/** No data is `inconclusive`: never a pass, never a fail. */
export type Verdict = 'pass' | 'fail' | 'inconclusive';

/** What an analysis or a check came to, with a sentence that has the numbers. */
export interface Finding {
  name: string;
  verdict: Verdict;
  reason: string;
  /** Requests (runs of a check, values of a query) that the verdict stands on. */
  samples: number;
  /** Of a check that compares: what it should have been, and what it was. */
  expected?: string;
  got?: string;
  /** What an analysis measured, window by window; a check has none. */
  series?: MetricSeries[];
  /** What was compared with the stable revision at the end of a bake. */
  distributions?: Distribution[];
}

/** One that was given at a step of an operation. */
export interface StepFinding extends Finding {
  step: string;
}

const ORDER: Record<Verdict, number> = { pass: 0, inconclusive: 1, fail: 2 };

/** Fail beats inconclusive beats pass; nothing at all is inconclusive. */
export function worst(verdicts: Verdict[]): Verdict {
  if (verdicts.length === 0) return 'inconclusive';
  return verdicts.reduce((a, b) => (ORDER[b] > ORDER[a] ? b : a));
}
