// Asks a copy one question, for invariants and the watermark: a command that reads, whose answer is one value.
import type { Db, Document } from 'mongodb';
import { z } from 'zod';
import { Failure } from '../../domain/failure.ts';
import { isRecord, parsedJson } from '../../domain/json.ts';
import { serverCode } from './connection.ts';
import { questionProblem, questionSchema } from './settings.ts';

const ASK_MS = 30_000;
const LATE = 50;

/** The one value that the question gives, as text. Throws BadInput for what is none, CheckFailed for another answer. */
export async function oneValue(db: Db, query: string): Promise<string | null> {
  const asked = `the question ${query.slice(0, 100)}`;
  const problem = questionProblem(query);
  if (problem !== undefined) throw new Failure('BadInput', `${asked} ${problem}`);
  const answers = await answersTo(db, query).catch(async (error: unknown) => {
    const code = await serverCode(error);
    if (code === undefined) throw error;
    const said = error instanceof Error ? error.message : String(error);
    // Its own limit: as long the next time.
    throw new Failure(code === LATE ? 'NotReady' : 'CheckFailed', `${asked}: ${said}`);
  });
  const [answer] = answers;
  const values = answer === undefined ? [] : Object.values(answer);
  if (answers.length === 1 && values.length === 1) return valueText(values[0], asked);
  const documents = answers.length > 1 ? 'several' : answers.length;
  const message = `${asked} gives ${documents} documents of ${values.length} fields, and has to give one value: leave out _id, and what is not asked for, by a projection`;
  throw new Failure('CheckFailed', message);
}

/** Two at most: a second one is one too many. */
async function answersTo(db: Db, query: string): Promise<Document[]> {
  const { EJSON } = (await import('mongodb')).BSON;
  const question = questionSchema.parse(parsedJson(query));
  // Its numbers as their types: a question for a Long is one.
  const typed = (given: Document): Document => {
    const read: unknown = EJSON.deserialize(given, { relaxed: false });
    return isRecord(read) ? read : given;
  };
  const options = { maxTimeMS: ASK_MS, promoteValues: false, promoteBuffers: false };
  if ('count' in question) {
    const count = { count: question.count, query: typed(question.query ?? {}), maxTimeMS: ASK_MS };
    const { n } = await db.command(count);
    return [{ n: n as unknown }];
  }
  if ('find' in question) {
    const { filter = {}, sort, projection, limit = 2 } = question;
    const found = db.collection(question.find).find(typed(filter), {
      ...{ ...options, limit },
      ...(projection !== undefined && { projection }),
      ...(sort !== undefined && { sort: sort as Record<string, 1 | -1> }),
    });
    return found.toArray();
  }
  const cursor = db.collection(question.aggregate).aggregate(question.pipeline.map(typed), options);
  try {
    const answers: Document[] = [];
    for await (const one of cursor) if (answers.push(one) > 1) break;
    return answers;
  } finally {
    await cursor.close();
  }
}

function valueText(value: unknown, asked: string): string | null {
  if (value === null || value === undefined) return null;
  if (value instanceof Date) return value.toISOString();
  if (typeof value === 'string' || typeof value === 'boolean') return String(value);
  const { success, data } = ofDriver.safeParse(value);
  // A number, an id, a decimal.
  if (success) return data.toString();
  throw new Failure(
    'CheckFailed',
    `${asked} gives a document or a list, and has to give one value`,
  );
}

const ofDriver = z.union([
  z.number(),
  z.custom<{ toString: () => string }>((value) => isRecord(value) && '_bsontype' in value),
]);
