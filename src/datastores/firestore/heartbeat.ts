// Heartbeats in a Firestore database: a collection of their own, stamped by the server. Written into the live one, read
// from copies and from a dump on its way.
import { randomUUID } from 'node:crypto';
import { z } from 'zod';
import type { Clock } from '../../ports/clock.ts';
import { HEARTBEAT_TABLE, type HeartbeatRecord } from '../../domain/backup/heartbeat.ts';
import { Failure } from '../../domain/failure.ts';
import { parsedJson } from '../../domain/json.ts';
import { heartbeatRecordSchema } from '../manifest.ts';
import { CODE, codeOf, type Firestore } from './connection.ts';
import { momentText, textOf } from './document-text.ts';
import { answers, serverTime } from './reading.ts';
import type { Document } from './wire.ts';

const stored = z.object({
  fields: z.object({
    timeline: z.object({ stringValue: z.string() }),
    number: z.object({ integerValue: z.coerce.number() }),
    skewMs: z.object({ integerValue: z.coerce.number() }),
    at: z.object({ timestampValue: z.string() }),
  }),
});

/** What a document says as a heartbeat, by its text; undefined where it is none. */
export function heartbeatIn(text: string): HeartbeatRecord | undefined {
  const { data } = stored.safeParse(parsedJson(text));
  if (data === undefined) return undefined;
  const { timeline, number, skewMs, at } = data.fields;
  return heartbeatRecordSchema.safeParse({
    timeline: timeline.stringValue,
    number: number.integerValue,
    // Milliseconds: what was written before the stamp was written before its beginning too.
    at: `${at.timestampValue.slice(0, 23)}Z`,
    skewMs: skewMs.integerValue,
  }).data;
}

interface Kept {
  record: HeartbeatRecord;
  document: Document;
}

async function ringOf(firestore: Firestore): Promise<{ all: Document[]; newest: Kept | null }> {
  const structuredQuery = { from: [{ collectionId: HEARTBEAT_TABLE }] };
  const all: Document[] = [];
  let newest: Kept | null = null;
  for await (const { document } of answers(firestore, { structuredQuery })) {
    if (document?.name == null) continue;
    all.push({ name: document.name, updateTime: document.updateTime ?? null });
    const record = heartbeatIn(textOf(document, firestore.root));
    if (record !== undefined && record.number > (newest?.record.number ?? 0)) {
      newest = { record, document };
    }
  }
  return { all, newest };
}

/** The newest heartbeat of a database; null without any. */
export async function newestHeartbeat(firestore: Firestore): Promise<HeartbeatRecord | null> {
  return (await ringOf(firestore)).newest?.record ?? null;
}

/** The newest one plus one, in its slot of the ring. Two writers at once: one of them is told to come again. */
export async function addHeartbeat(
  firestore: Firestore,
  keep: number,
  clock: Pick<Clock, 'now'>,
): Promise<HeartbeatRecord> {
  const asked = clock.now();
  const time = Date.parse(`${momentText(await serverTime(firestore)).slice(0, 23)}Z`);
  const skewMs = Math.round(time - (asked + clock.now()) / 2) + 0;
  const { all, newest } = await ringOf(firestore);
  const { timeline, number } = newest?.record ?? { timeline: randomUUID(), number: 0 };
  const next = number + 1;
  const { client, root, call } = firestore;
  const nameOf = (slot: number): string => `${root}/documents/${HEARTBEAT_TABLE}/${slot}`;
  const name = nameOf(next % keep);
  const there = all.find((one) => one.name === name);
  const smaller = all.flatMap(({ name: one }) =>
    Number(one?.split('/').at(-1)) < keep || one == null ? [] : [{ delete: one }],
  );
  const write = {
    update: {
      name,
      fields: {
        timeline: { stringValue: timeline },
        number: { integerValue: String(next) },
        skewMs: { integerValue: String(skewMs) },
      },
    },
    // Stamped by the server: what was acknowledged before the stamp is wherever the record is.
    updateTransforms: [{ fieldPath: 'at', setToServerValue: 'REQUEST_TIME' as const }],
    currentDocument:
      there?.updateTime == null ? { exists: false } : { updateTime: there.updateTime },
  };
  await client.commit({ database: root, writes: [write, ...smaller] }, call).catch(onlyOne);
  const written = (await ringOf(firestore)).newest?.record;
  if (written?.number === next) return written;
  throw new Failure('Unavailable', another());
}

const TAKEN: ReadonlySet<number | undefined> = new Set([
  CODE.alreadyExists,
  CODE.failedPrecondition,
  CODE.aborted,
]);

function onlyOne(error: unknown): never {
  if (TAKEN.has(codeOf(error))) throw new Failure('Unavailable', another());
  throw error;
}

function another(): string {
  return `another heartbeat was written at the same moment to ${HEARTBEAT_TABLE}`;
}
