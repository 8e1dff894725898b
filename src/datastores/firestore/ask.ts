// Asks a copy one question, for invariants and the watermark: about a collection group, with one value for its answer.
import type { z } from 'zod';
import { Failure } from '../../domain/failure.ts';
import { isRecord, parsedJson } from '../../domain/json.ts';
import { codeOf, type Firestore } from './connection.ts';
import { momentText, valueIn } from './document-text.ts';
import { answers } from './reading.ts';
import type { Filter, Query, Value } from './wire.ts';
import { questionProblem, questionSchema } from './settings.ts';

type Question = z.output<typeof questionSchema>;
type Condition = NonNullable<Question['where']>[number];

const OPERATORS = {
  '==': 'EQUAL',
  '!=': 'NOT_EQUAL',
  '<': 'LESS_THAN',
  '<=': 'LESS_THAN_OR_EQUAL',
  '>': 'GREATER_THAN',
  '>=': 'GREATER_THAN_OR_EQUAL',
  in: 'IN',
  'not-in': 'NOT_IN',
  'array-contains': 'ARRAY_CONTAINS',
} as const satisfies Record<Condition[1], string>;

/** The one value that the question gives, as text. Throws BadInput for what is none, CheckFailed for another answer. */
export async function oneValue(firestore: Firestore, query: string): Promise<string | null> {
  const asked = `the question ${query.slice(0, 100)}`;
  const problem = questionProblem(query);
  if (problem !== undefined) throw new Failure('BadInput', `${asked} ${problem}`);
  const question = questionSchema.parse(parsedJson(query));
  try {
    return 'newest' in question
      ? await newestOf(firestore, question, asked)
      : await aggregateOf(firestore, question, asked);
  } catch (error) {
    if (codeOf(error) === undefined) throw error;
    const said = error instanceof Error ? error.message : String(error);
    throw new Failure('CheckFailed', `${asked}: ${said}`);
  }
}

async function newestOf(
  firestore: Firestore,
  question: Extract<Question, { newest: string }>,
  asked: string,
): Promise<string | null> {
  const { newest, field } = question;
  const structuredQuery: Query = {
    ...about(firestore, newest, question.where),
    select: { fields: [{ fieldPath: field }] },
    orderBy: [{ field: { fieldPath: field }, direction: 'DESCENDING' }],
    limit: { value: 1 },
  };
  for await (const { document } of answers(firestore, { structuredQuery })) {
    const value = document?.fields?.[field];
    if (value !== undefined) return valueText(value, asked);
  }
  return null;
}

/** One message of the answer to an aggregation. */
interface Aggregated {
  result?: { aggregateFields?: Record<string, Value> | null } | null;
}

type Aggregation = Exclude<Question, { newest: string }>;

async function aggregateOf(
  { client, call, ...firestore }: Firestore,
  question: Aggregation,
  asked: string,
): Promise<string | null> {
  const { group, operator } = aggregationOf(question);
  const structuredAggregationQuery = {
    structuredQuery: about(firestore, group, question.where),
    aggregations: [{ alias: 'answer', ...operator }],
  };
  const parent = `${firestore.root}/documents`;
  const stream = client.runAggregationQuery({ parent, structuredAggregationQuery }, call);
  try {
    for await (const { result } of stream as AsyncIterable<Aggregated>) {
      const value = result?.aggregateFields?.['answer'];
      if (value !== undefined) return valueText(value, asked);
    }
  } finally {
    stream.destroy();
  }
  throw new Failure('CheckFailed', `${asked} gives no answer`);
}

function aggregationOf(question: Aggregation) {
  if ('count' in question) return { group: question.count, operator: { count: {} } };
  const over = { field: { fieldPath: question.field } };
  return 'sum' in question
    ? { group: question.sum, operator: { sum: over } }
    : { group: question.average, operator: { avg: over } };
}

function about({ root }: Pick<Firestore, 'root'>, group: string, where: Question['where']): Query {
  const filters = (where ?? []).map((one) => filterOf(one, root));
  const [only, ...more] = filters;
  const from = [{ collectionId: group, allDescendants: true }];
  if (only === undefined) return { from };
  const all: Filter = { compositeFilter: { op: 'AND', filters } };
  return { from, where: more.length === 0 ? only : all };
}

function filterOf([name, operator, value]: Condition, root: string): Filter {
  const field = { fieldPath: name };
  if (value === null && operator === '==') return { unaryFilter: { op: 'IS_NULL', field } };
  if (value === null && operator === '!=') return { unaryFilter: { op: 'IS_NOT_NULL', field } };
  return { fieldFilter: { field, op: OPERATORS[operator], value: typed(value, root) } };
}

/** A whole number, a fraction, a text, a list; what JSON has not is written with its type. */
function typed(value: unknown, root: string): Value {
  if (value === null) return { nullValue: 'NULL_VALUE' };
  if (typeof value === 'string') return { stringValue: value };
  if (typeof value === 'boolean') return { booleanValue: value };
  if (typeof value === 'number') {
    return Number.isInteger(value) ? { integerValue: String(value) } : { doubleValue: value };
  }
  if (Array.isArray(value)) return { arrayValue: { values: value.map((one) => typed(one, root)) } };
  return valueIn(value, root);
}

function valueText(value: Value, asked: string): string | null {
  if (value.nullValue != null) return null;
  if (value.timestampValue != null) return `${momentText(value.timestampValue).slice(0, 23)}Z`;
  const { stringValue, integerValue, doubleValue, booleanValue, referenceValue } = value;
  const plain = stringValue ?? integerValue ?? doubleValue ?? booleanValue ?? referenceValue;
  if (plain != null && !isRecord(plain)) return String(plain);
  const message = `${asked} gives a map or a list, and has to give one value`;
  throw new Failure('CheckFailed', message);
}
