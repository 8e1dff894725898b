// Datastores of kind `redis`. Backup and verification only: nothing is restored into a live Redis. Used through the
// registry.
import { join } from 'node:path';
import type { Bytes } from '../../ports/objects.ts';
import type { Fingerprint } from '../../ports/backups.ts';
import type { Clock } from '../../ports/clock.ts';
import { Failure } from '../../domain/failure.ts';
import type { SecretSources } from '../../integrations/secret-value.ts';
import { dumpIn } from '../artefact.ts';
import { drain } from '../byte-streams.ts';
import { checkDump } from '../named-dump.ts';
import { PASSWORD_FILE, runningAt, serverRuns } from '../scratch-server.ts';
import { addressOf, type Store, type Write } from '../store.ts';
import { findProgram } from '../tool.ts';
import { askRedis, liveRedis, MANY_DATABASES } from './client.ts';
import {
  DUMP_FILE,
  redisAddress,
  redisContents,
  startRedis,
  type RedisPrograms,
} from './scratch-redis.ts';
import { redis } from './settings.ts';
import { loadBeside } from './exchange/beside.ts';
import { redisByHand } from './by-hand.ts';
import { createRedisExchange } from './exchange/exchange.ts';
import { DUMP, MAGIC, pointFrom, saving, takeDump } from './take-dump.ts';

/** The end of an RDB: 0xFF and eight bytes; what was sent without a length has 40 more, which nothing reads. */
const ENDS = [9, 49];
const END_OF_DUMP = 0xff;

export interface RedisInput {
  secrets: SecretSources;
  clock: Pick<Clock, 'now'>;
  programs?: readonly string[];
}

export function createRedisStore({ secrets, clock, programs = [] }: RedisInput): Store {
  const find = async (): Promise<RedisPrograms> => ({
    server: await findProgram('redis-server', programs),
    cli: await findProgram('redis-cli', programs),
  });
  return {
    capabilities: redis.capabilities,
    place: async (store) => addressOf(store, redis.capabilities.defaultPlace),
    backup: async (store, { write }, waiting, scratch) => {
      const source = { address: await liveRedis(store, secrets), clock, programs: await find() };
      return scratch((folder) => takeDump(source, write, folder, waiting));
    },
    examine: async (artefact, waiting) => {
      const tail = await tailOf(dumpIn(artefact, DUMP, waiting));
      const isWhole = ENDS.some((at) => tail.at(-at) === END_OF_DUMP);
      return isWhole ? [] : ['the dump does not end as a dump of Redis does: it is cut'];
    },
    restore: async (artefact, folder, waiting) => {
      await drain(saving(join(folder, DUMP_FILE), dumpIn(artefact, DUMP, waiting)));
      const { databases = MANY_DATABASES } = artefact.manifest;
      await startRedis(folder, { programs: await find(), databases }, waiting);
      await loadBeside(folder, secrets, waiting);
    },
    ...{ exchange: createRedisExchange({ secrets, clock }), byHand: redisByHand },
    empty: async (_, folder, waiting) =>
      startRedis(folder, { programs: await find(), databases: MANY_DATABASES }, waiting),
    address: async (folder) => {
      const server = serverRuns(folder);
      const { host, port } = await redisAddress(folder);
      // A Redis with a password has one user, of this name.
      const login = { fields: { user: 'default' }, passwordFile: join(folder, PASSWORD_FILE) };
      return { kind: 'address', of: 'redis', host, port, login, server };
    },
    handOver: async (folder, waiting) => {
      const { cli } = await find();
      await askRedis(cli, await redisAddress(folder), ['REPLICAOF', 'NO', 'ONE'], waiting);
    },
    fingerprint: async (store, waiting, scratch) => {
      const source = { address: await liveRedis(store, secrets), clock, programs: await find() };
      const nowhere: Write = async (name, body) => {
        const plain = { size: await drain(body), sha256: '' };
        return { name, ...plain, plain };
      };
      const taken = await scratch((folder) => takeDump(source, nowhere, folder, waiting));
      return { contents: taken.contents, at: taken.recoveryPoint };
    },
    fingerprintCopy: async (folder, waiting): Promise<Fingerprint> => {
      const [{ cli }, address] = [await find(), await runningAt(folder, redisAddress)];
      const at = await pointFrom({ cli, address, clock }, waiting);
      return { contents: await redisContents(folder, cli, waiting), at: await at() };
    },
    ask: async () => {
      throw new Failure('Unsupported', 'a datastore of kind redis answers no queries yet');
    },
    named: async (file) => {
      await checkDump(file, MAGIC, 'a dump of Redis (RDB)');
      return { objects: [{ name: DUMP, file }], tools: {}, holds: 'a dump of Redis' };
    },
  };
}

async function tailOf(body: Bytes): Promise<Buffer> {
  let tail = Buffer.alloc(0);
  for await (const chunk of body) tail = Buffer.concat([tail, chunk.subarray(-64)]).subarray(-64);
  return tail;
}
