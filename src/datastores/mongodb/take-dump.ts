// Takes a dump of a live MongoDB database by mongodump, and reads it on its way: what it holds is counted from its own
// bytes. It is stored only when it came to its end, and when the database had the same collections and indexes before it
// and after it: mongodump ends with 0 for a database that is not there, and for a collection that went meanwhile.
import type { Db } from 'mongodb';
import type { Bytes } from '../../ports/objects.ts';
import type { Clock } from '../../ports/clock.ts';
import type { Waiting } from '../../ports/waiting.ts';
import { HEARTBEAT_TABLE } from '../../domain/backup/heartbeat.ts';
import { Failure } from '../../domain/failure.ts';
import { heardOf, shownTo, startingWith } from '../byte-streams.ts';
import { begun, type Taken, type Write } from '../store.ts';
import { runTool } from '../tool.ts';
import { MAGIC, readArchive, type ArchiveReader } from './archive.ts';
import { sourceOf, withMongo, type MongoAddress } from './connection.ts';
import { documentSum, type DocumentSum } from '../documents/document-sums.ts';
import { newestOf } from './heartbeat.ts';
import { pointFrom, timeOf, versionOf } from './server.ts';
import { isOfUsers, readStructure, type Structure } from './structure.ts';
import { mongoTool } from './tools.ts';

export const DUMP = 'dump.archive';

export interface Source {
  address: MongoAddress;
  clock: Pick<Clock, 'now'>;
  /** The path of mongodump. */
  program: string;
}

/** Nothing is stored unless its proof went well: what fails leaves nothing behind. */
export async function takeDump(
  { address, clock, program }: Source,
  write: Write,
  folder: string,
  waiting: Waiting,
): Promise<Taken> {
  const mongodump = await toolVersion(program, waiting);
  return withMongo(address, waiting.signal, async (db) => {
    const before = await readStructure(db);
    if (before.definitions.length === 0) throw nothingThere(address);
    const server = await versionOf(db);
    const point = await pointFrom(db, clock);
    const stop = new AbortController();
    const signal = AbortSignal.any([waiting.signal, stop.signal]);
    const args = ['--db', address.database, '--archive'];
    const tool = mongoTool({ program, args, address, folder }, { ...waiting, signal });
    const ask = async (): Promise<void> => {
      await timeOf(db);
    };
    const seen = tally();
    let proved: Proved | undefined;
    const body = async function* (): Bytes {
      const shown = shownTo(heardOf(tool, { ask, stop }), async (copy) => {
        await readArchive(copy, seen.reader);
      });
      yield* startingWith(MAGIC, shown, 'mongodump');
      try {
        const recoveryPoint = await point();
        proved = { recoveryPoint, ...(await proofOf(db, before, seen)) };
      } catch (error) {
        throw begun(error);
      }
    };
    const object = await write(DUMP, body());
    if (proved === undefined) throw new Failure('Broken', 'a dump was stored before it was proved');
    return {
      source: sourceOf(address),
      tools: { mongodump, server },
      artefact: 'streamed',
      objects: [object],
      ...proved,
    };
  });
}

/** Of what `mongodump --version` prints: `100.14.0`. */
export async function toolVersion(program: string, { signal }: Waiting): Promise<string> {
  const run = { program, args: ['--version'], env: {}, directory: '/', signal };
  return /version: (\S+)/.exec(await runTool(run))?.[1] ?? 'unknown';
}

type Proved = Pick<Taken, 'recoveryPoint' | 'contents' | 'canary'>;

/** Counts what an archive holds while it passes. */
export function tally() {
  const sums = new Map<string, DocumentSum>();
  const beats = newestOf();
  const sumOf = (collection: string): DocumentSum => {
    const sum = sums.get(collection) ?? documentSum();
    sums.set(collection, sum);
    return sum;
  };
  const reader: ArchiveReader = {
    document: ({ collection }, document) => {
      if (collection === HEARTBEAT_TABLE) beats.see(document);
      else sumOf(collection).add(document);
    },
  };
  return {
    reader,
    beats,
    /** Of each collection that is expected; what else has documents is in it too. */
    parts: (holders: readonly string[]) =>
      [...new Set([...holders, ...[...sums.keys()].filter((name) => isOfUsers({ name }))])]
        .sort()
        .map((name) => sumOf(name).part(name)),
  };
}

async function proofOf(
  db: Db,
  before: Structure,
  seen: ReturnType<typeof tally>,
): Promise<Pick<Taken, 'contents' | 'canary'>> {
  const after = await readStructure(db);
  const changed = changeIn(before, after);
  const parts = seen.parts(before.holders);
  const strange = parts.find(({ name }) => !before.holders.includes(name))?.name;
  if (changed !== undefined || strange !== undefined) {
    const what = changed ?? `${strange ?? ''} was there for a while`;
    const message = `dumping ${db.databaseName}: ${what} while it was dumped, and a dump of both states is of none; it is taken again`;
    throw new Failure('Unavailable', message);
  }
  const canary = seen.beats.newest();
  const contents = { parts, definitions: before.definitions, sequences: [] };
  return { contents, ...(canary !== null && { canary }) };
}

/** What is otherwise, as the middle of a sentence; undefined when all is as it was. */
function changeIn(before: Structure, after: Structure): string | undefined {
  const was = linesOf(before);
  const is = linesOf(after);
  const gone = was.find((line) => !is.includes(line));
  const come = is.find((line) => !was.includes(line));
  if (gone !== undefined) return `${titleOf(gone)} was removed, renamed or changed`;
  return come === undefined ? undefined : `${titleOf(come)} was made`;
}

function titleOf(line: string): string {
  return line.slice(0, line.indexOf('\0'));
}

function linesOf({ identities, definitions }: Structure): string[] {
  return [
    ...identities.map((one) => `the collection ${one.replace(/ [0-9a-f]*$/, '')}\0${one}`),
    ...definitions.map(({ kind, of, name, text }) => `the ${kind} ${of} ${name}\0${text}`),
  ];
}

function nothingThere(address: MongoAddress): Failure {
  const message = `there is no collection in ${sourceOf(address)}: MongoDB knows a database by its collections, and mongodump dumps one that is not there without a word; name the right database, or make a collection in it`;
  return new Failure('NotFound', message);
}
