// One metric over one window: its value from what the counters grew, and whether its limits hold.
import type { Metric } from '../config/system.ts';
import type { Term } from './counters.ts';
import { answered, type Answered } from './measured.ts';
import { histogramQuantile } from './histogram-quantile.ts';
import type { Quantile } from './histogram-quantile.ts';
import { matches, parseSelector, withLabels } from './selector.ts';
import type { Selector } from './selector.ts';
import { worst } from './verdict.ts';
import type { Verdict } from './verdict.ts';

type Grown = Record<string, number>;

export interface Window {
  judged: Grown;
  /** Absent when there is no stable revision to compare with. */
  stable?: Grown;
  seconds: number;
  minimumSamples: number;
  /** The stable revision's samples cannot be told from the judged one's. */
  indistinct: boolean;
}

export interface Reading {
  /** False while the window has too few requests to say anything; it should grow. */
  ready: boolean;
  verdict: Verdict;
  reason: string;
  samples: number;
  /** What each revision answered, whatever came of it. */
  measured: { judged: Answered; stable?: Answered };
}

interface Value extends Quantile {
  samples: number;
  /** What it was made of, in words. */
  from: string;
}

interface Limit {
  verdict: Verdict;
  reason: string;
  /** More requests may change it from `inconclusive`. */
  waits?: boolean;
}

/** The terms that a metric counts. Throws `Failure('BadInput', ...)` for a selector that cannot be read. */
export function termsOf(metric: Metric, labels: Record<string, string>): Term[] {
  const select = (text: string) => withLabels(parseSelector(text), labels);
  const counting = (selector: Selector, term: string): Term => {
    return (sample) => (matches(selector, sample) ? term : undefined);
  };
  if (metric.ratio !== undefined) {
    return [counting(select(metric.ratio.of), 'of'), counting(select(metric.ratio.to), 'to')];
  }
  if (metric.rate !== undefined) {
    const of = select(metric.rate.of);
    // A series of errors is not there before the first error: requests are those of all its labels.
    const all = withLabels({ name: of.name, matchers: [] }, labels);
    return [counting(of, 'of'), counting(all, 'all')];
  }
  if (metric.quantile !== undefined) return [buckets(select(metric.quantile.of))];
  return [];
}

function buckets(selector: Selector): Term {
  const name = selector.name.endsWith('_bucket') ? selector.name : `${selector.name}_bucket`;
  return (sample) => {
    if (!matches({ ...selector, name }, sample)) return undefined;
    const bound = boundOf(sample.labels['le'] ?? '');
    return Number.isNaN(bound) ? undefined : String(bound);
  };
}

function boundOf(le: string): number {
  if (le.trim() === '') return NaN;
  return /^\+?inf$/i.test(le) ? Infinity : Number(le);
}

export function judgeMetric(name: string, metric: Metric, window: Window): Reading {
  const value = valueOf(metric, window.judged, window.seconds);
  const samples = value.samples;
  const measured = measuredOf(metric, value, window);
  if (samples < window.minimumSamples || samples <= 0) {
    const reason = `${name}: no data (${show(samples)} of the ${window.minimumSamples} requests needed)`;
    return { ready: false, verdict: 'inconclusive', reason, samples, measured };
  }
  if (Number.isNaN(value.value)) {
    const reason = `${name}: not a number from ${value.from}`;
    return { ready: true, verdict: 'inconclusive', reason, samples, measured };
  }
  const limits = [...absolute(metric, value), ...compared(metric, value, window)];
  const verdict = worst(limits.map((limit) => limit.verdict));
  const said = limits.map((limit) => limit.reason).join('; ') || 'it has no limit that applies';
  return {
    ready: verdict !== 'inconclusive' || !limits.some((limit) => limit.waits === true),
    verdict,
    reason: `${name} ${shown(value)} (${value.from}): ${said}`,
    samples,
    measured,
  };
}

function measuredOf(
  metric: Metric,
  value: Value,
  { stable, seconds }: Window,
): Reading['measured'] {
  const judged = answered(value.value, value.samples);
  if (stable === undefined) return { judged };
  const other = valueOf(metric, stable, seconds);
  return { judged, stable: answered(other.value, other.samples) };
}

function valueOf(metric: Metric, grown: Grown, seconds: number): Value {
  const of = grown['of'] ?? 0;
  if (metric.ratio !== undefined) {
    const to = grown['to'] ?? 0;
    return {
      value: of / to,
      beyond: false,
      samples: to,
      from: `${show(of)} of ${show(to)} requests`,
    };
  }
  if (metric.rate !== undefined) {
    const from = `${show(of)} in ${show(seconds)} s`;
    return { value: of / seconds, beyond: false, samples: grown['all'] ?? 0, from };
  }
  const { q } = metric.quantile ?? { q: 0.5 };
  const counts = Object.entries(grown).map(([le, count]) => ({ upperBound: Number(le), count }));
  const found = histogramQuantile(q, counts) ?? { value: NaN, beyond: false };
  const samples = grown['Infinity'] ?? 0;
  return { ...found, samples, from: `${show(q * 100)} % of ${show(samples)} requests` };
}

function absolute(metric: Metric, value: Value): Limit[] {
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

function compared(metric: Metric, value: Value, window: Window): Limit[] {
  const asked = metric.maxOverStable;
  if (asked === undefined) return [];
  if (window.indistinct) return [unable('its own url does not tell the revisions apart')];
  if (window.stable === undefined) return alone(metric);
  const stable = valueOf(metric, window.stable, window.seconds);
  if (stable.samples < window.minimumSamples || stable.samples <= 0) {
    const has = `${show(stable.samples)} of the ${window.minimumSamples} requests needed`;
    return [{ ...unable(`the stable revision has ${has}`), waits: true }];
  }
  if (Number.isNaN(stable.value)) return [unable('the stable value is not a number')];
  const of = `stable's ${shown(stable)} (${stable.from})`;
  const limits: Limit[] = [];
  if (asked.ratio !== undefined) {
    const limit = { value: stable.value * asked.ratio, beyond: stable.beyond };
    const words = `${show(asked.ratio)} times ${of} = `;
    limits.push(say(atMost(value, limit), value, limit, ['within', 'over'], words));
  }
  if (asked.difference !== undefined) {
    const limit = { value: stable.value + asked.difference, beyond: stable.beyond };
    const words = `${show(asked.difference)} more than ${of} = `;
    limits.push(say(atMost(value, limit), value, limit, ['within', 'over'], words));
  }
  return limits;
}

/** Nothing to compare with is known beforehand (a first deploy, all traffic on one side). */
function alone(metric: Metric): Limit[] {
  if (metric.max === undefined && metric.min === undefined) {
    return [unable('there is no stable revision with traffic, and it has no max or min')];
  }
  return [{ verdict: 'pass', reason: 'not compared, no stable revision has traffic' }];
}

function unable(why: string): Limit {
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

function shown({ value, beyond }: Quantile): string {
  return `${beyond ? 'more than ' : ''}${show(value)}`;
}

function show(value: number): string {
  return String(Number(value.toPrecision(4)));
}
