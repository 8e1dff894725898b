// One metric over one window: its value from what the counters grew, and whether its limits hold.
import type { Analysis, Metric } from '../../config/system.ts';
import type { Term } from './counters.ts';
import { answered, type Answered } from './measured.ts';
import { histogramQuantile, type Quantile } from './histogram-quantile.ts';
import {
  absolute,
  alone,
  overStable,
  show,
  shown,
  unable,
  wantsStable,
  type Limit,
} from './metric-limits.ts';
import { parseSelector, withLabels, type Selector } from './selector.ts';
import { worst, type Verdict } from './verdict.ts';

/** What was counted of one metric since its window began. */
export interface Window {
  judged: Counted;
  /** What was counted of the stable revision; absent when there is none to compare with. */
  stable?: Counted;
  minimumSamples: number;
  /** True when the stable revision's samples cannot be told from the judged one's. */
  indistinct: boolean;
}

export interface Counted {
  grown: Record<string, number>;
  seconds: number;
  /** Why the newest read has no number to count. */
  missing?: string;
}

export interface Reading {
  /** False while the window has too few requests to say anything: it should grow. */
  ready: boolean;
  verdict: Verdict;
  reason: string;
  samples: number;
  /** The value of each revision, whatever the verdict. */
  measured: { judged: Answered; stable?: Answered };
}

/** Requests that a measurement needs where the system file says nothing: as many samples as the judge needs on a side. */
const MINIMUM_SAMPLES = 20;

export function minimumOf({ minimumSamples = MINIMUM_SAMPLES }: Analysis): number {
  return minimumSamples;
}

/** The status of requests whose users left before any answer: they say nothing good of a revision. */
const LEFT = '499';

interface Value extends Quantile {
  samples: number;
  /** What the value was made of, in words. */
  from: string;
  /** Why nobody knows over how many requests. */
  uncounted?: string;
}

/** Labels of what is judged: `added` to every selector, and what is `known` besides. */
interface Labels {
  added: Record<string, string>;
  known: Record<string, string>;
}

/**
 * The terms that a metric counts. Requests that their users gave up are among those that a value stands on only where they
 * are what is counted. Throws `Failure('BadInput', ...)` for a selector that cannot be read.
 */
export function termsOf(metric: Metric, { added, known }: Labels): Term[] {
  const select = (text: string) => withLabels(parseSelector(text), added, known);
  const counting = (selector: Selector, term: string): Term => ({ selector, key: () => term });
  const requests = (selector: Selector, term: string, of: Selector): Term => {
    const countsThem = of.matchers.every(({ label, accepts }) => label !== 'code' || accepts(LEFT));
    const left = countsThem ? term : 'left';
    return { selector, key: ({ labels }) => (labels['code'] === LEFT ? left : term) };
  };
  if (metric.ratio !== undefined) {
    const of = select(metric.ratio.of);
    return [counting(of, 'of'), requests(select(metric.ratio.to), 'to', of)];
  }
  if (metric.rate !== undefined) {
    const of = select(metric.rate.of);
    // A series of errors is not there before the first error: requests are those of all its labels.
    return [counting(of, 'of'), requests(select(of.name), 'all', of)];
  }
  return metric.quantile === undefined ? [] : [buckets(select(metric.quantile.of))];
}

function buckets(selector: Selector): Term {
  const name = selector.name.endsWith('_bucket') ? selector.name : `${selector.name}_bucket`;
  return {
    selector: { ...selector, name },
    key: ({ labels }) => {
      const bound = boundOf(labels['le'] ?? '');
      return Number.isNaN(bound) ? undefined : String(bound);
    },
  };
}

function boundOf(le: string): number {
  if (le.trim() === '') return NaN;
  return /^\+?inf$/i.test(le) ? Infinity : Number(le);
}

export function judgeMetric(name: string, metric: Metric, window: Window): Reading {
  const value = valueOf(metric, window.judged);
  const { samples } = value;
  const measured = measuredOf(metric, value, window);
  const why = lacking(value, window.judged, window.minimumSamples);
  if (why !== undefined) {
    const reason = `${name}: ${why}`;
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

/** Why there is nothing to judge by yet; undefined when there is. */
function lacking(
  { samples, uncounted }: Value,
  { missing = uncounted, grown }: Counted,
  minimum: number,
): string | undefined {
  if (missing !== undefined) return `no data: ${missing}`;
  if (samples >= minimum && samples > 0) return undefined;
  const left = grown['left'] ?? 0;
  const more = left > 0 ? `; ${show(left)} more were given up by their users, unanswered` : '';
  return `no data (${show(samples)} of the ${minimum} requests needed${more})`;
}

function measuredOf(metric: Metric, value: Value, { judged, stable }: Window): Reading['measured'] {
  const answer = (of: Value, { missing }: Counted): Answered =>
    answered(missing === undefined ? of.value : NaN, of.samples);
  const own = answer(value, judged);
  if (stable === undefined) return { judged: own };
  return { judged: own, stable: answer(valueOf(metric, stable), stable) };
}

function valueOf(metric: Metric, { grown, seconds }: Counted): Value {
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
  return quantileOf(metric.quantile?.q ?? 0.5, grown);
}

function quantileOf(q: number, grown: Counted['grown']): Value {
  const buckets = Object.entries(grown).map(([le, count]) => ({ upperBound: Number(le), count }));
  const found = histogramQuantile(q, buckets);
  const samples = grown['Infinity'] ?? 0;
  const open = grown['Infinity'] === undefined && buckets.some(({ count }) => count > 0);
  const uncounted = open ? { uncounted: 'the histogram has no +Inf bucket' } : {};
  const from = `${show(q * 100)} % of ${show(samples)} requests`;
  if (typeof found !== 'string') return { ...found, samples, from };
  return { value: NaN, beyond: false, samples, from: `${from}: ${found}`, ...uncounted };
}

function compared(metric: Metric, value: Value, window: Window): Limit[] {
  if (!wantsStable(metric)) return [];
  if (window.indistinct) return [unable('its own url does not tell the revisions apart')];
  if (window.stable === undefined) return alone(metric);
  const stable = valueOf(metric, window.stable);
  const why = lacking(stable, window.stable, window.minimumSamples);
  if (why !== undefined) return [{ ...unable(`the stable revision: ${why}`), waits: true }];
  if (Number.isNaN(stable.value)) return [unable('the stable value is not a number')];
  return overStable(metric, value, stable, ` (${stable.from})`);
}
