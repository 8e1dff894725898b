// Takes a dump of a live Redis: an RDB by `redis-cli --rdb`, proved on its way by loading it into a server of its own,
// which is also where the manifest's counts and digest come from.
import { open } from 'node:fs/promises';
import { join } from 'node:path';
import type { Bytes } from '../../ports/objects.ts';
import type { Clock } from '../../ports/clock.ts';
import type { Waiting } from '../../ports/waiting.ts';
import type { Contents, RecoveryPoint } from '../../domain/backup/backup.ts';
import { Failure } from '../../domain/failure.ts';
import { heardOf, startingWith } from '../byte-streams.ts';
import { begun, type Taken, type Write } from '../store.ts';
import { toolOutput } from '../tool.ts';
import {
  askRedis,
  readDatabases,
  readState,
  readTime,
  redisTool,
  type RedisAddress,
} from './client.ts';
import { DUMP_FILE, redisContents, startRedis, type RedisPrograms } from './scratch-redis.ts';

export const DUMP = 'dump.rdb';
export const MAGIC = 'REDIS';

export interface Source {
  address: RedisAddress;
  clock: Pick<Clock, 'now'>;
  programs: RedisPrograms;
}

/** Nothing is stored unless its proof went well: what fails leaves nothing behind. */
export async function takeDump(
  { address, clock, programs }: Source,
  write: Write,
  folder: string,
  waiting: Waiting,
): Promise<Taken> {
  const { cli } = programs;
  const before = await readState(cli, address, waiting);
  const databases = await readDatabases(cli, address, waiting);
  const point = await pointFrom({ cli, address, clock }, waiting);
  const stop = new AbortController();
  const signal = AbortSignal.any([waiting.signal, stop.signal]);
  const tool = toolOutput(redisTool(cli, address, ['--rdb', '-'], { ...waiting, signal }));
  // It saves before it sends, and says nothing meanwhile; one that was stopped says nothing for ever.
  const ask = async (): Promise<void> => {
    await askRedis(cli, address, ['PING'], waiting);
  };
  const dump = heardOf(tool, { ask, stop });
  const prove = async (): Promise<Proved> => {
    const recoveryPoint = await point();
    const after = await readState(cli, address, waiting);
    await startRedis(folder, { programs, databases }, waiting);
    const contents = await redisContents(folder, cli, waiting);
    refuseEmpty(contents, [total(before.keys), total(after.keys)]);
    return { recoveryPoint, contents };
  };
  let proved: Proved | undefined;
  const body = async function* (): Bytes {
    yield* saving(join(folder, DUMP_FILE), startingWith(MAGIC, dump, 'redis-cli --rdb'));
    proved = await prove().catch((error: unknown) => {
      throw begun(error);
    });
  };
  const object = await write(DUMP, body());
  if (proved === undefined) throw new Failure('Broken', 'a dump was stored before it was proved');
  return {
    source: `redis://${address.host}:${address.port}`,
    tools: { server: before.version },
    artefact: 'streamed',
    objects: [object],
    databases,
    ...proved,
  };
}

type Proved = Pick<Taken, 'recoveryPoint' | 'contents'>;

function refuseEmpty({ parts }: Contents, [had, has]: [number, number]): void {
  const loaded = parts.reduce((sum, { rows }) => sum + (rows ?? 0), 0);
  if (loaded > 0 || Math.min(had, has) === 0) return;
  const message = `the dump holds no key, and the server had ${had} before it and ${has} after it`;
  throw new Failure('CheckFailed', message);
}

/** Begun now; the second call says when it was over. */
export async function pointFrom(
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

/** Passes `body` on and writes it to a file on its way. */
export async function* saving(file: string, body: Bytes): Bytes {
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
