// What a Prometheus server answered, and what Fairlead makes of it: one value, no data, or a problem.
// A query that gives several series is a mistake of whoever wrote it, and the sentence names them.

/** One time series of an answer; the answer to an instant query has one point. */
export interface AnsweredSeries {
  labels: Record<string, string>;
  /** Milliseconds since 1970, and the value, which may be NaN or infinite. */
  points: [at: number, value: number][];
}

export interface QueryAnswer {
  series: AnsweredSeries[];
  /** Why the answer may lack data (a remote part that did not answer, for one). */
  warnings: string[];
}

/** `value` is what a limit is compared with; `none` is no data, `unsure` a value that cannot be trusted. */
export type Single =
  | { kind: 'value'; value: number }
  | { kind: 'none'; why: string }
  | { kind: 'unsure'; why: string }
  | { kind: 'problem'; why: string };

/**
 * The one value of an answer at `at` (ms). A value that is older than `staleAfter` (ms) is no data, and so is one that is
 * further ahead: its time is another clock's, and says nothing of its age.
 */
export function singleOf(answer: QueryAnswer, at: number, staleAfter: number): Single {
  const problem = severalSeries(answer);
  if (problem !== undefined) return { kind: 'problem', why: problem };
  const [seen, value] = answer.series[0]?.points.at(-1) ?? [];
  if (answer.warnings.length > 0) return { kind: 'unsure', why: partialWords(answer) };
  if (seen === undefined || value === undefined) {
    return { kind: 'none', why: 'no data: the query found no series' };
  }
  const off = offWords(at - seen, staleAfter);
  if (off !== undefined) return { kind: 'none', why: `no data: ${off}` };
  // A division by 0: by no requests at all.
  if (!Number.isFinite(value)) return { kind: 'none', why: `no data: the query gave ${value}` };
  return { kind: 'value', value };
}

function offWords(age: number, staleAfter: number): string | undefined {
  if (Math.abs(age) <= staleAfter) return undefined;
  const allowed = `(${staleAfter / 1000} s allowed)`;
  if (Number.isNaN(age)) return 'the time of its newest sample is no number';
  if (age > 0) return `its newest sample is ${age / 1000} s old ${allowed}`;
  return `its newest sample is of ${-age / 1000} s from now, by another clock ${allowed}`;
}

/** The values of a range, in order. A sentence says what is wrong with it instead. */
export function rangeOf(answer: QueryAnswer): number[] | string {
  const problem = severalSeries(answer);
  if (problem !== undefined) return problem;
  if (answer.warnings.length > 0) return partialWords(answer);
  return (answer.series[0]?.points ?? []).map(([, value]) => value);
}

function partialWords({ warnings }: QueryAnswer): string {
  return `only part of the data was there: ${warnings.slice(0, 3).join('; ')}`;
}

const NAMED = 5;

function severalSeries({ series }: QueryAnswer): string | undefined {
  if (series.length <= 1) return undefined;
  const names = series.slice(0, NAMED).map(({ labels }) => labelsText(labels));
  const more = series.length > NAMED ? ` and ${series.length - NAMED} more` : '';
  return `the query gave ${series.length} series, and one is needed: ${names.join(', ')}${more}; aggregate them, as in sum(...)`;
}

function labelsText({ __name__: name = '', ...labels }: Record<string, string>): string {
  const pairs = Object.entries(labels).map(([key, value]) => `${key}=${JSON.stringify(value)}`);
  return `${name}{${pairs.join(',')}}`;
}
