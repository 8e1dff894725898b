// The write fence of a MongoDB: the server refuses writes to all databases of its cluster, but those of logins that may
// bypass that (the roles "restore" and "root"), among them the one that restores. Only where the system file asks for it.
// Who raised it is noted in a database of its own, so that nobody else's block is lifted.
import type { Db } from 'mongodb';
import { z } from 'zod';
import type { DatastoreRef } from '../../ports/backups.ts';
import type { EpochToken } from '../../domain/rollout/model.ts';
import { Failure } from '../../domain/failure.ts';
import type { Waiting } from '../../ports/waiting.ts';
import type { SecretSources } from '../../integrations/secret-value.ts';
import type { WriteBlock } from '../documents/by-binding.ts';
import { liveMongo, withMongo } from './connection.ts';
import { versionOf } from './server.ts';

/** The note is one document there. */
const NOTES = { database: 'fairlead', collection: 'writeBlock' };
const NOTE = 'noted';
const RIGHTS = ['setUserWriteBlockMode', 'bypassWriteBlockingMode'];
/** What a person types. */
export const UNBLOCK = 'db.adminCommand({setUserWriteBlockMode: 1, global: false})';

interface Note {
  _id: string;
  epoch: number;
  operation: string;
}

const status = z.object({
  repl: z.exactOptional(z.looseObject({ userWriteBlockMode: z.number() })),
});
const login = z.object({
  authInfo: z.object({
    authenticatedUsers: z.array(z.unknown()),
    authenticatedUserPrivileges: z.array(
      z.object({ resource: z.looseObject({}), actions: z.array(z.string()) }),
    ),
  }),
});

export function writeBlockOf(secrets: SecretSources): WriteBlock {
  const within = async <T>(
    store: DatastoreRef,
    { signal }: Pick<Waiting, 'signal'>,
    work: (server: Db) => Promise<T>,
  ): Promise<T> => withMongo({ ...(await liveMongo(store, secrets)) }, signal, work);
  return {
    isAsked: ({ settings }) => settings.writeBlock === true,
    open: `writes to all databases of the cluster are blocked but for logins that may bypass that (the roles "restore" and "root"), and what these write is seen by what changes`,
    unable: (store, waiting) => within(store, waiting, unable),
    stands: (store, waiting) => within(store, waiting, isBlocked),
    raise: (store, token, waiting) =>
      within(store, waiting, async (db) => {
        const note = await noteIn(db);
        if (note === undefined && (await isBlocked(db))) throw new Failure('Refused', ANOTHERS);
        refuseOlder(store, note, token);
        const { epoch, operation } = token;
        await notesIn(db).replaceOne({ _id: NOTE }, { epoch, operation }, { upsert: true });
        await db.admin().command({ setUserWriteBlockMode: 1, global: true });
      }),
    lift: (store, token, waiting) =>
      within(store, waiting, async (db) => {
        const note = await noteIn(db);
        if (note === undefined) return;
        refuseOlder(store, note, token);
        await db.admin().command({ setUserWriteBlockMode: 1, global: false });
        await notesIn(db).deleteOne({ _id: NOTE, epoch: note.epoch });
      }),
  };
}

const ANOTHERS = `writeBlock: writes to this cluster are blocked already, and not by Fairlead: let whoever did it finish (mongosync?), or type ${UNBLOCK}`;

async function unable(db: Db): Promise<string | undefined> {
  const server = await versionOf(db);
  const [, major = '0'] = /^MongoDB (\d+)/.exec(server) ?? [];
  if (Number(major) < 6) {
    return `writeBlock: MongoDB 6.0 or newer blocks writes, and this is ${server}; leave it out of the system file`;
  }
  const missing = await missingRights(db);
  if (missing.length > 0) {
    return `writeBlock: the login may not ${missing.join(' and ')} on the cluster; grant it the role "restore" on the database admin`;
  }
  return (await noteIn(db)) === undefined && (await isBlocked(db)) ? ANOTHERS : undefined;
}

/** None where the server asks nobody who they are. */
async function missingRights(db: Db): Promise<string[]> {
  const answer = await db.command({ connectionStatus: 1, showPrivileges: true });
  const { authenticatedUsers, authenticatedUserPrivileges } = login.parse(answer).authInfo;
  if (authenticatedUsers.length === 0) return [];
  const may = authenticatedUserPrivileges
    .filter(({ resource }) => resource['cluster'] === true || resource['anyResource'] === true)
    .flatMap(({ actions }) => actions);
  return may.includes('anyAction') ? [] : RIGHTS.filter((right) => !may.includes(right));
}

/** 2: blocked; absent of a server that is no member of a replica set, where the note alone says. */
async function isBlocked(db: Db): Promise<boolean> {
  const { repl } = status.parse(await db.admin().command({ serverStatus: 1, repl: 1 }));
  return repl === undefined ? (await noteIn(db)) !== undefined : repl.userWriteBlockMode === 2;
}

function notesIn(db: Db) {
  return db.client.db(NOTES.database).collection<Note>(NOTES.collection);
}

async function noteIn(db: Db): Promise<Note | undefined> {
  return (await notesIn(db).findOne({ _id: NOTE })) ?? undefined;
}

/** Throws Superseded where an operation of a higher epoch has raised it since. */
function refuseOlder(
  { system, datastore }: DatastoreRef,
  note: Note | undefined,
  { epoch, operation }: EpochToken,
): void {
  if (note === undefined || note.epoch <= epoch) return;
  const message = `the write block of ${system}/${datastore} for ${operation} at epoch ${epoch}: ${note.operation} raised it since, at epoch ${note.epoch}`;
  throw new Failure('Superseded', message, { found: { ...note } });
}
