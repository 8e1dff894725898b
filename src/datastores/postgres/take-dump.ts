// Takes a dump of a live Postgres database and reads, in the very snapshot that it is taken in, what it has to hold. The
// dump is shown to pg_restore on its way, and is stored only when all of that came to an end: what fails half-way leaves
// nothing behind.
import type pg from 'pg';
import type { Clock } from '../../ports/clock.ts';
import type { Bytes } from '../../ports/objects.ts';
import type { Waiting } from '../../ports/waiting.ts';
import type { Contents } from '../../domain/backup/backup.ts';
import { HEARTBEAT_TABLE, type HeartbeatRecord } from '../../domain/backup/heartbeat.ts';
import { Failure } from '../../domain/failure.ts';
import { drain, heardOf, shownTo, startingWith } from '../byte-streams.ts';
import { begun, type Taken, type Write } from '../store.ts';
import { runTool, toolOutput, type ToolRun } from '../tool.ts';
import {
  asFailure,
  dumped,
  sourceOf,
  toolEnvironment,
  withClient,
  type PostgresAddress,
} from './connection.ts';
import { lockTables, readContents, readSequences } from './contents.ts';
import { newestHeartbeat } from './heartbeat.ts';
import { DUMP_LOCK_WAIT_MS, isSuperuser } from './session.ts';
import { inSnapshot, type Seen } from './snapshot.ts';

export const DUMP = 'dump';
const MAGIC = 'PGDMP';
const SUPERUSER =
  'the login of the backup is a superuser, and whoever owns a table there can run code with its rights when the table is read; make a role for backups: fairlead grant postgres --print';
/** A server that is up answers a short question at once. */
const ANSWER_MS = 30_000;

export interface Source {
  address: PostgresAddress;
  /** Paths of pg_dump and pg_restore. */
  programs: { dump: string; restore: string };
  clock: Pick<Clock, 'now'>;
}

/** A failure that may be otherwise next time has `{begun: true}` as its details: the work of a whole dump is lost with it. */
export async function takeDump(source: Source, write: Write, waiting: Waiting): Promise<Taken> {
  const { address, clock } = source;
  const program = { program: source.programs.dump, env: {}, directory: '/' };
  const version = await runTool({ ...program, args: ['--version'], signal: waiting.signal });
  const dumpFailed = new AbortController();
  const ask = (): Promise<void> => stillThere(address, waiting);
  const signal = AbortSignal.any([waiting.signal, dumpFailed.signal]);
  return inSnapshot(address, clock, { ...waiting, signal }, async (client, seen) => {
    await lockTables(client);
    const before = await readSequences(client);
    const reading = readBeside(client, address, waiting);
    let rest: Rest | undefined;
    const body = async function* (): Bytes {
      yield* dumpOf(source, seen, reading, waiting);
      rest = await restOf(client, { ...(await reading.contents), sequences: before });
    };
    // Whichever of the two fails first ends the other.
    const object = await write(DUMP, heardOf(body(), { ask, stop: reading.silent })).catch(
      async (error: unknown) => {
        dumpFailed.abort(begun(error));
        await Promise.allSettled([reading.contents]);
        throw error;
      },
    );
    if (rest === undefined) throw new Failure('Broken', 'a dump was stored before it was over');
    return {
      ...{ source: sourceOf(address), recoveryPoint: seen.point, liveBytes: seen.bytes },
      tools: { pg_dump: version.trim(), server: seen.server },
      artefact: 'streamed',
      objects: [object],
      ...rest,
    };
  });
}

interface Reading {
  contents: Promise<Contents>;
  /** Aborted with why, when the reading failed. */
  failed: AbortSignal;
  /** To be aborted with why, when the server does not answer any more. */
  silent: AbortController;
}

