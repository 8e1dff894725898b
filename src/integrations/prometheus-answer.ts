// The JSON of Prometheus's HTTP API, read as what it says it is: vectors, matrices and scalars become series.
import { z } from 'zod';
import type { AnsweredSeries, QueryAnswer } from '../domain/analysis/query-answer.ts';

const point = z.tuple([z.number(), z.string()]);
const labels = z.record(z.string(), z.string());

const data = z.discriminatedUnion('resultType', [
  z.looseObject({ resultType: z.literal('scalar'), result: point }),
  z.looseObject({ resultType: z.literal('string'), result: z.unknown() }),
  z.looseObject({
    resultType: z.literal('vector'),
    // A native histogram has no `value`.
    result: z.array(z.looseObject({ metric: labels, value: z.exactOptional(point) })),
  }),
  z.looseObject({
    resultType: z.literal('matrix'),
    result: z.array(z.looseObject({ metric: labels, values: z.exactOptional(z.array(point)) })),
  }),
]);

const answer = z.discriminatedUnion('status', [
  z.looseObject({
    status: z.literal('success'),
    data,
    warnings: z.exactOptional(z.array(z.string())),
  }),
  z.looseObject({
    status: z.literal('error'),
    errorType: z.string(),
    error: z.string(),
  }),
]);

export type ParsedAnswer =
  { answer: QueryAnswer } | { errorType: string; error: string } | { unusable: string };

/** `asked` says which shape fits: an instant query that gives a range is a mistake in the query. */
export function parseAnswer(text: string, asked: 'instant' | 'range'): ParsedAnswer {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return { unusable: `it answered something that is no JSON (${text.trim().slice(0, 100)})` };
  }
  const parsed = answer.safeParse(value);
  if (!parsed.success) return { unusable: 'it answered JSON that is not that of the HTTP API' };
  if (parsed.data.status === 'error') return parsed.data;
  const series = seriesOf(parsed.data.data, asked);
  if (typeof series === 'string') return { errorType: 'bad_data', error: series };
  return { answer: { series, warnings: (parsed.data.warnings ?? []).filter(matters) } };
}

/** Hints about style come in the same list, and take nothing away from the data. */
function matters(warning: string): boolean {
  return !warning.startsWith('PromQL info:');
}

function seriesOf(
  found: z.output<typeof data>,
  asked: 'instant' | 'range',
): AnsweredSeries[] | string {
  switch (found.resultType) {
    case 'scalar':
      return [{ labels: {}, points: [pointOf(found.result)] }];
    case 'string':
      return 'the query gives a text, and a number is needed';
    case 'vector': {
      if (found.result.some(({ value }) => value === undefined)) return HISTOGRAM;
      return found.result.map(({ metric, value }) => ({
        labels: metric,
        points: value === undefined ? [] : [pointOf(value)],
      }));
    }
    case 'matrix': {
      if (asked === 'instant') {
        return 'the query gives a range of samples; wrap it, as in rate(...[1m])';
      }
      if (found.result.some(({ values }) => values === undefined)) return HISTOGRAM;
      return found.result.map(({ metric, values = [] }) => ({
        labels: metric,
        points: values.map(pointOf),
      }));
    }
  }
}

const HISTOGRAM =
  'the query gives a histogram, and a number is needed; use histogram_quantile(...)';

function pointOf([seconds, text]: z.output<typeof point>): [number, number] {
  return [Math.round(seconds * 1000), numberOf(text)];
}

const DECIMAL = /^[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?$/;

/** NaN for whatever else JavaScript takes for a number: `0x1`, an empty text. */
function numberOf(text: string): number {
  if (/^[+-]?Inf$/.test(text)) return text.startsWith('-') ? -Infinity : Infinity;
  return DECIMAL.test(text) ? Number(text) : NaN;
}
