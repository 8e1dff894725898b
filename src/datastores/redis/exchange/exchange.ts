// A live Redis exchanged for a copy that was loaded into a spare number of the same server: SWAPDB, in one transaction with
// the look at the epoch, under the write fence. Both sides stay; the old one is in the spare number afterwards.
import type { DatastoreRef } from '../../../ports/backups.ts';
import type { Clock } from '../../../ports/clock.ts';
import type { Waiting } from '../../../ports/waiting.ts';
import type { Exchanged, ExchangePlan, WriteFence } from '../../../domain/recovery/exchange.ts';
import { Failure } from '../../../domain/failure.ts';
import { UNDISTURBED } from '../../../integrations/json-objects.ts';
import type { SecretSources } from '../../../integrations/secret-value.ts';
import type { StoreExchange } from '../../store.ts';
import { liveRedis } from '../client.ts';
import { beginBeside, besideIn, naming, releaseBeside } from './beside.ts';
import { textOf } from './connection.ts';
import { lossBetween, type Place } from './contents.ts';
import { lowered, positionOf, raising } from './fence.ts';
import {
  changing,
  GENERATION,
  LIVE,
  placeField,
  readLedger,
  type Change,
  type Ledger,
} from './ledger.ts';
import { refuseFull, unableToExchange, unableToFlush } from './rights.ts';
import { inServer, loggedIn, type Server } from './server.ts';

export interface RedisExchangeInput {
  secrets: SecretSources;
  clock: Pick<Clock, 'now'>;
}

export function createRedisExchange({ secrets, clock }: RedisExchangeInput): StoreExchange {
  const atServer = <T>(
    store: DatastoreRef,
    { signal }: Pick<Waiting, 'signal'>,
    work: (server: Server) => Promise<T>,
  ): Promise<T> => inServer(store, secrets, signal, work);
  return {
    unable: async (store) =>
      atServer(store, UNDISTURBED, async (server) =>
        store.settings.role === 'derived'
          ? unableToFlush(server, store)
          : unableToExchange(server, store),
      ),
    begin: async (store, folder, bytes) =>
      atServer(store, UNDISTURBED, async (server) => {
        const reason = await unableToExchange(server, store);
        if (reason !== undefined) throw new Failure('Unsupported', reason);
        await refuseFull(server, bytes);
        await beginBeside(server, store, folder);
      }),
    release: (folder, waiting) => releaseBeside(folder, secrets, waiting),
    writeFence: (store, token, waiting) =>
      atServer(store, waiting, (server) =>
        changing(server, token, (ledger) => fencing(server, ledger, token.epoch)),
      ),
    liftFence: async (store, token, waiting) => {
      await atServer(store, waiting, (server) =>
        changing(server, token, async ({ fence }) => ({ result: null, ...lowered(fence) })),
      );
    },
    writePosition: (store, waiting) =>
      atServer(store, waiting, (server) => positionOf(server, clock)),
    plan: (store, folder, waiting) =>
      atServer(store, waiting, async (server) => {
        const note = await besideIn(folder);
        if (note?.where !== server.where) throw apart(store);
        const { live } = await readLedger(server);
        return { kind: 'swap', from: live ?? UNKNOWN, to: note.generation };
      }),
    exchange: (store, plan, token, waiting) =>
      atServer(store, waiting, (server) =>
        changing(server, token, (ledger) => swapping(server, ledger, plan)),
      ),
    loss: async (store, folder, quarantined, waiting) => {
      const note = await besideIn(folder);
      if (note === undefined) throw apart(store);
      return between(store, secrets, [quarantined, note.generation], waiting);
    },
    flush: (store, token, waiting) =>
      atServer(store, waiting, (server) =>
        changing(server, token, async (ledger) =>
          flushing(ledger, `${token.epoch}-${token.sequence}`),
        ),
      ),
  };
}

const UNKNOWN = 'data that nothing is known of';

async function fencing(server: Server, before: Ledger, epoch: number): Promise<Change<WriteFence>> {
  const { ledger, commands: named, set: count } = naming(before);
  const { commands = [], set, result } = await raising(server, ledger, epoch);
  return { result, commands: [...named, ...commands], set: { ...count, ...set } };
}

/** Done already is fine. Whoever is kept out stays so. */
async function swapping(
  { connection, where }: Server,
  { live = UNKNOWN, numbers }: Ledger,
  { kind, from, to }: ExchangePlan,
): Promise<Change<Exchanged>> {
  if (kind !== 'swap') throw new Failure('BadInput', `exchanging ${where} by ${kind} to ${to}`);
  const result = { live: to, quarantined: from };
  if (live === to) return { result };
  if (live !== from) {
    const message = `exchanging what is live in ${where}: ${live} is live, and not ${from}; look at it and begin anew`;
    throw new Failure('WorldChanged', message, { expected: from, found: live });
  }
  const number = numbers.get(to);
  const [, name] =
    number === undefined
      ? []
      : await connection.askAll([
          ['SELECT', number],
          ['GET', GENERATION],
        ]);
  if (number === undefined || textOf(name) !== to) {
    throw new Failure('NotFound', `${where} does not hold ${to} any more; restore it beside again`);
  }
  return {
    result,
    commands: [['SWAPDB', LIVE, number]],
    set: { [placeField(from)]: String(number) },
    remove: [placeField(to)],
  };
}

/** Derived data are made anew: nothing of them is kept. */
function flushing(before: Ledger, change: string): Change<Exchanged> {
  const [of, made, from] = (before.fields.get('flushed') ?? '').split(' ');
  if (of === change && made !== undefined && from !== undefined) {
    return { result: { live: made, quarantined: from } };
  }
  const { ledger, set } = naming(before);
  const count = Number(set['count'] ?? ledger.fields.get('count') ?? 0) + 1;
  const name = `gen-${count}`;
  return {
    result: { live: name, quarantined: ledger.live },
    commands: [
      ['SELECT', LIVE],
      ['FLUSHDB', 'ASYNC'],
      ['SET', GENERATION, name],
    ],
    set: { count: String(count), flushed: `${change} ${name} ${ledger.live}` },
  };
}

/** Of two generations of one server, wherever they are now. */
async function between(
  store: DatastoreRef,
  secrets: SecretSources,
  generations: readonly [there: string, here: string],
  waiting: Waiting,
) {
  return inServer(store, secrets, waiting.signal, async (server) => {
    const { live, numbers } = await readLedger(server);
    const numberOf = (generation: string): number => {
      const number = generation === live ? LIVE : numbers.get(generation);
      if (number !== undefined) return number;
      throw new Failure('NotFound', `${server.where} does not hold ${generation} any more`);
    };
    const [there, here] = generations.map(numberOf) as [number, number];
    const other = await loggedIn(await liveRedis(store, secrets), waiting.signal);
    try {
      const was: Place = { connection: server.connection, number: there };
      return await lossBetween(was, { connection: other, number: here }, waiting);
    } finally {
      other.close();
    }
  });
}

function apart({ datastore }: DatastoreRef): Failure {
  const message = `exchanging ${datastore}: the copy lies apart from everything live, and not beside it; restore it beside`;
  return new Failure('BadInput', message);
}
