// The port to exchanging live datastores in memory: a live datastore is a name, under a fence nobody finds it. `live` is what
// a test reaches into: what fails next, what hangs, who writes.
import type { ExchangesPort } from '../../../src/ports/exchanges.ts';
import type { DatastoreRef } from '../../../src/ports/backups.ts';
import type { Waiting } from '../../../src/ports/waiting.ts';
import type { EpochToken } from '../../../src/domain/rollout/model.ts';
import type { Quarantined } from '../../../src/domain/recovery/live/quarantined.ts';
import { Failure } from '../../../src/domain/failure.ts';
import { QUIET_MS } from '../../../src/domain/recovery/exchange.ts';
import type { MemoryVault } from './memory-backups.ts';

const LONG_AGO_MS = 86_400_000;

export type ExchangeVerb = keyof ExchangesPort;

export interface LiveStore {
  /** What an application finds. */
  name: string;
  fencedSince?: number;
  /** Counts writes. */
  writes: number;
  writers: string[];
  newest: Pick<EpochToken, 'epoch' | 'sequence'>;
}

export interface MemoryExchanges {
  /** By `<system>/<datastore>`. */
  live: Map<string, LiveStore>;
  /** What exchanges kept, by `<system>/<datastore>`. */
  kept: Map<string, Quarantined[]>;
  /** Why a datastore cannot be exchanged, by its name. */
  unable: Map<string, string>;
  /** Datastores that answer although they are said to be gone. */
  answers: Set<string>;
  /** What people have to do where something was restored elsewhere. */
  lacking: string[];
  short: string | undefined;
  /** Somebody can look at the room. */
  roomKnown: boolean;
  /** `after`: once it has done its work. */
  failNext: (verb: ExchangeVerb, failure: Failure, after?: true) => void;
  /** The next call of this verb waits until it is released or cancelled; `after`: once it has done its work. */
  hangNext: (verb: ExchangeVerb, after?: true) => { reached: Promise<void>; release: () => void };
  /** Verbs in the order in which they changed something, each with the datastore. */
  done: string[];
}

