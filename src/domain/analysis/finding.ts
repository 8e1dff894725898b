// What one analysis, check or judgement found: a verdict with the numbers that it stands on.
import type { Distribution } from './comparison.ts';
import type { MetricSeries } from './measured.ts';
import type { Verdict } from './verdict.ts';

/** How often one metric was read in a bake. */
export interface MetricReads {
  metric: string;
  /** Reads that gave numbers. */
  ok: number;
  /** Reads that worked and had no number for the metric. */
  noData: number;
  /** Reads that failed: no answer, or one that is not believed. */
  failed: number;
  /** Requests of the windows that were judged; absent where nothing counts them. */
  requests?: number;
}

/** The verdict of one analysis, check or judgement, with a sentence that has the numbers. */
export interface Finding {
  name: string;
  verdict: Verdict;
  reason: string;
  /** Requests (runs of a check, values of a query) that the verdict stands on. */
  samples: number;
  /** A check that compares says what it wanted (`expected`) and what it found (`got`). */
  expected?: string;
  got?: string;
  /** How often each metric of an analysis was read, and over how many requests it was judged. */
  reads?: MetricReads[];
  /** What an analysis measured, window by window; a check has none. */
  series?: MetricSeries[];
  /** The comparisons with the stable revision at the end of a bake, one for each metric compared. */
  distributions?: Distribution[];
}

/** Did anything judge? A pass that stands on nothing is told, and no more. */
export function hasJudged(findings: readonly Pick<Finding, 'verdict' | 'samples'>[]): boolean {
  return findings.some(({ verdict, samples }) => verdict !== 'pass' || samples > 0);
}

/** A finding together with the id of the plan step that it was made at. */
export interface StepFinding extends Finding {
  step: string;
}
