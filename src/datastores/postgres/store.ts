// Datastores of kind `postgres`: pg_dump's custom format, restored by pg_restore into a cluster of the copy's own.
// What a dump has to hold is read in the very transaction that it is taken in. Used through the registry.
import { join } from 'node:path';
import type { Fingerprint } from '../../ports/backups.ts';
import type { Clock } from '../../ports/clock.ts';
import type { Waiting } from '../../ports/waiting.ts';
import type { Definition } from '../../domain/backup/backup.ts';
import { otherLocale } from '../../domain/backup/compare-contents.ts';
import { Failure } from '../../domain/failure.ts';
import type { SecretSources } from '../../integrations/secret-value.ts';
import { dumpIn, streamed } from '../artefact.ts';
import { drain } from '../byte-streams.ts';
import { PASSWORD_FILE, serverRuns } from '../scratch-server.ts';
import { addressOf, keepOf, type Artefact, type Store, type StreamedArtefact } from '../store.ts';
import { findProgram, runTool, toolOutput, versionedFolders } from '../tool.ts';
import { oneValue } from './ask.ts';
import { addHeartbeat, newestHeartbeat } from './heartbeat.ts';
import { liveAddress, withClient, type PostgresAddress } from './connection.ts';
import { lockTables, readContents } from './contents.ts';
import { loadDump } from './load-dump.ts';
import { carrySettings, readLocale } from './locale.ts';
import { lossBetween, openForReading } from './look.ts';
import { namedDump } from './named.ts';
import { reprint } from './reprint.ts';
import { clusterAddress, PLAIN_LOCALE, startCluster } from './scratch-cluster.ts';
import { pinSession } from './session.ts';
import { postgres } from './settings.ts';
import { inSnapshot } from './snapshot.ts';
import { DUMP, lackingTables, takeDump } from './take-dump.ts';

export interface PostgresInput {
  secrets: SecretSources;
  clock: Pick<Clock, 'now'>;
  /** Where its programs are looked for first. */
  programs?: readonly string[];
}

export function createPostgresStore({ secrets, clock, programs = [] }: PostgresInput): Store {
  // Before PATH, where Debian has a wrapper that chooses a version by rules of its own.
  const folders = async (): Promise<string[]> => [
    ...programs,
    ...(await versionedFolders('/usr/lib/postgresql')),
  ];
  return {
    capabilities: postgres.capabilities,
    place: async (store) => addressOf(store, postgres.capabilities.defaultPlace),
    backup: async (store, { write }, waiting) => {
      const address = await liveAddress(store, secrets);
      const programs = {
        dump: await findProgram('pg_dump', await folders()),
        restore: await findProgram('pg_restore', await folders()),
      };
      return takeDump({ address, programs, clock }, write, waiting);
    },
    examine: async (artefact, waiting) => {
      const program = await findProgram('pg_restore', await folders());
      return examineDump(program, artefact, waiting);
    },
    restore: async (artefact, folder, waiting) =>
      restoreDump(streamed(artefact), folder, await folders(), waiting),
    empty: async ({ datastore, settings: { database = datastore } }, folder, waiting) => {
      const programs = await folders();
      await startCluster({ folder, programs, database, locale: PLAIN_LOCALE }, waiting);
    },
    address: async (folder) => {
      serverRuns(folder);
      const { host, port, database, user } = await clusterAddress(folder);
      const passwordFile = join(folder, PASSWORD_FILE);
      const login = { fields: { user, database }, passwordFile };
      return { kind: 'address', of: 'postgres', host, port, login };
    },
    fingerprint: async (store, waiting) =>
      fingerprintOf(await liveAddress(store, secrets), clock, waiting),
    fingerprintCopy: async (folder, waiting) =>
      fingerprintOf(await clusterAddress(folder), clock, waiting),
    reprint: reprintIn,
    ask: async (folder, query, { signal }) =>
      withClient(await clusterAddress(folder), signal, (client) => oneValue(client, query)),
    look: lookAt({ secrets, clock }),
    named: async (path, waiting) =>
      namedDump(path, await findProgram('pg_restore', await folders()), waiting),
    heartbeats: {
      write: async (store, { signal }) => {
        const keep = keepOf(store);
        const address = await liveAddress(store, secrets);
        return withClient(address, signal, (client) => addHeartbeat(client, keep, clock));
      },
      newest: async (folder, { signal }) =>
        withClient(await clusterAddress(folder), signal, newestHeartbeat),
    },
  };
}

function lookAt({ secrets, clock }: PostgresInput): NonNullable<Store['look']> {
  return {
    loss: async (store, folder, waiting) => {
      const copy = await clusterAddress(folder);
      return lossBetween(await liveAddress(store, secrets), copy, clock, waiting);
    },
    open: async (_, folder, waiting) =>
      openForReading(await clusterAddress(folder), folder, waiting),
  };
}

async function examineDump(
  program: string,
  artefact: Artefact,
  waiting: Waiting,
): Promise<string[]> {
  const read = (args: string[]) => ({
    ...plain(program, waiting),
    args,
    input: dumpIn(artefact, DUMP, waiting),
  });
  try {
    const lacking = lackingTables(await runTool(read(['--list'])), artefact.manifest.contents);
    if (lacking !== undefined) return [lacking];
    // The listing stands at the beginning: only reading all of it says that all of it is there.
    await drain(toolOutput(read(['--file=/dev/null'])));
    return [];
  } catch (error) {
    if (error instanceof Failure && error.kind === 'CheckFailed') return [error.message];
    throw error;
  }
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
  await loadDump({ program, address, folder, read }, waiting).catch((error: unknown) => {
    const isVerdict = error instanceof Failure && error.kind === 'CheckFailed';
    if (other === undefined || !isVerdict) throw error;
    throw new Failure('Unsupported', `${other}, which may be why: ${error.message}`);
  });
  await withClient(address, waiting.signal, (client) =>
    carrySettings(client, database, contents.definitions),
  );
}

async function reprintIn(
  folder: string,
  definitions: readonly Definition[],
  { signal }: Waiting,
): Promise<Definition[]> {
  return withClient(await clusterAddress(folder), signal, async (client) => {
    await pinSession(client);
    return reprint(client, definitions);
  });
}

async function fingerprintOf(
  address: PostgresAddress,
  clock: Pick<Clock, 'now'>,
  waiting: Waiting,
): Promise<Fingerprint> {
  return inSnapshot(address, clock, waiting, async (client, { point }) => {
    await lockTables(client);
    return { contents: await readContents(client, waiting), at: point };
  });
}

function plain(program: string, { signal }: Waiting) {
  return { program, args: [], env: {}, directory: '/', signal };
}
