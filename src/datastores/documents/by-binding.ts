// How a live database is exchanged that no server renames: the copy lies in another database of the same server, and what
// moves is the binding (datastores/exchanges.ts puts the record). Nothing keeps writers out of the old database meanwhile, so
// its whole contents are looked at. What is asked of a kind is `Databases`.
import { createHash } from 'node:crypto';
import { z } from 'zod';
import type { DatastoreRef } from '../../ports/backups.ts';
import type { Clock } from '../../ports/clock.ts';
import type { Waiting } from '../../ports/waiting.ts';
import type { Contents } from '../../domain/backup/backup.ts';
import type { EpochToken } from '../../domain/rollout/model.ts';
import type { ExchangePlan, Loss } from '../../domain/recovery/exchange.ts';
import { digestOf } from '../../domain/digest.ts';
import { Failure } from '../../domain/failure.ts';
import { isRecord } from '../../domain/json.ts';
import { restoredName } from '../../domain/recovery/live/restored-name.ts';
import { servicePlaceOf, type ServicePlace } from '../../domain/recovery/live/service-place.ts';
import { UNDISTURBED } from '../../integrations/json-objects.ts';
import { besideNotes } from '../beside.ts';
import { placedAt } from '../bindings.ts';
import { serverRuns } from '../scratch-server.ts';
import type { StoreExchange } from '../store.ts';

/** A kind's databases, each as the datastore that it would be. */
export interface Databases {
  /** The name of its database. */
  nameOf: (store: DatastoreRef) => string;
  /** The server's own databases, which are no datastore's; absent where it has none. */
  own?: readonly string[];
  /** What is in it, in words; undefined where it holds nothing, or is not there. */
  holds: (store: DatastoreRef, waiting: Waiting) => Promise<string | undefined>;
  /** With all that is in it; gone already is fine. */
  remove: (store: DatastoreRef, waiting: Waiting) => Promise<void>;
  contents: (store: DatastoreRef, waiting: Waiting) => Promise<Contents>;
  loss: (there: DatastoreRef, here: DatastoreRef, waiting: Waiting) => Promise<Loss>;
  /** That the server answers, in a sentence; undefined where it does not. */
  answers: (store: DatastoreRef) => Promise<string | undefined>;
  /** Absent where no server of the kind blocks writes. */
  block?: WriteBlock;
  /** Has the service of the server make databases; absent where there is no such service. */
  service?: {
    /** Why it cannot, in a sentence. */
    unable: (
      store: DatastoreRef,
      asked: ServicePlace,
      waiting: Waiting,
    ) => Promise<string | undefined>;
    /** Makes the database of `there`; asked again it goes on with what was begun. Answers what was done, in words. */
    make: (
      store: DatastoreRef,
      asked: ServicePlace,
      there: DatastoreRef,
      waiting: Waiting,
    ) => Promise<string>;
    /** That the database of `there` is there, and who removes it, in a sentence; undefined where it is not. */
    left: (there: DatastoreRef, waiting: Waiting) => Promise<string | undefined>;
  };
}

/** How a server keeps those from writing that are not stopped. */
export interface WriteBlock {
  /** Whether the system file wants it. */
  isAsked: (store: DatastoreRef) => boolean;
  /** Who writes all the same, as a sentence. */
  open: string;
  /** Why it cannot be raised, in a sentence. */
  unable: (store: DatastoreRef, waiting: Waiting) => Promise<string | undefined>;
  /** Twice is fine. */
  raise: (store: DatastoreRef, token: EpochToken, waiting: Waiting) => Promise<void>;
  /** Leaves what somebody else raised. */
  lift: (store: DatastoreRef, token: EpochToken, waiting: Waiting) => Promise<void>;
  stands: (store: DatastoreRef, waiting: Waiting) => Promise<boolean>;
}

/** References to secrets, and no secret. */
const noteSchema = z.object({
  store: z.custom<DatastoreRef>(isRecord),
  /** Nobody here restored it, and nobody here removes it. */
  adopted: z.exactOptional(z.literal(true)),
});
const notes = besideNotes(noteSchema, 0o600);

/** The database that the copy in a folder is; undefined for one with a server of its own. */
export async function databaseOfCopy(folder: string): Promise<DatastoreRef | undefined> {
  return (await notes.find(folder))?.store;
}

/** The pid of a copy's own server; nothing for a copy that is in the live one. Throws NotReady where it does not run any more. */
export async function serverOfCopy(folder: string): Promise<{ server?: number }> {
  return (await databaseOfCopy(folder)) === undefined ? { server: serverRuns(folder) } : {};
}

const NO_SERVICE = 'there is no service that makes backups of it by itself';

const OPEN =
  'nobody can be kept out of the database itself: whoever has its address and a login writes, and is seen by what changes';

