// Live data of a given size for each kind of datastore, and what its bare tools need for the same work: for backups.ts.
import { randomBytes } from 'node:crypto';
import { mkdir, open, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { execa } from 'execa';
import { toolEnvironment } from '../src/datastores/postgres/connection.ts';
import { findProgram, versionedFolders } from '../src/datastores/tool.ts';
import { passableFolder } from '../test/support/datastores/datastores.ts';
import { eventually } from '../test/support/local-daemon.ts';
import { startPostgres, type TestPostgres } from '../test/support/datastores/postgres.ts';
import { startTestRedis, type TestRedis } from '../test/support/datastores/redis.ts';
import type { Asked } from './backup-message.ts';
import { MissingPart } from './figure.ts';

const MB = 1_000_000;
const FILES = 50;
const ROW = 100;
const ROWS_AT_ONCE = 500_000;
const KEYS_AT_ONCE = 50_000;

export interface Source {
  name: string;
  settings: Asked['settings'];
  /** Of the system. */
  directory: string;
  programs: string[];
  /** For the child and for the tools: passwords. */
  env: Record<string, string>;
  /** What a person without Fairlead would run; writes into `folder`, which is empty. */
  bareBackup: (folder: string) => Promise<void>;
  /** From what `bareBackup` left. */
  bareRestore: (folder: string) => Promise<void>;
  stop: () => Promise<void>;
}

/** CSV files of about the same size, with contents that compress badly. */
export async function filesSource(megabytes: number): Promise<Source> {
  const directory = await passableFolder('fairlead-bench-files-');
  const data = join(directory, 'data');
  await mkdir(data);
  for (let n = 0; n < FILES; n += 1) {
    await writeCsv(join(data, `part-${n}.csv`), (megabytes * MB) / FILES);
  }
  return {
    name: 'files',
    settings: { kind: 'files', directory: 'data' },
    directory,
    programs: [],
    env: {},
    bareBackup: async (folder) => {
      await execa('tar', ['-cf', join(folder, 'data.tar'), '-C', directory, 'data']);
      await execa('sha256sum', [join(folder, 'data.tar')]);
      await execa('sync', [join(folder, 'data.tar')]);
    },
    bareRestore: async (folder) => {
      await execa('sha256sum', [join(folder, 'data.tar')]);
      await execa('tar', ['-xf', join(folder, 'data.tar'), '-C', folder]);
    },
    stop: () => rm(directory, { recursive: true, force: true }),
  };
}

async function writeCsv(file: string, bytes: number): Promise<void> {
  const handle = await open(file, 'w');
  try {
    await handle.write('id,value\n');
    for (let written = 0, id = 0; written < bytes;) {
      const lines = Array.from(
        { length: 10_000 },
        () => `${(id += 1)},${randomBytes(45).toString('hex')}\n`,
      ).join('');
      await handle.write(lines);
      written += lines.length;
    }
  } finally {
    await handle.close();
  }
}

export async function postgresSource(megabytes: number): Promise<Source> {
  const server = await startPostgres();
  if (server === undefined)
    throw new MissingPart('Postgres: looked in /usr/lib/postgresql and PATH');
  const rows = Math.round((megabytes * MB) / ROW);
  await fillTable(server, rows).catch(stoppedFirst(server));
  const { address } = server;
  const { host, port, database, user, password = '' } = address;
  const programs = await versionedFolders('/usr/lib/postgresql');
  const env = toolEnvironment(address);
  const tool = async (name: string, args: string[]): Promise<void> => {
    await execa(await findProgram(name, programs), args, { env });
  };
  return {
    name: 'postgres',
    settings: { kind: 'postgres', host, port, database, user },
    directory: '/',
    programs: [],
    env: { BENCH_PASSWORD: password },
    bareBackup: (folder) => tool('pg_dump', ['-Fc', '-f', join(folder, 'dump')]),
    bareRestore: async (folder) => {
      await tool('createdb', ['again']);
      await tool('pg_restore', ['--no-owner', '-d', 'again', join(folder, 'dump')]);
      await tool('dropdb', ['again']);
    },
    stop: server.stop,
  };
}

/** In parts: each of them has to end within the patience of a test. */
async function fillTable({ query }: TestPostgres, rows: number): Promise<void> {
  await query('CREATE TABLE bulk (id bigint PRIMARY KEY, value text NOT NULL)');
  for (let from = 1; from <= rows; from += ROWS_AT_ONCE) {
    const to = Math.min(rows, from + ROWS_AT_ONCE - 1);
    await query(
      `INSERT INTO bulk SELECT n, md5(n::text) || md5((n + 1)::text) FROM generate_series(${from}, ${to}) n`,
    );
  }
}

export async function redisSource(megabytes: number): Promise<Source> {
  const server = await startTestRedis();
  if (server === undefined) throw new MissingPart('redis-server: not on PATH, not in the cache');
  const { address, programs, ask } = server;
  const { host, port, password = '' } = address;
  await fillKeys(ask, megabytes * 1000).catch(stoppedFirst(server));
  const cli = join(programs, 'redis-cli');
  const env = { REDISCLI_AUTH: password };
  return {
    name: 'redis',
    settings: { kind: 'redis', host, port },
    directory: '/',
    programs: [programs],
    env: { BENCH_PASSWORD: password },
    bareBackup: async (folder) => {
      await execa(cli, ['-h', host, '-p', String(port), '--rdb', join(folder, 'dump.rdb')], {
        env,
      });
    },
    bareRestore: async (folder) => {
      const free = String(port + 1);
      const args = ['--port', free, '--dir', folder, '--dbfilename', 'dump.rdb', '--save', ''];
      const other = execa(join(programs, 'redis-server'), args, { reject: false });
      const dbsize = (): Promise<boolean> =>
        execa(cli, ['-p', free, 'DBSIZE'], { reject: false }).then(({ stdout }) =>
          /^\d+$/.test(stdout.trim()),
        );
      await eventually('Redis to have loaded', dbsize);
      other.kill('SIGKILL');
      await other;
    },
    stop: server.stop,
  };
}

/** Values of a kilobyte that Redis cannot pack: pieces of one random text. */
async function fillKeys(ask: TestRedis['ask'], keys: number): Promise<void> {
  const random = randomBytes(48_000).toString('base64');
  const script = `for n = tonumber(ARGV[2]), tonumber(ARGV[3]) do
    local at = (n * 7919) % (#ARGV[1] - 950)
    redis.call('SET', 'bulk:' .. n, string.sub(ARGV[1], at + 1, at + 950))
  end`;
  for (let from = 1; from <= keys; from += KEYS_AT_ONCE) {
    const to = Math.min(keys, from + KEYS_AT_ONCE - 1);
    await ask('EVAL', script, '0', random, String(from), String(to));
  }
}

/** What could not be filled is of no use to anybody. */
function stoppedFirst({ stop }: { stop: () => Promise<void> }): (error: unknown) => Promise<never> {
  return async (error) => {
    await stop();
    throw error;
  };
}
