// A copy of a MongoDB that people look into: what its documents and those of the live database do not have in common, by
// their _id, and a server that only reads. Nothing of what documents hold leaves the servers but the first few ids' hashes.
import { createHash, randomBytes } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Db, Document } from 'mongodb';
import type { CopyView } from '../../ports/backups.ts';
import type { Waiting } from '../../ports/waiting.ts';
import type { Loss } from '../../domain/recovery/exchange.ts';
import { Failure } from '../../domain/failure.ts';
import { countOf } from '../../domain/text/amounts.ts';
import { shellWord } from '../../domain/text/command-text.ts';
import { lossCounter, type LossCounter } from '../loss.ts';
import { PASSWORD_FILE, readNote } from '../scratch-server.ts';
import { fieldsIn } from './bson-bytes.ts';
import { serverCode, USER_IS_THERE, withMongo } from './connection.ts';
import { documentsOf } from './contents.ts';
import { isFerretdb, mongoAddress, startReadOnly, USER } from './scratch-mongo.ts';
import { RAW, readStructure } from './structure.ts';

const AT_ONCE = 500;
const READER = 'fairlead_look';
const READER_PASSWORD = 'look-password';

type Differences = Record<keyof Loss, { all: LossCounter; documents: number }>;

/** In constant memory: some documents of one side, and those of the other that have the same _id. */
export async function lossBetween(live: Db, copy: Db, waiting: Waiting): Promise<Loss> {
  const fresh = () => ({ all: lossCounter(), documents: 0 });
  const differences = { onlyThere: fresh(), onlyHere: fresh(), changed: fresh() };
  const holders = await Promise.all(
    [live, copy].map(async (db) => (await readStructure(db)).holders),
  );
  for (const collection of [...new Set(holders.flat())].sort()) {
    await compare(collection, live, copy, differences, waiting);
    for (const one of Object.values(differences)) {
      if (one.documents > 0) one.all.tell(`${collection} (${countOf(one.documents, 'document')})`);
      one.documents = 0;
    }
  }
  const { onlyThere, onlyHere, changed } = differences;
  return {
    onlyThere: onlyThere.all.count(),
    onlyHere: onlyHere.all.count(),
    changed: changed.all.count(),
  };
}

async function compare(
  collection: string,
  live: Db,
  copy: Db,
  differences: Differences,
  waiting: Waiting,
): Promise<void> {
  const note = (kind: keyof Loss, id: string, content: string): void => {
    differences[kind].all.add(`${collection} ${digest(id)}`, content);
    differences[kind].documents += 1;
  };
  for await (const some of batches(documentsOf(live, collection, waiting))) {
    const there = byId(some);
    const here = byId(await withIds(copy, collection, some));
    for (const [id, document] of there) {
      const other = here.get(id);
      if (other === undefined) note('onlyThere', id, digest(document));
      else if (!other.equals(document)) note('changed', id, `${digest(document)} ${digest(other)}`);
    }
  }
  for await (const some of batches(documentsOf(copy, collection, waiting))) {
    const there = byId(await withIds(live, collection, some));
    for (const [id, document] of byId(some)) {
      if (!there.has(id)) note('onlyHere', id, digest(document));
    }
  }
}

async function* batches(documents: AsyncGenerator<Buffer, undefined>): AsyncGenerator<Buffer[]> {
  let some: Buffer[] = [];
  let bytes = 0;
  for await (const document of documents) {
    some.push(document);
    bytes += document.length;
    // Long documents are few at once.
    if (some.length < AT_ONCE && bytes < 4_000_000) continue;
    yield some;
    [some, bytes] = [[], 0];
  }
  if (some.length > 0) yield some;
}

/** Documents by the bytes of their _id. */
function byId(documents: readonly Buffer[]): Map<string, Buffer> {
  return new Map(documents.map((document) => [idOf(document), document]));
}

function idOf(document: Buffer): string {
  for (const { name, type, value } of fieldsIn(document)) {
    if (name === '_id') return `${type} ${value.toString('latin1')}`;
  }
  throw new Failure('CheckFailed', 'a document has no _id: it is none of MongoDB');
}

async function withIds(db: Db, collection: string, some: readonly Buffer[]): Promise<Buffer[]> {
  const { deserialize } = (await import('mongodb')).BSON;
  const as = { promoteValues: false, promoteBuffers: false, bsonRegExp: true };
  const ids = some.map((document) => deserialize(document, as)['_id'] as unknown);
  const filter: Document = { _id: { $in: ids } };
  const found: unknown[] = await db.collection(collection).find(filter, RAW).toArray();
  return found.filter((one) => Buffer.isBuffer(one));
}

function digest(content: Buffer | string): string {
  return createHash('sha256').update(content).digest('hex');
}

/** From now on whoever logs in as it says reads: FerretDB opens its files for nothing else, mongod knows who may what. */
export async function openForReading(folder: string, waiting: Waiting): Promise<CopyView> {
  const { server } = await readNote(folder);
  const login = isFerretdb(server)
    ? await readOnly(folder, waiting)
    : await reader(folder, waiting);
  const { host, port, database } = await mongoAddress(folder);
  const address = `mongodb://${login.user}@${host}:${port}/${database}?authSource=admin`;
  return {
    where: `the database ${database} of a server of its own at ${host}:${port}`,
    // It asks for the password: there is no other way to it that others of this machine do not see.
    look: [`cat ${shellWord(login.passwordFile)}`, `mongosh ${shellWord(address)}`],
  };
}

interface Login {
  user: string;
  passwordFile: string;
}

async function readOnly(folder: string, waiting: Waiting): Promise<Login> {
  await startReadOnly(folder, waiting);
  return { user: USER, passwordFile: join(folder, PASSWORD_FILE) };
}

async function reader(folder: string, { signal }: Waiting): Promise<Login> {
  const address = await mongoAddress(folder);
  const pwd = randomBytes(24).toString('base64url');
  const roles = [{ role: 'read', db: address.database }];
  await withMongo({ ...address, database: 'admin' }, signal, async (db) => {
    await db.command({ createUser: READER, pwd, roles }).catch(async (error: unknown) => {
      if ((await serverCode(error)) !== USER_IS_THERE) throw error;
      await db.command({ updateUser: READER, pwd, roles });
    });
  });
  const passwordFile = join(folder, READER_PASSWORD);
  await writeFile(passwordFile, pwd, { mode: 0o600 });
  return { user: READER, passwordFile };
}