export function exchangeByBinding(databases: Databases, clock: Pick<Clock, 'now'>): StoreExchange {
  const { nameOf, holds } = databases;
  const begin = async (there: DatastoreRef, folder: string): Promise<void> => {
    const why = await taken(databases, there, UNDISTURBED);
    if (why !== undefined) throw new Failure('Refused', why);
    await notes.keep(folder, { store: there });
  };
  return {
    unable: async (store) =>
      store.settings.role === 'derived'
        ? `${store.datastore} is derived, and no server here empties a database in one step; empty it by hand`
        : blockOf(databases, store)?.unable(store, UNDISTURBED),
    begin: (store, folder) =>
      begin(placedAt(store, { database: besideName(store, folder, nameOf) }), folder),
    release: async (folder, waiting, isLive) => {
      const { store: there, adopted } = (await notes.find(folder)) ?? {};
      if (there === undefined || adopted === true || (await isLive(there))) return;
      await databases.remove(there, waiting);
    },
    ...fencingIn(databases, clock),
    plan: async (store, folder): Promise<ExchangePlan> => {
      const copy = await databaseOfCopy(folder);
      if (copy !== undefined) return { kind: 'binding', from: nameOf(store), to: nameOf(copy) };
      const message = `exchanging ${store.datastore}: the copy lies apart from everything live, and not beside it; restore it beside`;
      throw new Failure('BadInput', message);
    },
    exchange: async (store, { from, to }, _, waiting) => {
      refuseOther(store.datastore, nameOf(store), { from, to });
      const copy = placedAt(store, { database: to });
      if ((await holds(copy, waiting)) === undefined) {
        const message = `exchanging ${store.datastore}: the database ${to} holds nothing; restore it again`;
        throw new Failure('NotFound', message);
      }
      return { live: to, quarantined: from };
    },
    loss: async (store, folder, quarantined, waiting) => {
      const copy = await databaseOfCopy(folder);
      if (copy === undefined)
        throw new Failure('BadInput', `${folder} holds no copy that is beside ${store.datastore}`);
      return databases.loss(placedAt(store, { database: quarantined }), copy, waiting);
    },
    flush: async ({ datastore }) => {
      throw new Failure('Unsupported', `flushing ${datastore}: empty it by hand`);
    },
    elsewhere: {
      answers: databases.answers,
      unable: (there) => taken(databases, there, UNDISTURBED),
      begin,
      open: async () => undefined,
      lacks: async () => [],
    },
    adopt: adoptingIn(databases),
  };
}

function blockOf({ block }: Databases, store: DatastoreRef): WriteBlock | undefined {
  return block?.isAsked(store) === true ? block : undefined;
}

/** A block of writes where one is asked for; else nobody is kept out, and what changes is seen. */
function fencingIn(
  databases: Databases,
  clock: Pick<Clock, 'now'>,
): Pick<StoreExchange, 'writeFence' | 'liftFence' | 'writePosition'> {
  return {
    writeFence: async (store, token, waiting) => {
      const block = blockOf(databases, store);
      await block?.raise(store, token, waiting);
      const { open } = block ?? { open: OPEN };
      return { epoch: token.epoch, quarantined: databases.nameOf(store), open };
    },
    liftFence: async (store, token, waiting) =>
      blockOf(databases, store)?.lift(store, token, waiting),
    writePosition: async (store, waiting) => {
      const block = blockOf(databases, store);
      const at = clock.now();
      const { parts } = await databases.contents(store, waiting);
      const isGone = block !== undefined && !(await block.stands(store, waiting));
      const writers = isGone ? ['somebody lifted the block of writes'] : [];
      const unseen = block?.open ?? OPEN;
      return { position: `contents:${digestOf(parts)}`, writers, unseen, at };
    },
  };
}

/** Databases that somebody else restored, or that the service of the server is to make; none is removed with its copy. */
function adoptingIn(databases: Databases): NonNullable<StoreExchange['adopt']> {
  const { nameOf, own = [], holds, service } = databases;
  const unableToAdopt = async (store: DatastoreRef, place: string, waiting: Waiting) => {
    if (place === nameOf(store)) return 'it is live already';
    if (own.includes(place)) return "it is one of the server's own";
    const held = await holds(placedAt(store, { database: place }), waiting);
    return held === undefined ? 'no such database is there, or it holds nothing' : undefined;
  };
  const why = async (store: DatastoreRef, place: string, waiting: Waiting) => {
    const asked = servicePlaceOf(place);
    const unable =
      asked === undefined
        ? await unableToAdopt(store, place, waiting)
        : await (service?.unable(store, asked, waiting) ?? NO_SERVICE);
    return unable && `adopting ${place} for ${store.datastore}: ${unable}`;
  };
  return {
    unable: why,
    ...(service && { left: service.left }),
    take: async (store, folder, place, waiting, there) => {
      const asked = servicePlaceOf(place);
      if (asked !== undefined && service !== undefined && there !== undefined) {
        const words = await service.make(store, asked, there, waiting);
        await notes.keep(folder, { store: there, adopted: true });
        return words;
      }
      const unable = await why(store, place, waiting);
      if (unable !== undefined) throw new Failure('Refused', unable);
      const adopted = placedAt(store, { database: place });
      await notes.keep(folder, { store: adopted, adopted: true });
      const held = await holds(adopted, waiting);
      return `the database ${place}, which holds ${held ?? 'nothing'}`;
    },
  };
}

/** Throws WorldChanged where the datastore is neither where the plan takes it from nor where it brings it. */
function refuseOther(
  datastore: string,
  live: string,
  { from, to }: Pick<ExchangePlan, 'from' | 'to'>,
): void {
  if (live === from || live === to) return;
  const message = `exchanging ${datastore}: ${live} is live, and not ${from}; look at it and begin anew`;
  throw new Failure('WorldChanged', message, { expected: from, found: live });
}

/** Why a database cannot take a copy; undefined where it holds nothing. */
async function taken(
  { nameOf, holds }: Databases,
  there: DatastoreRef,
  waiting: Waiting,
): Promise<string | undefined> {
  const held = await holds(there, waiting);
  return (
    held &&
    `restoring ${there.datastore} into the database ${nameOf(there)}: it holds ${held}; name one that is empty, or not there`
  );
}

/** The name of the database for a copy that no plan names: made from the copy's folder, which every attempt has of its own. */
function besideName(store: DatastoreRef, folder: string, nameOf: Databases['nameOf']): string {
  const key = createHash('sha256').update(folder).digest('hex').slice(0, 8);
  return restoredName(nameOf(store), key);
}
