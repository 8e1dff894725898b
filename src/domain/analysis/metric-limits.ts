// The limits of a metric against a value, however that was measured: what holds, what does not, what cannot be told.
import type { Metric } from '../../config/system.ts';
import type { Quantile } from './histogram-quantile.ts';
import type { Verdict } from './verdict.ts';

export interface Limit {
  verdict: Verdict;
  reason: string;
  /** True when more requests may turn an `inconclusive` limit into another verdict. */
  waits?: boolean;
}

/** How a value stands to the limits `max` and `min`, as far as the metric sets them. */
export function absolute(metric: Metric, value: Quantile): Limit[] {
  const limits: Limit[] = [];
  if (metric.max !== undefined) {
    const limit = { value: metric.max, beyond: false };
    limits.push(say(atMost(value, limit), value, limit, ['within', 'over'], 'max '));
  }
  if (metric.min !== undefined) {
    const limit = { value: metric.min, beyond: false };
    limits.push(say(atMost(limit, value), value, limit, ['not under', 'under'], 'min '));
  }
  return limits;
}

/** True when a limit of the metric needs the stable revision. */
export function wantsStable({ maxOverStable, compare }: Metric): boolean {
  return maxOverStable !== undefined || compare !== undefined;
}

/** How a value stands to the stable revision's. `from`: what the stable value was made of, in brackets or empty. */
export function overStable(
  { maxOverStable, compare }: Metric,
  value: Quantile,
  stable: Quantile,
  from: string,
): Limit[] {
  const { ratio, difference } = maxOverStable ?? {};
  const of = `stable's ${shown(stable)}${from}`;
  const limits: Limit[] = [];
  if (ratio !== undefined) {
    const limit = { value: stable.value * ratio, beyond: stable.beyond };
    const words = `${show(ratio)} times ${of} = `;
    limits.push(say(atMost(value, limit), value, limit, ['within', 'over'], words));
  }
  if (difference !== undefined) {
    const limit = { value: stable.value + difference, beyond: stable.beyond };
    const words = `${show(difference)} more than ${of} = `;
    limits.push(say(atMost(value, limit), value, limit, ['within', 'over'], words));
  }
  if (compare !== undefined && limits.length === 0) {
    limits.push({ verdict: 'pass', reason: 'kept for the comparison at the end' });
  }
  return limits;
}

/** The limits over the stable revision where it is known beforehand that there is none to compare with: a first deploy, or all traffic on one side. */
export function alone(metric: Metric): Limit[] {
  if (metric.max === undefined && metric.min === undefined) {
    return [unable('there is no stable revision with traffic, and it has no max or min')];
  }
  return [{ verdict: 'pass', reason: 'not compared, no stable revision has traffic' }];
}

export function unable(why: string): Limit {
  return { verdict: 'inconclusive', reason: `not compared: ${why}` };
}

/** Is `a` at most `b`? Something beyond the largest bucket is known to be more, not how much more. */
function atMost(a: Quantile, b: Quantile): Verdict {
  if (a.beyond && b.beyond) return 'inconclusive';
  if (a.beyond) return b.value <= a.value ? 'fail' : 'inconclusive';
  if (a.value <= b.value) return 'pass';
  return b.beyond ? 'inconclusive' : 'fail';
}

function say(
  verdict: Verdict,
  value: Quantile,
  limit: Quantile,
  [pass, fail]: [string, string],
  words: string,
): Limit {
  const close = show(value.value) === show(limit.value) && value.value !== limit.value;
  const number = close ? `${limit.value} (it is ${value.value})` : shown(limit);
  if (verdict === 'inconclusive') {
    const reason = `not told from ${words}${number}: beyond the largest bucket`;
    return { verdict, reason };
  }
  return { verdict, reason: `${verdict === 'pass' ? pass : fail} ${words}${number}` };
}

export function shown({ value, beyond }: Quantile): string {
  return `${beyond ? 'more than ' : ''}${show(value)}`;
}

export function show(value: number): string {
  return String(Number(value.toPrecision(4)));
}
