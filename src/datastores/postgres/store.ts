// Datastores of kind `postgres`: pg_dump's custom format, restored by pg_restore into a cluster of the copy's own.
// What a dump has to hold is read in the very transaction that it is taken in. Used through the registry.
import { join } from 'node:path';
import type pg from 'pg';
import { z } from 'zod';
import type { Fingerprint } from '../../activities/ports-data.ts';
import type { Clock, Waiting } from '../../activities/ports.ts';
import type { Contents, RecoveryPoint } from '../../domain/backup.ts';
import { CANARY_NAME } from '../../domain/canary.ts';
import { Failure } from '../../domain/failure.ts';
import type { SecretSources } from '../../integrations/secret-value.ts';
import { drain, startingWith } from '../byte-streams.ts';
import { PASSWORD_FILE, readNote, serverRuns } from '../scratch-server.ts';
import { keepOf, type Artefact, type Store, type Taken, type Write } from '../store.ts';
import { findProgram, runTool, toolOutput, versionedFolders } from '../tool.ts';
import { oneValue } from './ask.ts';
import { addCanary, newestCanary } from './canary.ts';
import {
  liveAddress,
  LOCK_WAIT_MS,
  sourceOf,
  toolEnvironment,
  unlessLocked,
  withClient,
  type PostgresAddress,
} from './connection.ts';
import { prepareToRead, readContents, readSequences } from './contents.ts';
import { loadDump } from './load-dump.ts';
import { namedDump } from './named.ts';
import { clusterAddress, majorVersion, startCluster } from './scratch-cluster.ts';

const DUMP = 'dump';
const MAGIC = 'PGDMP';

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
    place: async ({ datastore, settings: { host = '127.0.0.1', port = 5432 } }) => ({
      datastore,
      kind: 'address',
      host,
      port,
    }),
    backup: async (store, { write }, waiting) => {
      const address = await liveAddress(store, secrets);
      const program = await findProgram('pg_dump', await folders());
      return takeDump({ address, program, clock }, write, waiting);
    },
    examine: async (artefact, waiting) => {
      const program = await findProgram('pg_restore', await folders());
      return examineDump(program, artefact, waiting);
    },
    restore: async (artefact, folder, waiting) =>
      restoreDump(artefact, folder, await folders(), waiting),
    empty: async ({ datastore, settings: { database = datastore } }, folder, waiting) => {
      const programs = await folders();
      await startCluster({ folder, programs, encoding: 'UTF8', database }, waiting);
    },
    address: async (folder) => {
      serverRuns(folder);
      const { host, port, database, user } = await clusterAddress(folder);
      const passwordFile = join(folder, PASSWORD_FILE);
      return { kind: 'postgres', host, port, database, user, passwordFile };
    },
    fingerprint: async (store, waiting) =>
      fingerprintOf(await liveAddress(store, secrets), clock, waiting),
    fingerprintCopy: async (folder, waiting) =>
      fingerprintOf(await clusterAddress(folder), clock, waiting),
    ask: async (folder, query, { signal }) =>
      withClient(await clusterAddress(folder), signal, (client) => oneValue(client, query)),
    named: async (path, waiting) =>
      namedDump(path, await findProgram('pg_restore', await folders()), waiting),
    canary: {
      write: async (store, { signal }) => {
        const keep = keepOf(store);
        const address = await liveAddress(store, secrets);
        return withClient(address, signal, (client) => addCanary(client, keep, clock));
      },
      newest: async (folder, { signal }) =>
        withClient(await clusterAddress(folder), signal, newestCanary),
    },
  };
}

interface Source {
  address: PostgresAddress;
  program: string;
  clock: Pick<Clock, 'now'>;
}

async function takeDump(
  { address, program, clock }: Source,
  write: Write,
  waiting: Waiting,
): Promise<Taken> {
  const version = (await runTool({ ...plain(program, waiting), args: ['--version'] })).trim();
  const [dumpFailed, countFailed] = [new AbortController(), new AbortController()];
  const until = ({ signal }: AbortController): Waiting => ({
    ...waiting,
    signal: AbortSignal.any([waiting.signal, signal]),
  });
  return inSnapshot(address, clock, until(dumpFailed), async (client, seen) => {
    const dump = toolOutput({
      ...plain(program, until(countFailed)),
      args: [
        ...['--format=custom', '--no-password', `--snapshot=${seen.snapshot}`],
        `--lock-wait-timeout=${LOCK_WAIT_MS}`,
      ],
      env: toolEnvironment(address),
    });
    // Read while the dump is taken: both see the snapshot. Whichever fails ends the other.
    const ending = (other: AbortController) => (error: unknown) => {
      other.abort(error);
      throw error;
    };
    const [object, contents] = await settled([
      write(DUMP, startingWith(MAGIC, unlessLocked(dump), 'pg_dump')).catch(ending(dumpFailed)),
      readContents(client, waiting).catch(ending(countFailed)),
    ]);
    const after = await readSequences(client);
    const canary = await newestCanary(client);
    return {
      source: sourceOf(address),
      recoveryPoint: seen.point,
      tools: { pg_dump: version, server: seen.server, encoding: seen.encoding },
      objects: [object],
      contents: { ...contents, sequences: spanned(contents.sequences, after) },
      ...(canary !== null && { canary }),
    };
  });
}

