// A real PgBouncer in front of a Postgres of the tests, for as long as one test runs.
import { spawn } from 'node:child_process';
import { chmod, copyFile, cp, readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import type { PostgresAddress } from '../../../src/datastores/postgres/connection.ts';
import { serverIdentity } from '../../../src/datastores/tool.ts';
import { tryListening } from '../../../src/machine/port-holder.ts';
import { findDebianProgram, librariesOf } from '../debian-program.ts';
import { passableFolder } from './datastores.ts';

/** Where the application reaches its database through the pooler; undefined where there is none. */
export async function startPooler(
  t: TestContext,
  { host, port, database, user, password = '' }: PostgresAddress,
): Promise<PostgresAddress | undefined> {
  const program = findDebianProgram('pgbouncer');
  if (program === undefined) return undefined;
  const folder = await passableFolder('fairlead-pooler-');
  await chmod(folder, 0o755);
  // As copies: the cache is in a home, which the pooler's user does not get into.
  await copyFile(program, join(folder, 'pgbouncer'));
  for (const from of (librariesOf('pgbouncer')['LD_LIBRARY_PATH'] ?? '').split(':').slice(1)) {
    if ((await readdir(from).catch(() => [])).length > 0)
      await cp(from, join(folder, 'lib'), { recursive: true, dereference: true });
  }
  const own = await tryListening(0);
  const lines = [
    '[databases]',
    `${database} = host=${host} port=${port} dbname=${database} user=${user} password=${password}`,
    '[pgbouncer]',
    ...[`listen_addr = 127.0.0.1`, `listen_port = ${own}`, 'unix_socket_dir =', 'auth_type = any'],
    ...['pool_mode = transaction', 'server_login_retry = 1', 'query_wait_timeout = 2'],
  ];
  await writeFile(join(folder, 'pooler.ini'), `${lines.join('\n')}\n`);
  const child = spawn(join(folder, 'pgbouncer'), ['-q', join(folder, 'pooler.ini')], {
    cwd: folder,
    stdio: 'ignore',
    env: { LD_LIBRARY_PATH: join(folder, 'lib') },
    ...serverIdentity(),
  });
  t.after(() => child.kill('SIGKILL'));
  return { host: '127.0.0.1', port: own, database, user, password };
}
