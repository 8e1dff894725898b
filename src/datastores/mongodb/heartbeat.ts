// Heartbeats in a MongoDB: a collection of their own, stamped by the server. Written into the live database, read from
// copies and from a dump on its way.
import { randomUUID } from 'node:crypto';
import type { Db } from 'mongodb';
import { z } from 'zod';
import type { Clock } from '../../ports/clock.ts';
import { HEARTBEAT_TABLE, type HeartbeatRecord } from '../../domain/backup/heartbeat.ts';
import { Failure } from '../../domain/failure.ts';
import { heartbeatRecordSchema } from '../manifest.ts';
import { fieldsIn, textIn, valueText } from './bson-bytes.ts';
import { serverCode } from './connection.ts';
import { timeOf } from './server.ts';
import { RAW } from './structure.ts';

const DATE = 9;
const DUPLICATE = 11_000;

interface Stored {
  /** The slot in the ring. */
  _id: number;
  timeline: string;
  number: number;
  at: Date;
  skewMs: number;
}

/** What a document says as a heartbeat; undefined where it is none. */
export function heartbeatIn(document: Buffer): HeartbeatRecord | undefined {
  const fields = [...fieldsIn(document)];
  const field = (name: string) => fields.find((one) => one.name === name);
  const count = (name: string): number =>
    Number(valueText(field(name) ?? { type: 0x0a, value: NOTHING }));
  const at = field('at');
  if (at?.type !== DATE) return undefined;
  return heartbeatRecordSchema.safeParse({
    timeline: textIn(fields, 'timeline'),
    number: count('number'),
    at: new Date(Number(at.value.readBigInt64LE(0))).toISOString(),
    skewMs: count('skewMs'),
  }).data;
}

const NOTHING = Buffer.alloc(0);

/** Keeps the newest of the heartbeats that it is shown. */
export function newestOf(): {
  see: (document: Buffer) => void;
  newest: () => HeartbeatRecord | null;
} {
  let newest: HeartbeatRecord | null = null;
  return {
    see: (document) => {
      const found = heartbeatIn(document);
      if (found !== undefined && found.number > (newest?.number ?? 0)) newest = found;
    },
    newest: () => newest,
  };
}

/** The newest heartbeat of a database; null without any. */
export async function newestHeartbeat(db: Db): Promise<HeartbeatRecord | null> {
  const ring = newestOf();
  const documents: AsyncIterable<unknown> = db.collection(HEARTBEAT_TABLE).find({}, RAW);
  for await (const document of documents) if (Buffer.isBuffer(document)) ring.see(document);
  return ring.newest();
}

/** The newest one plus one, in its slot of the ring. Two writers at once: one of them is told to come again. */
export async function addHeartbeat(
  db: Db,
  keep: number,
  clock: Pick<Clock, 'now'>,
): Promise<HeartbeatRecord> {
  const asked = clock.now();
  const time = await timeOf(db);
  const skewMs = Math.round(time - (asked + clock.now()) / 2) + 0;
  const { timeline, number } = (await newestHeartbeat(db)) ?? {
    timeline: randomUUID(),
    number: 0,
  };
  const next = number + 1;
  const ring = db.collection<Stored>(HEARTBEAT_TABLE);
  const written = await ring
    .findOneAndUpdate(
      { _id: next % keep, number: { $lt: next } },
      // Stamped by the server: what was acknowledged before the stamp is wherever the record is.
      { $set: { timeline, number: next, skewMs }, $currentDate: { at: true } },
      { upsert: true, returnDocument: 'after' },
    )
    .catch(async (error: unknown) => {
      if ((await serverCode(error)) !== DUPLICATE) throw error;
      const message = `another heartbeat was written at the same moment to ${HEARTBEAT_TABLE}`;
      throw new Failure('Unavailable', message);
    });
  // A ring that became smaller.
  await ring.deleteMany({ _id: { $gte: keep } });
  return recordSchema.parse(written);
}

const recordSchema = z
  .object({ timeline: z.string(), number: z.number(), at: z.date(), skewMs: z.number() })
  .transform(({ at, ...record }) => ({ ...record, at: at.toISOString() }))
  .pipe(heartbeatRecordSchema);
