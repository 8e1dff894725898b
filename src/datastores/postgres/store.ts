// Datastores of kind `postgres`: pg_dump's custom format, restored by pg_restore into a cluster of the copy's own.
// What a dump has to hold is read in the very transaction that it is taken in. Used through the registry.
import type { Clock } from '../../ports/clock.ts';
import type { Waiting } from '../../ports/waiting.ts';
import { Failure } from '../../domain/failure.ts';
import type { SecretSources } from '../../integrations/secret-value.ts';
import { dumpIn } from '../artefact.ts';
import { drain } from '../byte-streams.ts';
import { addressOf, keepOf, type Artefact, type Store } from '../store.ts';
import { findProgram, runTool, toolOutput, versionedFolders } from '../tool.ts';
import { liveAddress, withClient } from './connection.ts';
import { postgresByHand } from './by-hand.ts';
import { readDefinitions } from './contents.ts';
import { copiesOf, copyAddress, fingerprintOf } from './copies.ts';
import { createPostgresExchange } from './exchange/exchange.ts';
import { fenceBehind, inLiveOrFenced } from './exchange/fenced.ts';
import { addHeartbeat, newestHeartbeat } from './heartbeat.ts';
import { namedDump } from './named.ts';
import { createPostgresQueries } from './queries.ts';
import { pinSession } from './session.ts';
import { postgres } from './settings.ts';
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
  const input = { secrets, clock, folders };
  return {
    capabilities: postgres.capabilities,
    place: async (store) => addressOf(store, postgres.capabilities.defaultPlace),
    backup: async (store, { write }, waiting) => {
      const address = await liveAddress(store, secrets);
      const programs = {
        dump: await findProgram('pg_dump', await folders()),
        restore: await findProgram('pg_restore', await folders()),
      };
      return inLiveOrFenced(address, waiting, (there) =>
        takeDump({ address: there, programs, clock }, write, waiting),
      );
    },
    examine: async (artefact, waiting) => {
      const program = await findProgram('pg_restore', await folders());
      return examineDump(program, artefact, waiting);
    },
    definitions: async (store, waiting) =>
      inLiveOrFenced(await liveAddress(store, secrets), waiting, (address) =>
        withClient(address, waiting.signal, async (client) => {
          await pinSession(client);
          return readDefinitions(client);
        }),
      ),
    fingerprint: async (store, waiting) =>
      inLiveOrFenced(await liveAddress(store, secrets), waiting, (address) =>
        fingerprintOf(address, clock, waiting),
      ),
    ...copiesOf(input),
    byHand: postgresByHand,
    exchange: createPostgresExchange(input),
    named: async (path, waiting) =>
      namedDump(path, await findProgram('pg_restore', await folders()), waiting),
    queries: createPostgresQueries(secrets),
    heartbeats: {
      write: async (store, waiting) => {
        const keep = keepOf(store);
        const address = await liveAddress(store, secrets);
        const written = withClient(address, waiting.signal, (client) =>
          addHeartbeat(client, keep, clock),
        );
        return written.catch(async (error: unknown) => {
          const fence = await fenceBehind(address, error, waiting);
          if (fence === undefined) throw error;
          const message = `${store.datastore} is fenced against writes since epoch ${fence.since}: nothing is written to it`;
          throw new Failure('Refused', message);
        });
      },
      newest: async (folder, waiting) =>
        withClient(await copyAddress(folder, secrets, waiting), waiting.signal, newestHeartbeat),
    },
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

function plain(program: string, { signal }: Waiting) {
  return { program, args: [], env: {}, directory: '/', signal };
}
