// How far whoever follows a Postgres fell behind while a copy is restored beside, and a login that may not look at that.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { grownSince, watchingLag } from '../../src/datastores/postgres/exchange/lag.ts';
import { oneExchangeServer } from '../support/datastores/postgres-exchanges.ts';
import { eventually, waiting } from '../support/local-daemon.ts';

const world = oneExchangeServer();

test('a standby that comes later counts from its first sight, also one that goes and comes again', () => {
  const before = new Map([['a', 100]]);
  const grown = (now: [string, number][]) =>
    grownSince(before, new Map(now)).map(({ more }) => more);
  assert.deepEqual(
    grown([
      ['a', 150],
      ['b', 9e9],
    ]),
    [50, 0],
  );
  assert.deepEqual(grown([['a', 90]]), [-10]);
  assert.deepEqual(grown([['b', 9e9 + 7]]), [7]);
});

test('a login that may not look restores all the same, and says that nobody watches', async (t) => {
  const it = await world(t);
  if (it === undefined) return;
  const { server, ask } = it;
  const user = `plain_${process.pid}`;
  await ask(`CREATE ROLE ${user} LOGIN PASSWORD 'plain'`);
  const told = async (does: string): Promise<string> => {
    if (does !== '') await ask(does);
    const beats: unknown[] = [];
    const watched = { ...waiting(), beat: (progress: unknown) => beats.push(progress) };
    const address = { ...server.address, user, password: 'plain' };
    const isTold = async (): Promise<boolean> => beats.length > 0;
    await watchingLag(address, { every: 20 }, watched, () => eventually('it to be told', isTold));
    return JSON.stringify(beats);
  };
  assert.match(await told(''), /standbys are not watched: GRANT pg_read_all_stats TO/);
  const barred = 'REVOKE SELECT ON pg_replication_slots FROM PUBLIC';
  assert.match(await told(barred), /standbys and slots are not watched: .*permission denied/);
});
