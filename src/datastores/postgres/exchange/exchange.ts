// A live database exchanged for one that was restored beside it in the same server, by two renames: the first is the write
// fence, the second puts the copy in its place, in one statement with the look at the epoch, under the fence that it had. What
// lifts that gives it the live name. The old one stays, quarantined.
import type { DatastoreRef } from '../../../ports/backups.ts';
import type { Clock } from '../../../ports/clock.ts';
import type { Waiting } from '../../../ports/waiting.ts';
import type { Exchanged, ExchangePlan } from '../../../domain/recovery/exchange.ts';
import type { EpochToken } from '../../../domain/rollout/model.ts';
import { Failure } from '../../../domain/failure.ts';
import { UNDISTURBED } from '../../../integrations/json-objects.ts';
import type { SecretSources } from '../../../integrations/secret-value.ts';
import type { StoreExchange } from '../../store.ts';
import { liveAddress, type PostgresAddress } from '../connection.ts';
import { lossBetween } from '../look.ts';
import { isSuperuser } from '../session.ts';
import { adopting } from './adopt.ts';
import { becomesOf } from './becomes.ts';
import { beginBeside, besideAddress, besideIn, releaseBeside, roomBeside } from './beside.ts';
import { elsewhereIn } from './elsewhere.ts';
import { claim, unhindered, type Claim } from './epochs.ts';
import { lowerFence, raiseFence, takePlace, type Server } from './fence.ts';
import { copyProperties, moveCounters } from './make-alike.ts';
import { inMaintenance } from './maintenance.ts';
import { labelOf, oidIn, quarantineName } from './names.ts';
import { currentOf, databaseOf, placesOf } from './places.ts';
import { positionOf } from './position.ts';
import { dropQuarantined, quarantinedOf } from './quarantine.ts';
import { unableToExchange } from './rights.ts';
import { flushDatabase } from './flush.ts';

interface ExchangeInput {
  secrets: SecretSources;
  clock: Pick<Clock, 'now'>;
  /** Where its programs are looked for. */
  folders: () => Promise<string[]>;
}

/** Works in the maintenance database of the server of a store. */
type InServer = <T>(
  store: DatastoreRef,
  waiting: Waiting,
  work: (server: Server, database: string) => Promise<T>,
) => Promise<T>;

/** Works in the maintenance database to change something there, once the token is claimed: a change with an older token is not made. */
type Claiming = <T>(
  store: DatastoreRef,
  token: EpochToken,
  waiting: Waiting,
  work: (server: Server, held: Claim) => Promise<T>,
) => Promise<T>;

export function createPostgresExchange({ secrets, clock, folders }: ExchangeInput): StoreExchange {
  const inServer: InServer = async (store, waiting, work) => {
    const { database, ...address } = await liveAddress(store, secrets);
    return atServer(address, waiting, (server) => work(server, database));
  };
  const claiming: Claiming = (store, token, waiting, work) =>
    inServer(store, waiting, (server, database) =>
      claimed(server, { database, owner: ownerOf(store), token }, work),
    );
  return {
    unable: async (store) => unableToExchange(await liveAddress(store, secrets), ownerOf(store)),
    room: async (store, bytes) => roomBeside(await liveAddress(store, secrets), bytes),
    begin: async (store, folder, bytes) =>
      beginBeside(store, folder, bytes, { secrets, signal: UNDISTURBED.signal }),
    release: (folder, waiting) => releaseBeside(folder, secrets, waiting),
    writeFence: (store, token, waiting) =>
      claiming(store, token, waiting, async (server, held) => {
        const { since, quarantine } = await raiseFence(server, held, waiting);
        return { epoch: since, quarantined: quarantine };
      }),
    liftFence: (store, token, waiting) =>
      claiming(store, token, waiting, (server, held) => lowerFence(server, held, waiting)),
    writePosition: (store, waiting) =>
      inServer(store, waiting, async ({ client, address }, database) => {
        const { current } = currentOf(database, await placesOf(client, database));
        return positionOf(address, current, clock, waiting);
      }),
    plan: (store, folder, waiting) =>
      inServer(store, waiting, async (server, database) => {
        const note = await besideIn(folder);
        const { host, port } = server.address;
        if (note?.live !== database || note.host !== host || note.port !== port) {
          throw apart(store);
        }
        const copy = await besideAddress(note, secrets, waiting.signal);
        return planFor(server, { database, copy, roomUnknown: note.roomUnknown === true }, waiting);
      }),
    exchange: (store, plan, token, waiting) =>
      claiming(store, token, waiting, (server, held) => exchange(server, held, plan, waiting)),
    loss: (store, folder, quarantined, waiting) =>
      inServer(store, waiting, async ({ client, address }) => {
        const note = await besideIn(folder);
        if (note === undefined) throw apart(store);
        const there = await databaseOf(client, quarantined);
        const copy = await besideAddress(note, secrets, waiting.signal);
        return lossBetween({ ...address, database: there.name }, copy, clock, waiting);
      }),
    ...{ adopt: adopting(secrets), elsewhere: elsewhereIn(secrets) },
    quarantine: {
      list: (store, waiting) => inServer(store, waiting, quarantinedOf),
      remove: (store, name, waiting) =>
        inServer(store, waiting, (server, database) => dropQuarantined(server, database, name)),
    },
    flush: (store, token, waiting) =>
      claiming(store, token, waiting, async (server, held) => {
        const plan = await flushDatabase(server, held, await folders(), waiting);
        return exchangeAndOpen(server, held, plan, waiting);
      }),
  };
}

