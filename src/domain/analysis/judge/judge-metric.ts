// Judges one metric of a new revision against the stable one's: Kayenta's class, and the verdict of
// Fairlead beside it. Pure: the same samples in any order give the same answer.
import type { JudgeOptions } from '../../../config/judge-options.ts';
import type { Verdict } from '../verdict.ts';
import { classify, type Classified, type MetricClass } from './compare.ts';
import { describeJudgement, type Sizes } from './describe-judgement.ts';
import { readySamples } from './samples.ts';

/** What is compared, and how; `judgeOptionsSchema` fills in what is left out. */
export interface JudgedMetric extends JudgeOptions {
  /** Samples of the new revision; NaN is what could not be measured. */
  experiment: readonly number[];
  /** Samples of the stable revision. */
  control: readonly number[];
}

export interface MetricJudgement {
  class: MetricClass;
  critical: boolean;
  /** Why the metric got its class: one sentence, with the numbers. */
  reason: string;
  /** The interval of the shift, experiment less control: `[low, high]`; null where nothing was compared. */
  interval: [number, number] | null;
  estimate: number | null;
  /** The size of the effect by the measure that was asked for; null where it cannot be had. */
  effect: number | null;
  verdict: Verdict;
  /** The number of samples that were compared, without NaN (unless it is replaced) and outliers. */
  samples: Sizes;
  /** The number of samples that were measured: not NaN. */
  measured: Sizes;
}

export function judgeMetric(metric: JudgedMetric): MetricJudgement {
  const [x, y] = [readySamples(metric.experiment, metric), readySamples(metric.control, metric)];
  const classified = classify(x, y, metric);
  const samples = { experiment: x.length, control: y.length };
  const measured = {
    experiment: measuredIn(metric.experiment),
    control: measuredIn(metric.control),
  };
  const given = { experiment: metric.experiment.length, control: metric.control.length };
  const least = Math.min(x.length, y.length, measured.experiment, measured.control);
  const verdict = verdictOf(classified, least < metric.minSamples);
  const { found } = classified;
  const numbers = typeof found === 'string' ? undefined : found;
  return {
    class: classified.class,
    critical: classified.critical,
    reason: describeJudgement(classified, { samples, measured, given }, metric),
    interval: numbers === undefined ? null : [numbers.low, numbers.high],
    estimate: numbers?.estimate ?? null,
    effect: numbers === undefined ? effectWithout(found) : orNull(numbers.effect),
    verdict,
    samples,
    measured,
  };
}

function measuredIn(samples: readonly number[]): number {
  return samples.filter((one) => !Number.isNaN(one)).length;
}

/** Too few samples, or too few that were measured, are no ground for a pass, nor for a fail. */
function verdictOf({ class: name, found }: Classified, tooFew: boolean): Verdict {
  if (tooFew || found === 'empty') return 'inconclusive';
  if (name === 'Pass') return 'pass';
  return name === 'High' || name === 'Low' ? 'fail' : 'inconclusive';
}

/** The effect where nothing was compared: Kayenta says 1 where there is no difference, whatever the measure. */
function effectWithout(found: Classified['found']): number | null {
  return found === 'identical' || found === 'oneValue' ? 1 : null;
}

function orNull(value: number): number | null {
  return Number.isFinite(value) ? value : null;
}