/** A server that was stopped takes connections all the same, and says nothing on them. */
async function stillThere(address: PostgresAddress, waiting: Waiting): Promise<void> {
  const late = AbortSignal.timeout(ANSWER_MS);
  const signal = AbortSignal.any([waiting.signal, late]);
  await withClient(address, signal, (client) => client.query('SELECT 1')).catch(
    (error: unknown) => {
      if (!late.aborted || waiting.signal.aborted) throw error;
      const message = `asking ${sourceOf(address)}: waited ${ANSWER_MS / 1000} s for an answer, and before that for the dump. Is it stopped?`;
      throw new Failure('Unavailable', message, { begun: true });
    },
  );
}

/** Read while the dump is taken: both see the snapshot. */
function readBeside(client: pg.Client, address: PostgresAddress, waiting: Waiting): Reading {
  const [failed, silent] = [new AbortController(), new AbortController()];
  const ended = new Promise<never>((_, reject) => {
    silent.signal.addEventListener('abort', () => {
      reject(silent.signal.reason as Error);
    });
  });
  const read = Promise.race([readContents(client, waiting), ended]);
  const contents = read.catch(async (error: unknown) => {
    const failure = await asFailure(address, error);
    failed.abort(failure);
    throw failure;
  });
  contents.catch(() => undefined);
  return { contents, failed: failed.signal, silent };
}

async function* dumpOf(
  { address, programs }: Source,
  { snapshot, options }: Seen,
  { contents, failed }: Reading,
  waiting: Waiting,
): Bytes {
  const signal = AbortSignal.any([waiting.signal, failed]);
  const dump = toolOutput({
    program: programs.dump,
    args: [
      ...['--format=custom', '--no-password', `--snapshot=${snapshot}`],
      `--lock-wait-timeout=${DUMP_LOCK_WAIT_MS}`,
    ],
    env: { ...toolEnvironment(address), ...options },
    directory: '/',
    signal,
  });
  const restoring = (args: string[], input: Bytes): ToolRun => ({
    ...{ program: programs.restore, args, env: {}, directory: '/', input, signal },
  });
  let listing = '';
  const listed = shownTo(dumped(address, dump), async (copy) => {
    listing = await runTool(restoring(['--list'], copy));
  });
  // The listing stands at the beginning: only reading all of it says that all of it is there.
  const whole = shownTo(listed, async (copy) => {
    await drain(toolOutput(restoring(['--file=/dev/null'], copy)));
  });
  yield* startingWith(MAGIC, whole, 'pg_dump');
  const lacking = lackingTables(listing, await contents);
  if (lacking !== undefined) throw new Failure('CheckFailed', `pg_dump exited with 0: ${lacking}`);
}

type Rest = Pick<Taken, 'contents' | 'canary' | 'remarks'>;

/** Sequences move on under a dump, which may have read any value in between. */
async function restOf(client: pg.Client, contents: Contents): Promise<Rest> {
  const ends = new Map((await readSequences(client)).map(({ name, to }) => [name, to]));
  const sequences = contents.sequences.map(({ name, from, to }) => ({
    ...{ name, from, to: ends.get(name) ?? to },
  }));
  const canary: HeartbeatRecord | null = await newestHeartbeat(client);
  const remarks = (await isSuperuser(client)) ? [SUPERUSER] : [];
  return {
    contents: { ...contents, sequences },
    ...(canary !== null && { canary }),
    ...(remarks.length > 0 && { remarks }),
  };
}

/** What is wrong with a listing of pg_restore beside the tables that were read; partitions are tables of their own there. */
export function lackingTables(listing: string, { definitions }: Contents): string | undefined {
  const tables = definitions.filter(({ kind }) => kind === 'table').length;
  const listed = listing.split('\n').filter(isTableData).length;
  if (listed >= tables) return undefined;
  return `pg_restore lists ${listed} tables of data, and the database had ${tables}`;
}

function isTableData(line: string): boolean {
  return / TABLE DATA /.test(line) && !line.includes(` public ${HEARTBEAT_TABLE} `);
}
