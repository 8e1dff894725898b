// What an exchange knows of a live Redis: the newest epoch token that was seen, which numbers hold which generation, who is
// kept out. One hash in the last number of the server. It is read under WATCH and written in the MULTI that changes what
// it says: a worker that was frozen in between changes nothing. Which generation a number holds is said in it, by a key.
import { Failure } from '../../../domain/failure.ts';
import type { EpochToken } from '../../../domain/rollout/model.ts';
import { fieldsOf, listOf, textOf, type Argument, type Reply } from './connection.ts';
import type { Server } from './server.ts';

const LEDGER = 'fairlead:exchange';
/** In each number: the name of the generation that it holds. */
export const GENERATION = 'fairlead:generation';
/** The number that applications use. */
export const LIVE = 0;

const MOST_TRIES = 20;

export interface Fence {
  epoch: number;
  quarantined: string;
  /** Users that were let in before. */
  users: string[];
}

export interface Ledger {
  /** The generation in the live number; undefined where it has none yet. */
  live: string | undefined;
  fence: Fence | undefined;
  /** Where generations are that are not live. */
  numbers: Map<string, number>;
  fields: Map<string, string>;
}

/** Changes of the server and fields of the ledger, done together or not at all. */
export interface Change<Result> {
  result: Result;
  commands?: readonly Argument[][];
  set?: Readonly<Record<string, string>>;
  remove?: readonly string[];
}

const AT = 'at:';
export const placeField = (generation: string): string => `${AT}${generation}`;

/** 0 is live, one is for the copy, one for the ledger. */
const FEWEST = 3;

/** Why the server has no number for a ledger and none for a copy; undefined where it has. */
export function tooFewNumbers({ databases, where }: Server): string | undefined {
  return databases >= FEWEST
    ? undefined
    : `${where} has ${databases} databases, and an exchange needs a spare number for the copy and one for its notes: set "databases" to ${FEWEST} or more`;
}

function ledgerNumber(server: Server): number {
  const why = tooFewNumbers(server);
  if (why !== undefined) throw new Failure('Unsupported', why);
  return server.databases - 1;
}

/** Numbers of Fairlead's own, and of what it quarantined. */
export async function ownNumbers(server: Server): Promise<ReadonlySet<number>> {
  const { numbers } = await readLedger(server);
  return new Set([...numbers.values(), ledgerNumber(server)]);
}

/** What is known now, without a change. */
export async function readLedger(server: Server): Promise<Ledger> {
  const number = ledgerNumber(server);
  const [, fields, , live] = await server.connection.askAll([
    ['SELECT', number],
    ['HGETALL', LEDGER],
    ['SELECT', LIVE],
    ['GET', GENERATION],
  ]);
  return ledgerOf(fields, live);
}

function ledgerOf(said: Reply | undefined, generation: Reply | undefined): Ledger {
  if (said instanceof Failure) throw said;
  if (generation instanceof Failure && !generation.message.includes('WRONGTYPE')) throw generation;
  const fields = fieldsOf(said);
  const numbers = new Map(
    [...fields].flatMap(([name, value]): [string, number][] =>
      name.startsWith(AT) ? [[name.slice(AT.length), Number(value)]] : [],
    ),
  );
  const fence = fields.get('fence');
  return {
    live: textOf(generation) || undefined,
    fence: fence === undefined ? undefined : (JSON.parse(fence) as Fence),
    numbers,
    fields,
  };
}

/**
 * Decides by what is known, and makes the change in the same breath: what came in between begins it anew. Without a token
 * it is nobody's turn: for what changes no live data. Throws Superseded for an older token than was seen.
 */
export async function changing<Result>(
  server: Server,
  token: EpochToken | undefined,
  decide: (ledger: Ledger) => Promise<Change<Result>>,
): Promise<Result> {
  const number = ledgerNumber(server);
  const { connection } = server;
  for (let tries = 0; tries < MOST_TRIES; tries += 1) {
    // Both keys are watched where they are: who swaps the live number by hand touches its key too.
    const [, , fields, , , live] = await connection.askAll([
      ['SELECT', number],
      ['WATCH', LEDGER],
      ['HGETALL', LEDGER],
      ['SELECT', LIVE],
      ['WATCH', GENERATION],
      ['GET', GENERATION],
    ]);
    const ledger = ledgerOf(fields, live);
    if (token !== undefined) refuseOlder(ledger, token);
    const { result, ...change } = await decide(ledger);
    if (await isDone(server, number, change, token)) return result;
  }
  throw new Failure(
    'Unavailable',
    `${server.where} was changed by somebody else each time, ${MOST_TRIES} times`,
  );
}

/** False where something that was watched has changed: nothing was done. */
async function isDone(
  { connection }: Server,
  number: number,
  { commands = [], set = {}, remove = [] }: Omit<Change<unknown>, 'result'>,
  token: EpochToken | undefined,
): Promise<boolean> {
  const seen = token && { epoch: String(token.epoch), sequence: String(token.sequence) };
  const known = Object.entries({ ...set, ...seen }).flat();
  const replies = await connection.askAll([
    ['MULTI'],
    ...commands,
    ['SELECT', number],
    ...(known.length > 0 ? [['HSET', LEDGER, ...known]] : []),
    ...(remove.length > 0 ? [['HDEL', LEDGER, ...remove]] : []),
    ['EXEC'],
  ]);
  const done = replies.at(-1);
  // A command that makes no sense is refused when it is queued, and the whole with it.
  const wrong = [...replies, ...listOf(done)].find((one) => one instanceof Failure);
  if (wrong !== undefined) throw wrong;
  return done !== null;
}

function refuseOlder({ fields }: Ledger, { epoch, sequence }: EpochToken): void {
  const [newest, last] = [Number(fields.get('epoch') ?? 0), Number(fields.get('sequence') ?? 0)];
  if (epoch > newest || (epoch === newest && sequence >= last)) return;
  const message = `a change under epoch ${epoch} (${sequence}) comes after one under epoch ${newest} (${last}): nothing was done`;
  throw new Failure('Superseded', message);
}