/** Waits for both before it throws: what goes on in the background would be in nobody's hands. */
async function settled<A, B>([one, other]: [Promise<A>, Promise<B>]): Promise<[A, B]> {
  await Promise.allSettled([one, other]);
  return Promise.all([one, other]);
}

/** Sequences move on under a dump, which may have read any value in between. */
function spanned(
  before: Contents['sequences'],
  after: Contents['sequences'],
): Contents['sequences'] {
  const ends = new Map(after.map(({ name, to }) => [name, to]));
  return before.map(({ name, from, to }) => ({ name, from, to: ends.get(name) ?? to }));
}

async function examineDump(
  program: string,
  artefact: Artefact,
  waiting: Waiting,
): Promise<string[]> {
  const read = (args: string[]) => ({
    ...plain(program, waiting),
    args,
    input: artefact.read(dumpOf(artefact), waiting),
  });
  try {
    const listing = await runTool(read(['--list']));
    const tables = artefact.manifest.contents.parts.filter(({ name }) => name.includes('.'));
    const listed = listing.split('\n').filter(isTableData).length;
    if (listed < tables.length)
      return [`pg_restore lists ${listed} tables of data, and the manifest ${tables.length}`];
    // The listing stands at the beginning: only reading all of it says that all of it is there.
    await drain(toolOutput(read(['--file=/dev/null'])));
    return [];
  } catch (error) {
    if (error instanceof Failure && error.kind === 'CheckFailed') return [error.message];
    throw error;
  }
}

function isTableData(line: string): boolean {
  return / TABLE DATA /.test(line) && !line.includes(` public ${CANARY_NAME} `);
}

async function restoreDump(
  artefact: Artefact,
  folder: string,
  programs: readonly string[],
  waiting: Waiting,
): Promise<void> {
  const address = await emptyCluster(artefact, folder, programs, waiting);
  const program = await findProgram('pg_restore', programs);
  const read = () => artefact.read(dumpOf(artefact), waiting);
  await loadDump({ program, address, folder, read }, waiting);
}

async function emptyCluster(
  artefact: Artefact,
  folder: string,
  programs: readonly string[],
  waiting: Waiting,
): Promise<PostgresAddress> {
  const { tools, datastore, id } = artefact.manifest;
  const encoding = tools['encoding'] ?? 'UTF8';
  // A service looks for it by the name that it has live.
  const { database = datastore } = artefact.store.settings;
  const input = { folder, programs, encoding, database };
  const address = await startCluster(input, waiting);
  const { server } = await readNote(folder);
  const [of, into] = [majorVersion(tools['server'] ?? ''), majorVersion(server)];
  if (of <= into) return address;
  throw new Failure(
    'Unsupported',
    `${id} was taken from Postgres ${of}, and the one that is here is ${into}: an older server cannot load it; install Postgres ${of} or newer where the worker runs`,
  );
}

function dumpOf({ manifest }: Artefact) {
  const dump = manifest.objects.find(({ name }) => name === DUMP);
  if (dump !== undefined) return dump;
  throw new Failure('CheckFailed', `${manifest.id} holds no object ${DUMP}`);
}

async function fingerprintOf(
  address: PostgresAddress,
  clock: Pick<Clock, 'now'>,
  waiting: Waiting,
): Promise<Fingerprint> {
  return inSnapshot(address, clock, waiting, async (client, { point }) => ({
    contents: await readContents(client, waiting),
    at: point,
  }));
}

interface Seen {
  snapshot: string;
  point: RecoveryPoint;
  server: string;
  encoding: string;
}

const seenSchema = z.tuple([
  z.object({
    snapshot: z.string(),
    began: z.date(),
    seen: z.date(),
    server: z.string(),
    encoding: z.string(),
  }),
]);

/** A transaction that sees one moment, and between which two times of the server's clock that was. */
async function inSnapshot<T>(
  address: PostgresAddress,
  clock: Pick<Clock, 'now'>,
  { signal }: Waiting,
  work: (client: pg.Client, seen: Seen) => Promise<T>,
): Promise<T> {
  return withClient(address, signal, async (client) => {
    await prepareToRead(client);
    const asked = clock.now();
    const { rows: before } = await client.query<{ began: unknown }>(
      'SELECT clock_timestamp() AS began',
    );
    await client.query('BEGIN TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY');
    const { rows } = await client.query<Record<string, unknown>>(
      `SELECT pg_export_snapshot() AS snapshot, clock_timestamp() AS seen,
        current_setting('server_version') AS server, current_setting('server_encoding') AS encoding`,
    );
    const answered = clock.now();
    const [{ snapshot, began, seen, server, encoding }] = seenSchema.parse([
      { ...rows[0], ...before[0] },
    ]);
    // Plus zero: no minus zero, which JSON does not have.
    const skewMs = Math.round((began.getTime() + seen.getTime() - asked - answered) / 2) + 0;
    const point: RecoveryPoint = {
      notBefore: began.toISOString(),
      notAfter: new Date(seen.getTime() + 1).toISOString(),
      clock: 'datastore',
      skewMs,
    };
    const done = await work(client, { snapshot, point, server, encoding });
    await client.query('ROLLBACK');
    return done;
  });
}

function plain(program: string, { signal }: Waiting) {
  return { program, args: [], env: {}, directory: '/', signal };
}
