// What Kayenta's judge says of two samples, as numbers and a class: no verdict yet, and no words.
import type { JudgeOptions } from '../../../config/judge-options.ts';
import { effectLimits, effectOf } from './effect-size.ts';
import { AllTied, type Sorted } from './rank-sum.ts';
import { areEqual, isConstant } from './samples.ts';
import { OutOfRange, shiftInterval, type ShiftInterval } from './shift-interval.ts';
/** Kayenta's names for what a metric comes to. */
export type MetricClass = 'Pass' | 'High' | 'Low' | 'Nodata' | 'NodataFailMetric' | 'Error';

export interface Compared extends ShiftInterval {
  /** The shift that the interval has to lie beyond, as a distance from 0. */
  bound: number;
  /** NaN where it cannot be had. */
  effect: number;
}

/** Why there are no numbers. */
export type Unmeasured =
  'empty' | 'identical' | 'oneValue' | 'notFinite' | 'allTied' | 'outOfRange';

export interface Classified {
  class: MetricClass;
  critical: boolean;
  found: Compared | Unmeasured;
}

export function classify(x: Sorted, y: Sorted, options: JudgeOptions): Classified {
  if (x.length === 0 || y.length === 0) return classifyEmpty(options);
  const [known, found] = compare(x, y, options);
  if (typeof found === 'string') return { class: known, critical: false, found };
  const side = sideOf(found, options);
  return { class: side, critical: options.critical && isCritical(side, found, options), found };
}

function classifyEmpty({ nanStrategy, mustHaveData, critical }: JudgeOptions): Classified {
  if (nanStrategy === 'replace') return { class: 'Pass', critical: false, found: 'empty' };
  // A critical metric stays critical: then its missing data weighs more than a failed metric.
  if (mustHaveData && !critical) {
    return { class: 'NodataFailMetric', critical: false, found: 'empty' };
  }
  return { class: 'Nodata', critical, found: 'empty' };
}

/** The class counts only where there are no numbers. */
function compare(
  x: Sorted,
  y: Sorted,
  { confidence, tolerance, effectSize }: JudgeOptions,
): ['Pass' | 'Error', Compared | Unmeasured] {
  // Infinity sorts to the ends.
  if (![...edges(x), ...edges(y)].every(Number.isFinite)) return ['Error', 'notFinite'];
  if (areEqual(x, y)) return ['Pass', 'identical'];
  const flat = isConstant(x) && isConstant(y);
  if (flat && x[0] === y[0]) return ['Pass', 'oneValue'];
  try {
    const shift = shiftInterval(...(flat ? withNoise(x, y) : ([x, y] as const)), confidence);
    // Of the samples as they were: the noise is there for the ranks only.
    const effect = effectOf(x, y, effectSize.measure);
    return ['Pass', { ...shift, bound: tolerance * Math.abs(shift.estimate), effect }];
  } catch (error) {
    if (error instanceof AllTied) return ['Error', 'allTied'];
    if (error instanceof OutOfRange) return ['Error', 'outOfRange'];
    throw error;
  }
}

function edges(sorted: Sorted): (number | undefined)[] {
  return [sorted[0], sorted[sorted.length - 1]];
}

function sideOf(found: Compared, { direction, effectSize }: JudgeOptions): 'Pass' | 'High' | 'Low' {
  const { allowedIncrease, allowedDecrease } = effectLimits(effectSize);
  if (direction !== 'decrease' && isAbove(found) && !(found.effect < allowedIncrease))
    return 'High';
  if (direction !== 'increase' && isBelow(found) && !(found.effect > allowedDecrease)) return 'Low';
  return 'Pass';
}

export function isAbove({ low, bound }: Compared): boolean {
  return low > bound;
}

export function isBelow({ high, bound }: Compared): boolean {
  return high < -bound;
}

/** An effect that cannot be had counts as beyond every limit. */
function isCritical(
  side: 'Pass' | 'High' | 'Low',
  found: Compared,
  options: JudgeOptions,
): boolean {
  const { criticalIncrease, criticalDecrease } = effectLimits(options.effectSize);
  if (side === 'High') return !(found.effect < criticalIncrease);
  return side === 'Low' && !(found.effect > criticalDecrease);
}

const SEED = 0x5eed;
/** Standard deviation of the noise as a share of the value: 0 gets none. */
const SCALE = 1e-5;

/** Both sorted again. */
function withNoise(x: Sorted, y: Sorted): [Sorted, Sorted] {
  const next = uniform(SEED);
  const noisy = (one: number): number => one + gaussian(next) * Math.abs(one) * SCALE;
  return [x.map(noisy).sort(), y.map(noisy).sort()];
}

/** Box and Muller. */
function gaussian(next: () => number): number {
  return Math.sqrt(-2 * Math.log(1 - next())) * Math.cos(2 * Math.PI * next());
}

/** Mulberry32: numbers from 0 up to 1. */
function uniform(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}
