// A real Redis: found on PATH, or unpacked from Debian's packages into the cache with the libraries that it needs; and
// one of them on a free port for as long as a test file runs.
import { existsSync } from 'node:fs';
import { chmod, copyFile, cp, mkdir, readdir, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { tryListening } from '../../../src/machine/port-holder.ts';
import { askRedis, readState, type RedisAddress } from '../../../src/datastores/redis/client.ts';
import { runTool } from '../../../src/datastores/tool.ts';
import { endServer, passableFolder } from './datastores.ts';
import { findDebianProgram } from '../debian-program.ts';
import { eventually, waiting } from '../local-daemon.ts';

/** A folder with redis-server and redis-cli that run as they are; undefined where there is none. */
async function redisPrograms(): Promise<string | undefined> {
  const server = findDebianProgram('redis-server');
  if (server === undefined) return undefined;
  const own = dirname(server);
  const libraries = join(dirname(own), 'lib');
  // Installed by the machine's own means: its libraries are where they belong.
  if (!existsSync(libraries) || own === '/usr/bin') return own;
  const [folder = ''] = await readdir(libraries);
  // As copies: the cache is in a home, which servers of copies, and tests of other users, do not get into.
  const wrappers = await passableFolder('fairlead-redis-programs-');
  await chmod(wrappers, 0o755);
  await cp(join(libraries, folder), join(wrappers, 'lib'), { recursive: true, dereference: true });
  for (const name of ['redis-server', 'redis-cli']) {
    await copyFile(join(own, name), join(wrappers, 'lib', name));
    const script = `#!/bin/sh\nLD_LIBRARY_PATH='${wrappers}/lib' exec '${wrappers}/lib/${name}' "$@"\n`;
    await writeFile(join(wrappers, name), script, { mode: 0o755 });
  }
  return wrappers;
}

export interface TestRedis {
  address: RedisAddress;
  /** Where redis-server and redis-cli are. */
  programs: string;
  ask: (...command: string[]) => Promise<string>;
  stop: () => Promise<void>;
}

export interface TestRedisOptions {
  aof?: boolean;
  /** Lines of its configuration beside the others. */
  more?: readonly string[];
}

/** With a password, AOF on if asked, keys of every type; undefined where there is no Redis. */
export async function startTestRedis({ aof = false, more = [] }: TestRedisOptions = {}): Promise<
  TestRedis | undefined
> {
  const programs = await redisPrograms();
  if (programs === undefined) return undefined;
  const folder = await passableFolder('fairlead-redis-');
  await mkdir(join(folder, 'data'));
  const address = {
    host: '127.0.0.1',
    port: await tryListening(0),
    user: undefined,
    password: 'live-secret-of-redis',
  };
  const configuration = [
    ...['bind 127.0.0.1', `port ${address.port}`, `requirepass ${address.password}`],
    ...[`dir ${join(folder, 'data')}`, 'save ""', `appendonly ${aof ? 'yes' : 'no'}`],
    ...['daemonize yes', `logfile ${join(folder, 'log')}`],
    ...['repl-diskless-sync-delay 0', ...more],
  ];
  await writeFile(join(folder, 'redis.conf'), configuration.join('\n'));
  const cli = join(programs, 'redis-cli');
  const ask = (...command: string[]) => askRedis(cli, address, command, waiting());
  const stop = async (): Promise<void> => {
    await endServer('Redis', folder);
    if (programs.includes('fairlead-redis-programs-')) await rm(programs, { recursive: true });
  };
  try {
    await runTool({
      program: join(programs, 'redis-server'),
      args: [join(folder, 'redis.conf')],
      env: {},
      directory: folder,
      signal: waiting().signal,
    });
    await eventually('Redis to answer', async () =>
      readState(cli, address, waiting()).then(
        (state) => !state.loading,
        () => false,
      ),
    );
    for (const command of FILLING) await ask(...command);
    return { address, programs, ask, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

const many = (prefix: string): string[] => Array.from({ length: 600 }, (_, n) => `${prefix}${n}`);

const FILLING: string[][] = [
  ['SET', 'customer:12', 'Customer 12'],
  ['SET', 'soon', 'gone', 'PX', '150'],
  ['SET', 'later', 'gone', 'EX', '36000'],
  ['MSET', ...many('key:').flatMap((key) => [key, `value of ${key}`])],
  ['SADD', 'set', ...many('member')],
  ['HSET', 'hash', ...many('field').flatMap((field) => [field, '1'])],
  ['ZADD', 'scores', ...many('player').flatMap((player, n) => [String(n), player])],
  ['RPUSH', 'list', ...many('item')],
  ['XADD', 'stream', '*', 'event', 'created'],
];
