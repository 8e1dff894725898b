// How much counters grew from read to read. A value lower than before is a restart: it counts from 0. What is no count (NaN,
// infinite, too large) makes a read without data; what contradicts itself makes a read that failed.
import { Failure } from '../failure.ts';
import type { Exposition, Sample } from './prometheus-text.ts';
import { isDeclared, seriesText } from './prometheus-text.ts';
import { matches, refusalIn, type Selector } from './selector.ts';

/** One selector of a metric, and the key under which a sample that it selects counts (`of`, `to`, a bucket's bound), if any. */
export interface Term {
  selector: Selector;
  key: (sample: Sample) => string | undefined;
}

/** Plain JSON: it travels in heartbeats. */
export interface Tally {
  /** When the window began (ms). */
  since: number;
  /** The newest value of each series; null until a read had numbers to start from. */
  last: Record<string, number> | null;
  /** By term, since the window began. */
  grown: Record<string, number>;
  /** Why the newest read has no number to count; the window goes on as soon as one has. */
  missing?: string;
}

/** A heartbeat carries every series, so there is an end to how many a selector may choose. */
const MOST_SERIES = 2000;

/**
 * Counts one more read. Without a tally the read is where counting starts; with one, a series that was not there counts
 * from 0. Throws `Failure`: BadInput for a selector that chooses too many series, Broken for samples that contradict
 * themselves.
 */
export function advance(
  tally: Tally | undefined,
  terms: readonly Term[],
  { at, read }: { at: number; read: Exposition },
): Tally {
  const { now, uncountable } = selected(terms, read.samples);
  const before = tally?.last ?? null;
  const since = tally === undefined || before === null ? at : tally.since;
  const grown = { ...tally?.grown };
  if (uncountable !== undefined) return { since, last: before, grown, missing: uncountable };
  const last: Record<string, number> = { ...before };
  for (const [series, { term, value }] of now) {
    if (before !== null) grown[term] = (grown[term] ?? 0) + increase(before[series], value);
    last[series] = value;
  }
  const known = Object.keys(last);
  refuseMany(known.length);
  return { since, last, grown, ...absent(terms, known, read) };
}

function refuseMany(series: number): void {
  if (series <= MOST_SERIES) return;
  throw new Failure(
    'BadInput',
    `counting the series that a metric selects: there are more than ${MOST_SERIES}; ` +
      'add labels to its selector until there are fewer',
  );
}

function absent(
  terms: readonly Term[],
  known: readonly string[],
  read: Exposition,
): Pick<Tally, 'missing'> {
  const never = terms.filter((_, index) => !known.some((one) => one.startsWith(`${index} `)));
  const missing = never.map(({ selector }) => absence(selector, read)).find(Boolean);
  return missing === undefined ? {} : { missing };
}

/** The next window, from `at` (ms) on: counting goes on from the values last seen. */
export function nextWindow({ last }: Tally, at: number): Tally {
  return { since: at, last, grown: {} };
}

interface Selected {
  now: Map<string, { term: string; value: number }>;
  uncountable: string | undefined;
}

function selected(terms: readonly Term[], samples: readonly Sample[]): Selected {
  const now: Selected['now'] = new Map();
  let uncountable: string | undefined;
  for (const sample of samples) {
    terms.forEach(({ selector, key }, index) => {
      const term = matches(selector, sample) ? key(sample) : undefined;
      if (term === undefined) return;
      const series = `${index} ${seriesOf(sample)}`;
      contradictions(sample, now.get(series)?.value);
      uncountable ??= uncountableWords(sample);
      now.set(series, { term, value: sample.value });
    });
  }
  return { now, uncountable };
}

/** Throws `Failure('Broken')`: a source that says two things at once, or counts below nothing, is not believed. */
function contradictions(sample: Sample, other: number | undefined): void {
  const { value } = sample;
  const what = `reading ${seriesText(sample)}`;
  if (value < 0 && Number.isFinite(value)) {
    throw new Failure('Broken', `${what}: it is ${value}, and a counter is never negative`);
  }
  if (other !== undefined && !Object.is(other, value)) {
    const both = `${other} and as ${value}`;
    throw new Failure('Broken', `${what}: it is there twice, as ${both}; give it one value`);
  }
}

function uncountableWords(sample: Sample): string | undefined {
  const { value } = sample;
  if (!Number.isFinite(value)) return `${seriesText(sample)} is ${value}, which is no count`;
  if (value <= Number.MAX_SAFE_INTEGER) return undefined;
  return `${seriesText(sample)} is ${value}, too large to be counted one by one`;
}

/**
 * Why a selector without any series is no count of 0; undefined where the source says that such a series would be there:
 * it declares the metric, and no other series of it lacks the labels that are asked for.
 */
function absence(selector: Selector, { samples, declared }: Exposition): string | undefined {
  const { name, text } = selector;
  const refused = refusalIn(selector);
  if (refused !== undefined) return `${text} matched no series: ${refused}`;
  const family = samples.filter((one) => one.name === name);
  if (!isDeclared(declared, name)) {
    const why =
      family.length === 0
        ? `the source has no metric ${name}`
        : `the source does not declare ${name} (# TYPE), so nobody knows whether there would be one`;
    return `${text} matched no series: ${why}`;
  }
  const labels = new Set(family.flatMap((one) => Object.keys(one.labels)));
  const lacking = selector.matchers.find((one) => !one.accepts('') && !labels.has(one.label));
  if (lacking === undefined || family.length === 0) return undefined;
  const there = [...labels].sort().join(', ') || 'none';
  return `${text} matched no series: ${name} has no label ${lacking.label}; its labels: ${there}`;
}

function increase(before: number | undefined, after: number): number {
  return before === undefined || after < before ? after : after - before;
}

function seriesOf(sample: Sample): string {
  const labels = Object.entries(sample.labels).sort(([a], [b]) => (a < b ? -1 : 1));
  return JSON.stringify([sample.name, ...labels.flat()]);
}
