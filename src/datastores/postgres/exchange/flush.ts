// A derived database flushed: an empty one with the tables that it has now is made beside it, and takes its place. Which
// one belongs to which change is noted, so that one change flushes once.
import type { Waiting } from '../../../ports/waiting.ts';
import type { ExchangePlan } from '../../../domain/recovery/exchange.ts';
import { findProgram, runTool, toolOutput } from '../../tool.ts';
import { databaseArgument, dumped, toolEnvironment } from '../connection.ts';
import { makeLike } from './beside.ts';
import { guarded, type Claim } from './epochs.ts';
import type { Server } from './fence.ts';
import { flushedName, labelOf, quarantineName } from './names.ts';
import { currentOf, placesOf } from './places.ts';

/** After `claim`. */
export async function flushDatabase(
  server: Server,
  held: Claim,
  folders: readonly string[],
  waiting: Waiting,
): Promise<ExchangePlan> {
  const { client, address } = server;
  const { database, token } = held;
  const { epoch, sequence } = token;
  const places = await placesOf(client, database);
  const { flushed } = places;
  const planned = { kind: 'rename' as const, quarantine: quarantineName(database, epoch) };
  if (flushed?.epoch === epoch && flushed.sequence === sequence) {
    return { ...planned, from: flushed.from, to: flushed.to };
  }
  const { current } = currentOf(database, places);
  const name = flushedName(database, epoch, sequence);
  const oid = await makeLike(client, { like: database, name });
  const tool = { directory: '/', signal: waiting.signal };
  const dump = toolOutput({
    ...tool,
    program: await findProgram('pg_dump', folders),
    args: ['--format=custom', '--schema-only', '--no-subscriptions', '--no-password'],
    env: toolEnvironment({ ...address, database: current.name }),
  });
  const empty = { ...address, database: name };
  await runTool({
    ...tool,
    program: await findProgram('pg_restore', folders),
    args: [`--dbname=${databaseArgument(name)}`, '--exit-on-error', '--no-password'],
    env: toolEnvironment(empty),
    input: dumped(address, dump),
  });
  const made = { from: labelOf({ ...current, name: database }), to: labelOf({ oid, name }) };
  const note = JSON.stringify({ epoch, sequence, ...made });
  await guarded(
    client,
    held,
    `UPDATE fairlead.exchanges SET flushed = ${client.escapeLiteral(note)} WHERE database = ${client.escapeLiteral(database)};`,
  );
  return { ...planned, ...made };
}