async function atServer<T>(
  address: Omit<PostgresAddress, 'database'>,
  { signal }: Waiting,
  work: (server: Server) => Promise<T>,
): Promise<T> {
  return inMaintenance(address, signal, async (client, maintenance) =>
    work({ client, address: maintenance, superuser: await isSuperuser(client) }),
  );
}

async function claimed<T>(
  server: Server,
  held: Claim,
  work: (server: Server, held: Claim) => Promise<T>,
): Promise<T> {
  await claim(server.client, held);
  return unhindered(held.database, () => work(server, held)).catch(async (error: unknown) => {
    // A newer change that came in between may show in other ways first: a database has another name.
    const late = await claim(server.client, held).catch((more: unknown) => more);
    throw late instanceof Failure ? late : error;
  });
}

function ownerOf({ system, datastore }: DatastoreRef): string {
  return `${system}/${datastore}`;
}

async function planFor(
  server: Server,
  asked: { database: string; copy: PostgresAddress; roomUnknown: boolean },
  waiting: Waiting,
): Promise<ExchangePlan> {
  const { client } = server;
  const { database, copy, roomUnknown } = asked;
  const { current, fence } = currentOf(database, await placesOf(client, database));
  const to = await databaseOf(client, copy.database);
  const room = 'whether the disk of its server has room for both could not be looked at';
  return {
    kind: 'rename',
    from: labelOf({ ...current, name: database }),
    to: labelOf(to),
    quarantine: fence?.quarantine ?? quarantineName(database, 'EPOCH'),
    notes: [...(await becomesOf(server, current, to, waiting)), ...(roomUnknown ? [room] : [])],
  };
}

/** Done already is fine. What is not there, or not as it was planned, is seen before anybody is kept out. */
async function exchange(
  server: Server,
  held: Claim,
  plan: ExchangePlan,
  waiting: Waiting,
): Promise<Exchanged> {
  const { client } = server;
  const { database } = held;
  const [from, to] = [oidIn(plan.from), oidIn(plan.to)];
  if (plan.kind !== 'rename' || from === undefined || to === undefined) {
    throw new Failure('BadInput', `exchanging ${database} by ${plan.kind} to ${plan.to}`);
  }
  const { current } = currentOf(database, await placesOf(client, database));
  if (current.oid !== to) {
    if (current.oid !== from) throw otherIsLive(database, plan.from, labelOf(current));
    const copy = await databaseOf(client, plan.to);
    const old = await raiseFence(server, held, waiting);
    await copyProperties(server, held, old, copy);
    await moveCounters(server, old, copy, waiting);
    await takePlace(server, held, { ...copy, limit: old.limit }, waiting);
  }
  return { live: plan.to, quarantined: plan.from };
}

/** The exchange of a database that did not exist before, whose fence is lifted at once: nobody's rows have to be proved there. */
async function exchangeAndOpen(...[server, held, plan, waiting]: Parameters<typeof exchange>) {
  const exchanged = await exchange(server, held, plan, waiting);
  await lowerFence(server, held, waiting);
  return exchanged;
}

function otherIsLive(database: string, expected: string, found: string): Failure {
  const message = `exchanging the database ${database}: ${found} is live, and not ${expected}; look at it and begin anew`;
  return new Failure('WorldChanged', message, { expected, found });
}

function apart({ datastore }: DatastoreRef): Failure {
  const message = `exchanging ${datastore}: the copy lies apart from everything live, and not beside it; restore it beside`;
  return new Failure('BadInput', message);
}
