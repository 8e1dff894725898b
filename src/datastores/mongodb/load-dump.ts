// Loads a dump into a server by mongorestore. What it ends with says little (it goes on after a duplicate key, and leaves
// what it had loaded when its input is cut): afterwards every collection has as many documents as the dump had.
import type { Db } from 'mongodb';
import { z } from 'zod';
import type { Bytes } from '../../ports/objects.ts';
import type { Waiting } from '../../ports/waiting.ts';
import { Failure } from '../../domain/failure.ts';
import { drain, shownTo } from '../byte-streams.ts';
import { readArchive, type Prelude } from './archive.ts';
import { withMongo, type MongoAddress } from './connection.ts';
import { mongoTool } from './tools.ts';

export interface Load {
  /** The path of mongorestore. */
  program: string;
  /** Into the database of this address, which holds nothing. */
  address: MongoAddress;
  folder: string;
  /** The dump from its beginning, as often as it is called. */
  read: () => Bytes;
}

/** Throws CheckFailed with what is wrong with the dump. */
export async function loadDump(
  { program, address, folder, read }: Load,
  waiting: Waiting,
): Promise<void> {
  const from = databaseIn(await preludeOf(read()));
  const counts = new Map<string, number>();
  const input = shownTo(read(), async (copy) => {
    await readArchive(copy, {
      document: ({ database, collection }) => {
        if (database === from) counts.set(collection, (counts.get(collection) ?? 0) + 1);
      },
    });
  });
  const args = [
    ...['--archive', '--nsInclude', `${from}.*`, '--bypassDocumentValidation'],
    ...['--nsFrom', `${from}.*`, '--nsTo', `${address.database}.*`],
  ];
  await drain(mongoTool({ program, args, address, folder, input }, waiting)).catch(
    (error: unknown) => {
      throw withReason(error);
    },
  );
  await withMongo(address, waiting.signal, async (db) => {
    for (const [collection, expected] of counts) await countIs(db, collection, expected);
  });
}

/** The beginning of a dump, without the rest. */
export async function preludeOf(body: Bytes): Promise<Prelude> {
  const found: Prelude[] = [];
  const look = async function* (): Bytes {
    for await (const chunk of body) {
      yield chunk;
      if (found.length > 0) return;
    }
  };
  const whole = readArchive(look(), { prelude: (prelude) => found.push(prelude) });
  // Of a beginning it says that it is cut.
  const rest = await whole.catch((error: unknown) => error);
  const [prelude] = found;
  if (prelude === undefined) throw rest;
  return prelude;
}

/** The one database that a dump holds. Throws CheckFailed where there is none, Unsupported where there are several. */
export function databaseIn({ collections }: Prelude): string {
  const databases = [...new Set(collections.map(({ database }) => database))].sort();
  const [database, ...others] = databases;
  if (database === undefined || database === '') {
    const message = 'the dump holds no collection: it is of a database that was not there';
    throw new Failure('CheckFailed', message);
  }
  if (others.length === 0) return database;
  const message = `the dump holds several databases (${databases.map((one) => one || 'the oplog').join(', ')}), and a datastore is one: take one with --db`;
  throw new Failure('Unsupported', message);
}

const counted = z.object({ n: z.coerce.number() });

async function countIs(db: Db, collection: string, expected: number): Promise<void> {
  const { n } = counted.parse(await db.command({ count: collection }));
  if (n === expected) return;
  const message = `mongorestore ended well, and ${collection} has ${n} documents of the ${expected} in the dump; nothing is made of half of it`;
  throw new Failure('CheckFailed', message);
}

function withReason(error: unknown): unknown {
  if (!(error instanceof Failure) || error.kind !== 'CheckFailed') return error;
  if (!/E11000|duplicate key|UNIQUE constraint/i.test(error.message)) return error;
  const why =
    'two documents of the dump have one unique key: it was written to while it was taken, and the key went from one document to another; take a backup while nobody writes, or verify an earlier one';
  return new Failure('CheckFailed', `${why}. ${error.message}`);
}
