// Archives as mongodump writes them, of collections that no server here can hold.
import { BSON, Long } from 'mongodb';
import type { Bytes } from '../../../src/ports/objects.ts';

export interface Dumped {
  collection: string;
  database?: string;
  /** null: it is not in the prelude. */
  type?: string | null;
  /** As mongodump describes it: Extended JSON. */
  metadata?: string;
  /** Absent: it has no blocks. */
  documents?: readonly Buffer[];
}

const TERMINATOR = Buffer.alloc(4, 0xff);

export function archiveOf(database: string, collections: readonly Dumped[]): Buffer {
  const serialized = (document: object): Buffer => Buffer.from(BSON.serialize(document));
  const header = {
    ...{ concurrent_collections: 4, version: '0.1' },
    ...{ server_version: '7.0.1', tool_version: '100.14.0' },
  };
  const described = collections.flatMap(
    ({ collection, database: db = database, type, metadata = '{}' }) =>
      type === null
        ? []
        : [serialized({ db, collection, metadata, size: 0, type: type ?? 'collection' })],
  );
  const blocks = collections.flatMap(({ collection, database: db = database, documents }) => {
    if (documents === undefined) return [];
    const block = (EOF: boolean) => serialized({ db, collection, EOF, CRC: Long.fromInt(0) });
    const some = documents.length === 0 ? [] : [block(false), ...documents, TERMINATOR];
    return [...some, block(true), TERMINATOR];
  });
  const mark = Buffer.from([0x6d, 0xe2, 0x99, 0x81]);
  return Buffer.concat([mark, serialized(header), ...described, TERMINATOR, ...blocks]);
}

export async function* chunked(bytes: Buffer, size: number): Bytes {
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
}
