// The one sentence beside a class: what was found, in numbers, and what decided.
import type { JudgeOptions } from '../../../config/judge-options.ts';
import { isAbove, isBelow, type Classified, type Compared, type Unmeasured } from './compare.ts';
import { effectLimits } from './effect-size.ts';
import { ROOT_TOLERANCE } from './find-root.ts';

/** A number for each side. */
export interface Sizes {
  experiment: number;
  control: number;
}

/** Of both sides: what was given, what of it is a number, and what was compared in the end. */
interface Counts {
  given: Sizes;
  measured: Sizes;
  samples: Sizes;
}

export function describeJudgement(
  classified: Classified,
  counts: Counts,
  options: JudgeOptions,
): string {
  const { found } = classified;
  const { samples: sizes, measured } = counts;
  if (found !== 'empty' && Math.min(measured.experiment, measured.control) === 0) {
    return `${classified.class}: no data (${measuredWords(counts)}): zeros in their place say nothing`;
  }
  const critical = classified.critical ? ' (critical)' : '';
  const said =
    typeof found === 'string'
      ? UNMEASURED[found](sizes)
      : `${shiftOf(found, options)}${decidedBy(classified, found, options)}`;
  return `${classified.class}${critical}: ${said}${fewness(found, counts, options)}`;
}

const UNMEASURED: Record<Unmeasured, (sizes: Sizes) => string> = {
  empty: ({ experiment, control }) =>
    `no data (${counted(experiment)} of the experiment, ${control} of the control): nothing was compared`,
  identical: ({ experiment }) => `both have the same ${counted(experiment)}`,
  oneValue: ({ experiment, control }) =>
    `all ${experiment + control} samples of both have the same value`,
  notFinite: () => 'a sample is infinite, so nothing was compared',
  allTied: () => 'all samples are the same once shifted, so there is nothing to rank',
  outOfRange: () => 'the samples are too far apart for the arithmetic; use a larger unit',
};

function shiftOf(found: Compared, { confidence }: JudgeOptions): string {
  const { low, high, estimate } = found;
  const direction = estimate < 0 ? 'lower' : 'higher';
  const sure = `${show(confidence * 100)} % interval ${show(low)} to ${show(high)}`;
  return `the experiment is ${show(Math.abs(estimate))} ${direction} (${sure})`;
}

function decidedBy(classified: Classified, found: Compared, options: JudgeOptions): string {
  const bound = `±${show(found.bound)}`;
  if (classified.class !== 'Pass') {
    return `, beyond ${bound}${effectWords(classified, found, options)}`;
  }
  if (isAbove(found)) return `, beyond ${bound}${excuse('increase', found, options)}`;
  if (isBelow(found)) return `, beyond ${bound}${excuse('decrease', found, options)}`;
  return `, not beyond ${bound}${unitHint(found)}`;
}

function effectWords(classified: Classified, found: Compared, options: JudgeOptions): string {
  const { measure } = options.effectSize;
  if (Number.isNaN(found.effect)) return ` (${measure} cannot be had: a mean is 0)`;
  const limits = effectLimits(options.effectSize);
  const limit =
    classified.class === 'High'
      ? `from ${show(limits.allowedIncrease)}`
      : `down from ${show(limits.allowedDecrease)}`;
  return `, ${measure} ${show(found.effect)} (counts ${limit})`;
}

/** Why a shift beyond the bound passes. */
function excuse(side: 'increase' | 'decrease', found: Compared, options: JudgeOptions): string {
  if (options.direction !== 'either' && options.direction !== side) {
    return `, but only a ${options.direction} counts`;
  }
  const { measure } = options.effectSize;
  const limits = effectLimits(options.effectSize);
  const limit = side === 'increase' ? limits.allowedIncrease : limits.allowedDecrease;
  const key = side === 'increase' ? 'allowedIncrease' : 'allowedDecrease';
  return `, but ${measure} ${show(found.effect)} is within ${key} ${show(limit)}`;
}

/** The solver's tolerance is absolute: for small numbers it decides where the interval lies. */
function unitHint({ low, high }: Compared): string {
  const close = Math.max(Math.abs(low), Math.abs(high)) <= 10 * ROOT_TOLERANCE;
  if (!close) return '';
  return `; shifts near ${ROOT_TOLERANCE} cannot be told apart: use a smaller unit`;
}

function fewness(
  found: Classified['found'],
  counts: Counts,
  { minSamples, nanStrategy }: JudgeOptions,
): string {
  if (found === 'empty') return '';
  const { samples, measured, given } = counts;
  const sides = [samples.experiment, samples.control, measured.experiment, measured.control];
  const all = measured.experiment === given.experiment && measured.control === given.control;
  const replaced = nanStrategy === 'replace' && !all;
  const words = replaced ? measuredWords(counts) : `${samples.experiment} and ${samples.control}`;
  if (Math.min(...sides) < minSamples) {
    return `; too few samples to decide (${words}, needed ${minSamples} each)`;
  }
  return replaced ? `; ${words}, zeros in place of the others` : '';
}

function measuredWords({ measured, given }: Counts): string {
  const { experiment, control } = measured;
  return `measured: ${experiment} of ${given.experiment} of the experiment, ${control} of ${given.control} of the control`;
}

function counted(samples: number): string {
  return samples === 1 ? '1 sample' : `${samples} samples`;
}

export function show(value: number): string {
  return String(Number(value.toPrecision(4)));
}
