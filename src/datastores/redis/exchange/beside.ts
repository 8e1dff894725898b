// A copy in a spare number of a live Redis, beside what is live: its number is found free and named in one transaction, it is
// filled from the copy's own server, and emptied when the copy is discarded.
import { z } from 'zod';
import type { DatastoreRef } from '../../../ports/backups.ts';
import type { Waiting } from '../../../ports/waiting.ts';
import { Failure } from '../../../domain/failure.ts';
import type { SecretSources } from '../../../integrations/secret-value.ts';
import { besideNotes } from '../../beside.ts';
import { redisAddress } from '../scratch-redis.ts';
import { fieldsOf, openRedis, type Argument, type RedisConnection } from './connection.ts';
import { copyKeys, lossBetween } from './contents.ts';
import {
  changing,
  GENERATION,
  LIVE,
  ownNumbers,
  placeField,
  type Change,
  tooFewNumbers,
  type Ledger,
} from './ledger.ts';
import { infoOf, inServer, type Server } from './server.ts';

const noteSchema = z.object({
  where: z.string(),
  generation: z.string(),
  number: z.number(),
  store: z.unknown(),
});
const notes = besideNotes(noteSchema, 0o600);
export type BesideNote = Omit<z.output<typeof noteSchema>, 'store'> & { store: DatastoreRef };

/** Takes a free number for a copy, and notes it. */
export async function beginBeside(
  server: Server,
  store: DatastoreRef,
  folder: string,
): Promise<void> {
  const begun = await changing(server, undefined, (ledger) => beginning(server, ledger));
  const note: BesideNote = { where: server.where, ...begun, store };
  await notes.keep(folder, note);
}

/** Empties the number of a copy, unless it went live, or was live. */
export async function releaseBeside(
  folder: string,
  secrets: SecretSources,
  { signal }: Waiting,
): Promise<void> {
  const note = await besideIn(folder);
  if (note === undefined) return;
  await inServer(note.store, secrets, signal, (server) =>
    changing(server, undefined, async ({ numbers }) => releasing(note, numbers)),
  );
}

/** What is live gets a name where it has none. */
export function naming(ledger: Ledger): {
  ledger: Ledger & { live: string };
  commands: Argument[][];
  set: Record<string, string>;
} {
  const { live, fields } = ledger;
  if (live !== undefined) return { ledger: { ...ledger, live }, commands: [], set: {} };
  const count = Number(fields.get('count') ?? 0) + 1;
  const name = `gen-${count}`;
  const commands: Argument[][] = [
    ['SELECT', LIVE],
    ['SET', GENERATION, name],
  ];
  return { ledger: { ...ledger, live: name }, commands, set: { count: String(count) } };
}

/** A free number for a copy, with its name in it. */
async function beginning(
  server: Server,
  before: Ledger,
): Promise<Change<{ generation: string; number: number }>> {
  const { ledger, commands, set } = naming(before);
  const count = Number(set['count'] ?? ledger.fields.get('count') ?? 0) + 1;
  const generation = `gen-${count}`;
  const number = await freeNumber(server, ledger);
  return {
    result: { generation, number },
    commands: [...commands, ['SELECT', number], ['SET', GENERATION, generation]],
    set: { count: String(count), [placeField(generation)]: String(number) },
  };
}

async function freeNumber(
  { connection, databases, where }: Server,
  { numbers }: Ledger,
): Promise<number> {
  const taken = new Set(numbers.values());
  for (let number = 1; number < databases - 1; number += 1) {
    if (taken.has(number)) continue;
    const [, size] = await connection.askAll([['SELECT', number], ['DBSIZE']]);
    if (size === 0) return number;
  }
  const message = `${where} has no spare number for a copy: each of its ${databases} holds keys, or is one of Fairlead's; discard copies, or set "databases" higher`;
  throw new Failure('Refused', message);
}

function releasing(
  { generation, number }: BesideNote,
  numbers: ReadonlyMap<string, number>,
): Change<null> {
  if (numbers.get(generation) !== number) return { result: null };
  return {
    result: null,
    commands: [
      ['SELECT', number],
      ['FLUSHDB', 'ASYNC'],
    ],
    remove: [placeField(generation)],
  };
}

/** Loads what the copy's own server in the folder holds into the number that was begun for it; proves that it is all there. */
export async function loadBeside(
  folder: string,
  secrets: SecretSources,
  waiting: Waiting,
): Promise<void> {
  const note = await besideIn(folder);
  if (note === undefined) return;
  const { user = 'default', password = '', ...address } = await redisAddress(folder);
  const source = await openRedis(address, waiting.signal);
  try {
    await source.ask('AUTH', user, password);
    await inServer(note.store, secrets, waiting.signal, async ({ connection, where }) => {
      await refuseOtherNumbers(source);
      const [from, to] = [
        { connection: source, number: LIVE },
        { connection, number: note.number },
      ];
      const copied = await copyKeys(from, to, waiting);
      const { onlyThere, changed } = await lossBetween(from, to, waiting);
      const lacks = onlyThere.count + changed.count;
      if (lacks === 0) return;
      const message = `of ${copied} keys that were loaded into number ${note.number} of ${where}, ${lacks} are not as in the backup: ${[...onlyThere.shown, ...changed.shown].slice(0, 5).join(', ')}`;
      throw new Failure('CheckFailed', message);
    });
  } finally {
    source.close();
  }
}

/** Keys in other numbers than the one that is exchanged; those of Fairlead's own, and what it quarantined, stay where they are. */
async function refuseOtherNumbers(connection: RedisConnection): Promise<void> {
  const config = fieldsOf(await connection.ask('CONFIG', 'GET', 'databases'));
  const databases = Number(config.get('databases') ?? 1);
  const server = { connection, databases, user: 'default', where: 'the copy' };
  const known = tooFewNumbers(server) === undefined ? await ownNumbers(server) : new Set<number>();
  const numbers = [...(await infoOf(server)).keys()].flatMap((name) => {
    const number = /^db(\d+)$/.exec(name)?.[1];
    return number === undefined ? [] : [Number(number)];
  });
  const others = numbers.filter((number) => number !== LIVE && !known.has(number));
  if (others.length === 0) return;
  const message = `the backup holds keys in the numbers ${others.join(', ')} too, and only number 0 is restored beside what is live as yet`;
  throw new Failure('Unsupported', message);
}

export async function besideIn(folder: string): Promise<BesideNote | undefined> {
  const note = await notes.find(folder);
  // What was written as a reference to a datastore is read as one.
  return note && { ...note, store: note.store as DatastoreRef };
}
