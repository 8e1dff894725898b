// A server that follows a Postgres of the tests, for as long as one test runs.
import { lchown } from 'node:fs/promises';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import type { PostgresAddress } from '../../../src/datastores/postgres/connection.ts';
import {
  findProgram,
  runTool,
  serverIdentity,
  versionedFolders,
} from '../../../src/datastores/tool.ts';
import { tryListening } from '../../../src/machine/port-holder.ts';
import { waiting } from '../local-daemon.ts';
import { endServer, passableFolder } from './datastores.ts';
import type { ExchangeServer } from './postgres-exchanges.ts';

export async function startReplica(
  t: TestContext,
  { address }: ExchangeServer,
): Promise<PostgresAddress> {
  const programs = await versionedFolders('/usr/lib/postgresql');
  const folder = await passableFolder('fairlead-replica-');
  t.after(() => endServer('a replica', folder));
  const as = serverIdentity();
  if (as !== undefined) await lchown(folder, as.uid, as.gid);
  const data = join(folder, 'pg');
  const run = async (name: string, args: string[]): Promise<string> =>
    runTool({
      ...{ program: await findProgram(name, programs), args, directory: folder },
      env: { PGPASSWORD: address.password ?? '' },
      ...{ ...(as && { as }), signal: waiting().signal },
    });
  await run('pg_basebackup', [
    ...['--pgdata', data, '--write-recovery-conf', '--checkpoint', 'fast', '--no-password'],
    ...['--host', address.host, '--port', String(address.port), '--username', address.user],
  ]);
  const port = await tryListening(0);
  const options = `-c port=${port} -c listen_addresses=127.0.0.1 -c unix_socket_directories='' -c max_connections=60 -c max_prepared_transactions=10 -c hot_standby=on`;
  await run('pg_ctl', [
    ...['--pgdata', data, '--log', join(folder, 'log'), '--wait', '--timeout', '200'],
    ...['--options', options, 'start'],
  ]);
  return { ...address, port, database: 'postgres' };
}
