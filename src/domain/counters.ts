// How much counters grew from scrape to scrape. A value lower than before is a restart: it counts from 0.
import { Failure } from './failure.ts';
import type { Sample } from './prometheus-text.ts';

/** The term of a metric that a sample counts for (`of`, `to`, a bucket's bound), if any. */
export type Term = (sample: Sample) => string | undefined;

/** Plain JSON: it travels in heartbeats. */
export interface Tally {
  /** The newest value of each series. */
  last: Record<string, number>;
  /** By term, since the window began. */
  grown: Record<string, number>;
}

/** A heartbeat carries every series, so there is an end to how many a selector may choose. */
const MOST_SERIES = 2000;

/**
 * Without a tally the samples are where counting starts; with one, a series that was not there
 * counts from 0. Throws `Failure('BadInput', ...)` for a selector that chooses too many series.
 */
export function advance(tally: Tally | undefined, terms: Term[], samples: Sample[]): Tally {
  const now = new Map<string, { term: string; value: number }>();
  for (const sample of samples) {
    if (!Number.isFinite(sample.value)) continue;
    terms.forEach((term, index) => {
      const key = term(sample);
      if (key === undefined) return;
      now.set(`${index} ${seriesOf(sample)}`, { term: key, value: sample.value });
    });
  }
  const last: Record<string, number> = { ...tally?.last };
  const grown: Record<string, number> = { ...tally?.grown };
  for (const [series, { term, value }] of now) {
    if (tally !== undefined) grown[term] = (grown[term] ?? 0) + increase(last[series], value);
    last[series] = value;
  }
  if (Object.keys(last).length > MOST_SERIES) {
    throw new Failure(
      'BadInput',
      `counting the series that a metric selects: there are more than ${MOST_SERIES}; ` +
        'add labels to its selector until there are fewer',
    );
  }
  return { last, grown };
}

/** The next window: counting goes on from the values last seen. */
export function nextWindow(tally: Tally): Tally {
  return { last: tally.last, grown: {} };
}

function increase(before: number | undefined, after: number): number {
  if (before === undefined || after < before) return Math.max(after, 0);
  return after - before;
}

function seriesOf(sample: Sample): string {
  const labels = Object.entries(sample.labels).sort(([a], [b]) => (a < b ? -1 : 1));
  return JSON.stringify([sample.name, ...labels.flat()]);
}
