// What a database holds: all documents read, one after the other, in constant memory.
import type { Db } from 'mongodb';
import type { Waiting } from '../../ports/waiting.ts';
import type { Contents, Part } from '../../domain/backup/backup.ts';
import { documentSum } from '../documents/document-sums.ts';
import { RAW, readStructure } from './structure.ts';

const BEAT_EVERY = 1000;

export async function readContents(db: Db, waiting: Waiting): Promise<Contents> {
  const { holders, definitions } = await readStructure(db);
  const parts: Part[] = [];
  for (const name of holders) {
    const sum = documentSum();
    for await (const document of documentsOf(db, name, waiting)) sum.add(document);
    parts.push(sum.part(name));
  }
  return { parts, definitions, sequences: [] };
}

/** The documents of a collection as their bytes. */
export async function* documentsOf(
  db: Db,
  collection: string,
  waiting: Waiting,
): AsyncGenerator<Buffer, undefined> {
  const cursor = db.collection(collection).find({}, { ...RAW, batchSize: BEAT_EVERY });
  let read = 0;
  try {
    for await (const document of cursor as AsyncIterable<unknown>) {
      if (read % BEAT_EVERY === 0) {
        waiting.signal.throwIfAborted();
        waiting.beat({ collection, documents: read });
      }
      read += 1;
      if (Buffer.isBuffer(document)) yield document;
    }
  } finally {
    await cursor.close();
  }
  return undefined;
}
