// The SQL of `fairlead grant postgres --print`, for the databases that the system files name.
import { loadSystem } from '../../config/load.ts';
import { systemNames } from '../../config/system-names.ts';
import { postgresGrants, type GrantedDatabase } from '../../domain/by-hand/postgres-grants.ts';
import { EXIT, ExitError } from '../exit.ts';
import { printAsItIs } from '../output/print.ts';

/** Throws ExitError (2) where the target names no database of a Postgres. */
export async function printGrants(dir: string, target: string | undefined): Promise<void> {
  const [system, datastore] = target?.split('/') ?? [];
  const names = system === undefined ? (await systemNames(dir)).names : [system];
  const found: GrantedDatabase[] = [];
  for (const one of names) found.push(...(await databasesOf(dir, one)));
  const asked = found.filter((one) => datastore === undefined || one.datastore === datastore);
  if (asked.length === 0) {
    const message = `${target ?? dir} has no datastore of kind postgres; name a SYSTEM or SYSTEM/DATASTORE that has one`;
    throw new ExitError(EXIT.badInput, message);
  }
  printAsItIs(asked.map(postgresGrants).join('\n').trimEnd());
}

async function databasesOf(dir: string, name: string): Promise<GrantedDatabase[]> {
  const { system } = await loadSystem(dir, name);
  return Object.entries(system.datastores ?? {}).flatMap(([datastore, store]) => {
    if (store.kind !== 'postgres') return [];
    const { host = '127.0.0.1', port = 5432, database = datastore, user = 'fairlead' } = store;
    const heartbeats = store.recoveryPoint?.canary !== undefined;
    return [{ system: name, datastore, host, port, database, user, heartbeats }];
  });
}
