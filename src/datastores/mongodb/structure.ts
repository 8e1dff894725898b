// What a database is made of beside its documents: collections with their options, indexes with theirs, views, time
// series. Read from the server's own bytes and put into texts that two servers share.
import type { Collection, Db } from 'mongodb';
import type { Definition } from '../../domain/backup/backup.ts';
import { HEARTBEAT_TABLE } from '../../domain/backup/heartbeat.ts';
import { fieldsIn, textIn, valueText, type Field } from './bson-bytes.ts';

const DOCUMENT = 3;
/** What a server gives an index by itself, or takes from clients of old and forgets. */
const OF_THE_SERVER: ReadonlySet<string> = new Set(['v', 'ns', 'background', 'name']);

export interface Structure {
  definitions: Definition[];
  /** Collections that have documents of their own, as a dump names them. */
  holders: string[];
  /** Who they are: made anew under the same name, one is another. */
  identities: string[];
}

interface Listed {
  name: string;
  type: string;
  options: string;
  uuid: string;
}

export async function readStructure(db: Db): Promise<Structure> {
  const listed = (await rawOf(db.listCollections({}, RAW))).map(listedIn).filter(isOfUsers);
  const definitions: Definition[] = [];
  for (const { name, type, options } of listed) {
    definitions.push({ kind: type, of: '', name, text: options });
    if (type !== 'view') definitions.push(...(await indexesOf(db.collection(name), name)));
  }
  return {
    definitions: definitions.sort((one, other) => (keyOf(one) < keyOf(other) ? -1 : 1)),
    holders: listed.flatMap(holderOf).sort(),
    identities: listed.map(({ name, uuid }) => `${name} ${uuid}`).sort(),
  };
}

/** The heartbeats are of no comparison, and what begins so is the server's; functions are stored in one of these. */
export function isOfUsers({ name }: { name: string }): boolean {
  return name !== HEARTBEAT_TABLE && (!name.startsWith('system.') || name === 'system.js');
}

/** The collection that the documents lie in. */
function holderOf({ name, type }: Listed): string[] {
  if (type === 'view') return [];
  return [type === 'timeseries' ? `system.buckets.${name}` : name];
}

function listedIn(document: Buffer): Listed {
  const fields = [...fieldsIn(document)];
  const options = fields.find(({ name }) => name === 'options');
  const info = fields.find(({ name }) => name === 'info');
  const uuid = info && [...fieldsIn(info.value)].find(({ name }) => name === 'uuid');
  return {
    name: textIn(fields, 'name') ?? '',
    type: textIn(fields, 'type') ?? 'collection',
    options: options?.type === DOCUMENT ? sortedText([...fieldsIn(options.value)]) : '{}',
    uuid: uuid?.value.toString('hex') ?? '',
  };
}

async function indexesOf(collection: Collection, of: string): Promise<Definition[]> {
  const indexes = await rawOf(collection.listIndexes(RAW));
  return indexes.map((document) => {
    const fields = [...fieldsIn(document)];
    const meant = fields.filter(({ name }) => !OF_THE_SERVER.has(name));
    return { kind: 'index', of, name: textIn(fields, 'name') ?? '', text: sortedText(meant) };
  });
}

/** Options have no order among each other; what they say has. */
function sortedText(fields: readonly Field[]): string {
  const texts = fields.map((field) => `${JSON.stringify(field.name)}:${valueText(field)}`);
  return `{${texts.sort().join(',')}}`;
}

function keyOf({ kind, of, name }: Definition): string {
  return `${kind} ${of} ${name}`;
}

/** So that documents come as their bytes. */
export const RAW = { raw: true } as const;

/** The documents of a cursor that was asked for raw ones. */
async function rawOf(cursor: { toArray: () => Promise<unknown[]> }): Promise<Buffer[]> {
  return (await cursor.toArray()).filter((one) => Buffer.isBuffer(one));
}
