// Reads every document of a database, one after the other, in constant memory: subcollections of documents that are not
// there too, all as they were at one moment. Where that moment is past the server's memory it goes on at a newer one, and
// the range says so.
import type { Clock } from '../../ports/clock.ts';
import type { Waiting } from '../../ports/waiting.ts';
import type { RecoveryPoint } from '../../domain/backup/backup.ts';
import { Failure } from '../../domain/failure.ts';
import { codeOf, CODE, type Firestore } from './connection.ts';
import { momentText } from './document-text.ts';
import { patiently } from './patiently.ts';
import type { Answer, Document, Moment, Query } from './wire.ts';

/** Documents asked for at once: a cursor takes over after each so many. */
const PAGE = 2000;
const MINUTE_S = 60;
const BY_NAME: NonNullable<Query['orderBy']> = [
  { field: { fieldPath: '__name__' }, direction: 'ASCENDING' },
];
const EVERYTHING: NonNullable<Query['from']> = [{ allDescendants: true }];

export interface Reading {
  documents: AsyncGenerator<Document, undefined>;
  /** Of what was read so far. */
  point: () => RecoveryPoint;
}

export interface ReadingInput {
  clock: Pick<Clock, 'now'>;
  /** Of a whole minute, which a database with point-in-time recovery keeps for days; else of now, which it keeps for an hour. */
  wholeMinute?: boolean;
}

/** Everything as it is at one moment, which is now, by the server's clock. */
export async function readAll(
  firestore: Firestore,
  { clock, wholeMinute = false }: ReadingInput,
  waiting: Waiting,
): Promise<Reading> {
  const asked = clock.now();
  const moment = async (): Promise<Moment> =>
    momentIn(await patiently('its time', waiting, () => serverTime(firestore)), wholeMinute);
  const began = await moment();
  const skewMs = Math.round(millisecondsOf(began) - (asked + clock.now()) / 2) + 0;
  const moments = [began];
  const next = async (): Promise<Moment> => {
    const newer = await moment();
    moments.push(newer);
    return newer;
  };
  return {
    documents: pages(firestore, began, next, waiting),
    point: () => ({
      notBefore: new Date(Math.floor(millisecondsOf(began))).toISOString(),
      notAfter: new Date(Math.ceil(millisecondsOf(moments.at(-1) ?? began))).toISOString(),
      clock: 'datastore',
      // A whole minute says nothing of the clock.
      skewMs: wholeMinute ? 0 : skewMs,
    }),
  };
}

/** Milliseconds with their fraction. */
function millisecondsOf({ seconds, nanos }: Moment): number {
  return Number(String(seconds ?? 0)) * 1000 + (nanos ?? 0) / 1e6;
}

function momentIn({ seconds, nanos }: Moment, wholeMinute: boolean): Moment {
  const whole = Number(String(seconds ?? 0));
  return wholeMinute
    ? { seconds: whole - (whole % MINUTE_S), nanos: 0 }
    : { seconds: whole, nanos: (nanos ?? 0) - ((nanos ?? 0) % 1000) };
}

/** Of a query for one document: its time is that of the answer. */
export async function serverTime(firestore: Firestore): Promise<Moment> {
  const { time } = await first(firestore);
  if (time !== undefined) return time;
  throw new Failure('CheckFailed', `${firestore.root} says no time with its answer`);
}

export async function isEmpty(firestore: Firestore): Promise<boolean> {
  return (await first(firestore)).document === undefined;
}

async function first(firestore: Firestore): Promise<{ time?: Moment; document?: Document }> {
  const select = { fields: [{ fieldPath: '__name__' }] };
  const structuredQuery: Query = { from: EVERYTHING, select, limit: { value: 1 } };
  let found: { time?: Moment; document?: Document } = {};
  for await (const { readTime, document } of answers(firestore, { structuredQuery })) {
    found = { ...found, ...(readTime && { time: readTime }), ...(document && { document }) };
  }
  return found;
}

async function* pages(
  firestore: Firestore,
  began: Moment,
  newer: () => Promise<Moment>,
  waiting: Waiting,
): AsyncGenerator<Document, undefined> {
  let readTime = began;
  let after: string | undefined;
  let read = 0;
  for (;;) {
    waiting.signal.throwIfAborted();
    const page = pageAfter(after);
    let many = 0;
    try {
      const stream = await patiently(`documents after ${read}`, waiting, () =>
        begun(answers(firestore, { structuredQuery: page, readTime })),
      );
      for await (const { document } of stream) {
        if (document?.name == null) continue;
        after = document.name;
        many += 1;
        yield document;
      }
    } catch (error) {
      if (!isForgotten(error)) throw error;
      readTime = await newer();
      continue;
    }
    read += many;
    waiting.beat({ documents: read, at: momentText(readTime) });
    if (many < PAGE) return undefined;
  }
}

function pageAfter(name: string | undefined): Query {
  return {
    from: EVERYTHING,
    orderBy: BY_NAME,
    limit: { value: PAGE },
    ...(name !== undefined && {
      startAt: { before: false, values: [{ referenceValue: name }] },
    }),
  };
}

/** Whether the server does not know any more what was at that moment. */
function isForgotten(error: unknown): boolean {
  return codeOf(error) === CODE.failedPrecondition && /read.?time/i.test(String(error));
}

/** Answers whose first one is there: what is refused is refused before any of it was used. */
async function begun(stream: AsyncGenerator<Answer>): Promise<AsyncGenerator<Answer>> {
  const first = await stream.next();
  return (async function* () {
    try {
      if (first.done !== true) yield first.value;
      yield* stream;
    } finally {
      await stream.return(undefined);
    }
  })();
}

/** Answers to one query below the database's root. */
export async function* answers(
  { client, root, call }: Firestore,
  asked: { structuredQuery: Query; readTime?: Moment },
): AsyncGenerator<Answer, undefined> {
  const stream = client.runQuery({ ...asked, parent: `${root}/documents` }, call);
  try {
    for await (const answer of stream as AsyncIterable<Answer>) yield answer;
  } finally {
    stream.destroy();
  }
  return undefined;
}
