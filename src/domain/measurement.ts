// One metric over one window: its value from what the counters grew, and whether its limits hold.
import type { Metric } from '../config/system.ts';
import type { Term } from './counters.ts';
import { answered, type Answered } from './measured.ts';
import { histogramQuantile } from './histogram-quantile.ts';
import type { Quantile } from './histogram-quantile.ts';
import { absolute, alone, overStable, show, shown, unable, wantsStable } from './metric-limits.ts';
import type { Limit } from './metric-limits.ts';
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

function compared(metric: Metric, value: Value, window: Window): Limit[] {
  if (!wantsStable(metric)) return [];
  if (window.indistinct) return [unable('its own url does not tell the revisions apart')];
  if (window.stable === undefined) return alone(metric);
  const stable = valueOf(metric, window.stable, window.seconds);
  if (stable.samples < window.minimumSamples || stable.samples <= 0) {
    const has = `${show(stable.samples)} of the ${window.minimumSamples} requests needed`;
    return [{ ...unable(`the stable revision has ${has}`), waits: true }];
  }
  if (Number.isNaN(stable.value)) return [unable('the stable value is not a number')];
  return overStable(metric, value, stable, ` (${stable.from})`);
}
