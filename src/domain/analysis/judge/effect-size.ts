// How large a difference is, and how large it may be.
import type { JudgeOptions } from '../../../config/judge-options.ts';
import { rankSum, type Sorted } from './rank-sum.ts';
import { mean } from './samples.ts';

type EffectSize = JudgeOptions['effectSize'];

export interface EffectLimits {
  allowedIncrease: number;
  allowedDecrease: number;
  criticalIncrease: number;
  criticalDecrease: number;
}

/** The size of the effect by `measure`; NaN where it cannot be had: a mean of 0. */
export function effectOf(x: Sorted, y: Sorted, measure: EffectSize['measure']): number {
  return measure === 'cles' ? commonLanguage(x, y) : meanRatio(x, y);
}

/** The limits of an effect, with defaults: no effect is 1 as a ratio of means, 0.5 as a share of pairs. */
export function effectLimits({ measure, ...limits }: EffectSize): EffectLimits {
  const none = measure === 'cles' ? 0.5 : 1;
  return {
    allowedIncrease: limits.allowedIncrease ?? none,
    allowedDecrease: limits.allowedDecrease ?? none,
    criticalIncrease: limits.criticalIncrease ?? none,
    criticalDecrease: limits.criticalDecrease ?? none,
  };
}

function meanRatio(x: Sorted, y: Sorted): number {
  const [above, below] = [mean(x), mean(y)];
  return above === 0 || below === 0 ? NaN : above / below;
}

/** The share of pairs in which x is larger, ties counted half (Vargha and Delaney 2000). */
function commonLanguage(x: Sorted, y: Sorted): number {
  const [m, n] = [x.length, y.length];
  return (2 * rankSum(x, y, 0).ranks - m * (m + 1)) / (2 * m * n);
}
