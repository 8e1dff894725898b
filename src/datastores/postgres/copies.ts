// Copies of a Postgres: with a server of their own on this machine, or beside the live database in its server. Whatever is
// asked of one is asked where it is. A part of the store.
import { join } from 'node:path';
import type { Fingerprint } from '../../ports/backups.ts';
import type { Clock } from '../../ports/clock.ts';
import type { Waiting } from '../../ports/waiting.ts';
import type { Definition } from '../../domain/backup/backup.ts';
import { otherLocale } from '../../domain/backup/compare-contents.ts';
import { Failure } from '../../domain/failure.ts';
import type { SecretSources } from '../../integrations/secret-value.ts';
import { dumpIn, streamed } from '../artefact.ts';
import { PASSWORD_FILE, runningAt, serverRuns } from '../scratch-server.ts';
import type { Store, StreamedArtefact } from '../store.ts';
import { findProgram } from '../tool.ts';
import { oneValue } from './ask.ts';
import { liveAddress, withClient, type PostgresAddress } from './connection.ts';
import { lockTables, readContents } from './contents.ts';
import { besideAddress, besideIn } from './exchange/beside.ts';
import { makeRolesOf } from './exchange/elsewhere.ts';
import { inLiveOrFenced } from './exchange/fenced.ts';
import { watchingLag } from './exchange/lag.ts';
import { giveSettings } from './exchange/make-alike.ts';
import { databaseScriptOf, loadDump, scriptOf } from './load-dump.ts';
import { carrySettings, readLocale } from './locale.ts';
import { lossBetween, openForReading } from './look.ts';
import { reprint } from './reprint.ts';
import { adminAddress, clusterAddress, PLAIN_LOCALE, startCluster } from './scratch-cluster.ts';
import { pinSession } from './session.ts';
import { inSnapshot } from './snapshot.ts';
import { DUMP } from './take-dump.ts';

export interface CopiesInput {
  secrets: SecretSources;
  clock: Pick<Clock, 'now'>;
  /** Where its programs are looked for. */
  folders: () => Promise<string[]>;
}

type OfCopies = 'restore' | 'empty' | 'address' | 'fingerprintCopy' | 'reprint' | 'ask' | 'look';

export function copiesOf({ secrets, clock, folders }: CopiesInput): Pick<Store, OfCopies> {
  const at = (folder: string, waiting: Waiting): Promise<PostgresAddress> =>
    copyAddress(folder, secrets, waiting);
  return {
    restore: async (artefact, folder, waiting) => {
      const programs = await folders();
      if ((await besideIn(folder)) === undefined) {
        await restoreDump(streamed(artefact), folder, programs, waiting);
        return;
      }
      const address = await at(folder, waiting);
      await restoreBeside(streamed(artefact), { folder, address, programs }, waiting);
    },
    empty: async ({ datastore, settings: { database = datastore } }, folder, waiting) => {
      const programs = await folders();
      await startCluster({ folder, programs, database, locale: PLAIN_LOCALE }, waiting);
    },
    address: async (folder, waiting) => {
      const isOwn = (await besideIn(folder)) === undefined;
      const own = isOwn ? { server: serverRuns(folder) } : {};
      const { host, port, database, user } = await at(folder, waiting);
      // Beside what is live there is no such file: nobody but a recovery logs in there, and it has its own password.
      const passwordFile = join(folder, PASSWORD_FILE);
      const login = { fields: { user, database }, passwordFile };
      return { kind: 'address', of: 'postgres', host, port, login, ...own };
    },
    fingerprintCopy: async (folder, waiting) =>
      fingerprintOf(await at(folder, waiting), clock, waiting),
    reprint: async (folder, definitions, waiting) =>
      reprintAt(await at(folder, waiting), definitions, waiting),
    ask: async (folder, query, waiting) =>
      withClient(await at(folder, waiting), waiting.signal, (client) => oneValue(client, query)),
    look: {
      loss: async (store, folder, waiting) => {
        const copy = await at(folder, waiting);
        return inLiveOrFenced(await liveAddress(store, secrets), waiting, (live) =>
          lossBetween(live, copy, clock, waiting),
        );
      },
      open: async (_, folder, waiting) =>
        openForReading(await adminAddress(folder), folder, waiting),
    },
  };
}

/** Throws NotReady when the copy is gone, or its own server. */
export async function copyAddress(
  folder: string,
  secrets: SecretSources,
  { signal }: Waiting,
): Promise<PostgresAddress> {
  const note = await besideIn(folder);
  return note === undefined
    ? runningAt(folder, clusterAddress)
    : besideAddress(note, secrets, signal);
}

async function restoreDump(
  artefact: StreamedArtefact,
  folder: string,
  programs: readonly string[],
  waiting: Waiting,
): Promise<void> {
  const { manifest, store } = artefact;
  const { tools, datastore, id, contents } = manifest;
  const program = await findProgram('pg_restore', programs);
  const read = () => dumpIn(artefact, DUMP, waiting);
  // A service looks for it by the name that it has live.
  const { database = datastore } = store.settings;
  const loads = { id, version: tools['server'] ?? '' };
  const locale = contents.locale ?? PLAIN_LOCALE;
  const address = await startCluster({ folder, programs, database, locale, loads }, waiting);
  const copy = await withClient(address, waiting.signal, readLocale);
  const other = otherLocale(contents, { ...contents, locale: copy });
  const admin = await adminAddress(folder);
  await loadDump({ program, address, admin, folder, read }, waiting).catch((error: unknown) => {
    const isVerdict = error instanceof Failure && error.kind === 'CheckFailed';
    if (other === undefined || !isVerdict) throw error;
    throw new Failure('Unsupported', `${other}, which may be why: ${error.message}`);
  });
  await withClient(admin, waiting.signal, (client) =>
    carrySettings(client, database, contents.definitions),
  );
}

/** Into the empty database that was made in the live server. */
async function restoreBeside(
  artefact: StreamedArtefact,
  to: { folder: string; address: PostgresAddress; programs: readonly string[] },
  waiting: Waiting,
): Promise<void> {
  const program = await findProgram('pg_restore', to.programs);
  const read = () => dumpIn(artefact, DUMP, waiting);
  if ((await besideIn(to.folder))?.elsewhere !== undefined) {
    const dump = { folder: to.folder, program, read };
    const script = await scriptOf(dump, waiting);
    const ofDatabase = await databaseScriptOf(dump, waiting);
    await makeRolesOf(to.folder, to.address, { script, ofDatabase }, waiting.signal);
  }
  const { maxLag: most } = artefact.store.settings;
  await watchingLag(to.address, { ...(most !== undefined && { most }) }, waiting, (watched) =>
    loadDump({ ...to, program, read: () => dumpIn(artefact, DUMP, watched) }, watched),
  );
  const settings = artefact.manifest.contents.definitions.filter(({ kind }) => kind === 'setting');
  const entries = settings.map(({ name, text }) => `${name}=${text}`);
  await withClient(to.address, waiting.signal, (client) => giveSettings(client, entries));
}

async function reprintAt(
  address: PostgresAddress,
  definitions: readonly Definition[],
  { signal }: Waiting,
): Promise<Definition[]> {
  return withClient(address, signal, async (client) => {
    await pinSession(client);
    return reprint(client, definitions);
  });
}

export async function fingerprintOf(
  address: PostgresAddress,
  clock: Pick<Clock, 'now'>,
  waiting: Waiting,
): Promise<Fingerprint> {
  return inSnapshot(address, clock, waiting, async (client, { point }) => {
    await lockTables(client);
    return { contents: await readContents(client, waiting), at: point };
  });
}
