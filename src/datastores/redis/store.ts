// Datastores of kind `redis`: an RDB by `redis-cli --rdb`, proved at once by loading it into a server of its own, which
// is also where the manifest's counts and digest come from. Backup and verification only: nothing is restored into a
// live Redis. Used through the registry.
import { open } from 'node:fs/promises';
import { join } from 'node:path';
import type { Bytes } from '../../ports/objects.ts';
import type { Fingerprint } from '../../ports/backups.ts';
import type { Clock } from '../../ports/clock.ts';
import type { Waiting } from '../../ports/waiting.ts';
import type { RecoveryPoint } from '../../domain/backup/backup.ts';
import { Failure } from '../../domain/failure.ts';
import type { SecretSources } from '../../integrations/secret-value.ts';
import { dumpIn } from '../artefact.ts';
import { drain, heardOf, startingWith } from '../byte-streams.ts';
import { checkDump } from '../named-dump.ts';
import { PASSWORD_FILE, serverRuns } from '../scratch-server.ts';
import { addressOf, type Store, type Taken, type Write } from '../store.ts';
import { findProgram, toolOutput } from '../tool.ts';
import {
  askRedis,
  liveRedis,
  readState,
  readTime,
  redisTool,
  type RedisAddress,
} from './client.ts';
import {
  DUMP_FILE,
  redisAddress,
  redisContents,
  startRedis,
  type RedisPrograms,
} from './scratch-redis.ts';
import { redis } from './settings.ts';

const DUMP = 'dump.rdb';
const MAGIC = 'REDIS';
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
      await startRedis(folder, await find(), waiting);
    },
    empty: async (_, folder, waiting) => startRedis(folder, await find(), waiting),
    address: async (folder) => {
      serverRuns(folder);
      const { host, port } = await redisAddress(folder);
      // A Redis with a password has one user, of this name.
      const login = { fields: { user: 'default' }, passwordFile: join(folder, PASSWORD_FILE) };
      return { kind: 'address', of: 'redis', host, port, login };
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
      const { cli } = await find();
      const at = await pointFrom({ cli, address: await redisAddress(folder), clock }, waiting);
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

interface Source {
  address: RedisAddress;
  clock: Pick<Clock, 'now'>;
  programs: RedisPrograms;
}

async function takeDump(
  { address, clock, programs }: Source,
  write: Write,
  folder: string,
  waiting: Waiting,
): Promise<Taken> {
  const { cli } = programs;
  const before = await readState(cli, address, waiting);
  const point = await pointFrom({ cli, address, clock }, waiting);
  const stop = new AbortController();
  const signal = AbortSignal.any([waiting.signal, stop.signal]);
  const tool = toolOutput(redisTool(cli, address, ['--rdb', '-'], { ...waiting, signal }));
  // It saves before it sends, and says nothing meanwhile; one that was stopped says nothing for ever.
  const ask = async (): Promise<void> => {
    await askRedis(cli, address, ['PING'], waiting);
  };
  const dump = heardOf(tool, { ask, stop });
  const object = await write(
    DUMP,
    saving(join(folder, DUMP_FILE), startingWith(MAGIC, dump, 'redis-cli --rdb')),
  );
  const recoveryPoint = await point();
  const after = await readState(cli, address, waiting);
  await startRedis(folder, programs, waiting);
  const contents = await redisContents(folder, cli, waiting);
  const loaded = contents.parts.reduce((sum, { rows }) => sum + (rows ?? 0), 0);
  const [had, has] = [total(before.keys), total(after.keys)];
  if (loaded === 0 && Math.min(had, has) > 0) {
    const message = `the dump holds no key, and the server had ${had} before it and ${has} after it`;
    throw new Failure('CheckFailed', message);
  }
  return {
    source: `redis://${address.host}:${address.port}`,
    recoveryPoint,
    tools: { server: before.version },
    artefact: 'streamed',
    objects: [object],
    contents,
  };
}

/** Begun now; the second call says when it was over. */
async function pointFrom(
  { cli, address, clock }: { cli: string; address: RedisAddress; clock: Pick<Clock, 'now'> },
  waiting: Waiting,
): Promise<() => Promise<RecoveryPoint>> {
  const asked = clock.now();
  const began = await readTime(cli, address, waiting);
  const answered = clock.now();
  return async () => ({
    notBefore: new Date(began).toISOString(),
    notAfter: new Date((await readTime(cli, address, waiting)) + 1).toISOString(),
    clock: 'datastore',
    // Plus zero: no minus zero, which JSON does not have.
    skewMs: Math.round(began - (asked + answered) / 2) + 0,
  });
}

function total(keys: Record<string, number>): number {
  return Object.values(keys).reduce((sum, count) => sum + count, 0);
}

async function tailOf(body: Bytes): Promise<Buffer> {
  let tail = Buffer.alloc(0);
  for await (const chunk of body) tail = Buffer.concat([tail, chunk.subarray(-64)]).subarray(-64);
  return tail;
}

/** Passes `body` on and writes it to a file on its way. */
async function* saving(file: string, body: Bytes): Bytes {
  const handle = await open(file, 'w', 0o600);
  try {
    for await (const chunk of body) {
      // Written while whoever asked is busy with it.
      const written = handle.writeFile(chunk);
      written.catch(() => undefined);
      yield chunk;
      await written;
    }
  } finally {
    await handle.close();
  }
}
