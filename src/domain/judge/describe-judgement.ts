// The one sentence beside a class: what was found, in numbers, and what decided.
import type { JudgeOptions } from '../../config/judge-options.ts';
import { isAbove, isBelow } from './compare.ts';
import type { Classified, Compared, Unmeasured } from './compare.ts';
import { effectLimits } from './effect-size.ts';
import { ROOT_TOLERANCE } from './find-root.ts';

interface Sizes {
  experiment: number;
  control: number;
}

export function describeJudgement(
  classified: Classified,
  sizes: Sizes,
  options: JudgeOptions,
): string {
  const { found } = classified;
  const critical = classified.critical ? ' (critical)' : '';
  const said =
    typeof found === 'string'
      ? UNMEASURED[found](sizes)
      : `${shiftOf(found, options)}${decidedBy(classified, found, options)}`;
  return `${classified.class}${critical}: ${said}${fewness(found, sizes, options)}`;
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

function fewness(found: Classified['found'], sizes: Sizes, { minSamples }: JudgeOptions): string {
  const least = Math.min(sizes.experiment, sizes.control);
  if (found === 'empty' || least >= minSamples) return '';
  const sides = `${sizes.experiment} and ${sizes.control}`;
  return `; too few samples to decide (${sides}, needed ${minSamples} each)`;
}

function counted(samples: number): string {
  return samples === 1 ? '1 sample' : `${samples} samples`;
}

export function show(value: number): string {
  return String(Number(value.toPrecision(4)));
}