export function memoryExchanges(vault: MemoryVault): {
  exchanges: ExchangesPort;
  exchanged: MemoryExchanges;
} {
  const failures: { verb: ExchangeVerb; failure: Failure; after: boolean }[] = [];
  const hangs: {
    verb: ExchangeVerb;
    after: boolean;
    reach: () => void;
    released: Promise<void>;
  }[] = [];
  let looks = 0;
  const exchanged: MemoryExchanges = {
    live: new Map(),
    kept: new Map(),
    unable: new Map(),
    answers: new Set(),
    lacking: [],
    short: undefined,
    roomKnown: true,
    done: [],
    failNext: (verb, failure, after) => failures.push({ verb, failure, after: after === true }),
    hangNext: (verb, after) => {
      let [reach, release] = [(): void => undefined, (): void => undefined];
      const reached = new Promise<void>((resolve) => {
        reach = resolve;
      });
      const released = new Promise<void>((resolve) => {
        release = resolve;
      });
      hangs.push({ verb, after: after === true, reach, released });
      return { reached, release };
    },
  };
  const liveOf = ({ system, datastore }: DatastoreRef): LiveStore => {
    const key = `${system}/${datastore}`;
    const found = exchanged.live.get(key) ?? {
      ...{ name: 'live-1', writes: 0, writers: [] },
      newest: { epoch: 0, sequence: 0 },
    };
    exchanged.live.set(key, found);
    return found;
  };
  const held = async (verb: ExchangeVerb, after: boolean, { signal }: Waiting): Promise<void> => {
    const at = hangs.findIndex((one) => one.verb === verb && one.after === after);
    const [hang] = at < 0 ? [] : hangs.splice(at, 1);
    if (hang === undefined) return;
    hang.reach();
    const cut = new Promise<never>((_, reject) => {
      signal.addEventListener('abort', () => {
        reject(signal.reason as Error);
      });
    });
    await Promise.race([hang.released, cut]);
  };
  const entered = (verb: ExchangeVerb, after = false): void => {
    const at = failures.findIndex((one) => one.verb === verb && one.after === after);
    const [failed] = at < 0 ? [] : failures.splice(at, 1);
    if (failed !== undefined) throw failed.failure;
  };
  const changing = async <T>(
    verb: ExchangeVerb,
    { store, token }: { store: DatastoreRef; token: EpochToken },
    waiting: Waiting,
    change: (live: LiveStore) => T,
  ): Promise<T> => {
    entered(verb);
    await held(verb, false, waiting);
    const live = liveOf(store);
    const { newest } = live;
    const isOld =
      token.epoch < newest.epoch ||
      (token.epoch === newest.epoch && token.sequence < newest.sequence);
    if (isOld) throw new Failure('Superseded', `${store.datastore} was changed by a newer one`);
    live.newest = { epoch: token.epoch, sequence: token.sequence };
    const value = change(live);
    exchanged.done.push(`${verb} ${store.datastore}`);
    await held(verb, true, waiting);
    entered(verb, true);
    return value;
  };
  const exchanges: ExchangesPort = {
    unable: async ({ datastore }) => exchanged.unable.get(datastore),
    converts: async () => undefined,
    room: async () =>
      exchanged.short === undefined ? { known: exchanged.roomKnown } : { short: exchanged.short },
    writeFence: (input, waiting) =>
      changing('writeFence', input, waiting, (live) => {
        live.fencedSince ??= input.token.epoch;
        return { epoch: live.fencedSince, quarantined: live.name };
      }),
    liftFence: (input, waiting) =>
      changing('liftFence', input, waiting, (live) => {
        delete live.fencedSince;
      }),
    writePosition: async (store, waiting) => {
      entered('writePosition');
      await held('writePosition', false, waiting);
      const { writes, writers } = liveOf(store);
      // Each look is as far from the one before as it has to be.
      looks += 1;
      const at = Date.now() - LONG_AGO_MS + looks * QUIET_MS;
      return { position: String(writes), writers: [...writers], at };
    },
    exchangePlan: async ({ store, copy }, waiting) => {
      entered('exchangePlan');
      await held('exchangePlan', false, waiting);
      return { kind: 'generation', from: liveOf(store).name, to: copy };
    },
    exchange: (input, waiting) =>
      changing('exchange', input, waiting, (live) => {
        const { from, to } = input.plan;
        if (live.name !== from && live.name !== to) {
          const message = `${live.name} is live`;
          throw new Failure('WorldChanged', message, { expected: from, found: live.name });
        }
        live.name = to;
        live.fencedSince ??= input.token.epoch;
        return { live: to, quarantined: from };
      }),
    lossAgainst: async (_, waiting) => {
      entered('lossAgainst');
      await held('lossAgainst', false, waiting);
      return vault.loss;
    },
    quarantined: async ({ system, datastore }) =>
      exchanged.kept.get(`${system}/${datastore}`) ?? [],
    removeQuarantined: async ({ store: { system, datastore }, name }) => {
      const key = `${system}/${datastore}`;
      const left = (exchanged.kept.get(key) ?? []).filter((one) => one.name !== name);
      exchanged.kept.set(key, left);
      exchanged.done.push(`removeQuarantined ${name}`);
    },
    lost: async ({ store }) => {
      const answers = exchanged.answers.has(store.datastore) ? 'it answers' : undefined;
      const why = exchanged.unable.get(`${store.datastore} elsewhere`);
      return { ...(answers && { answers }), ...(why !== undefined && { unable: why }) };
    },
    bind: ({ target: { copy, store }, token }, waiting) =>
      changing('bind', { store, token }, waiting, (live) => {
        live.name = copy;
      }),
    lacking: async () => exchanged.lacking,
    flush: (input, waiting) =>
      changing('flush', input, waiting, (live) => {
        const from = live.name;
        live.name = 'empty';
        return { live: 'empty', quarantined: from };
      }),
  };
  return { exchanges, exchanged };
}
