// (n) The exchange of a fenced Postgres for a copy beside it, from the call until the application's first login, beside two
// bare renames; the same of one that was not fenced before; and a restore beside it, beside the bare tool.
// FAIRLEAD_BENCH_MEGABYTES takes another size.
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { execa } from 'execa';
import { backupId } from '../src/domain/backup/backup-id.ts';
import type { EpochToken } from '../src/domain/rollout/model.ts';
import { createBackups } from '../src/datastores/backups.ts';
import { createBindings } from '../src/datastores/bindings.ts';
import { createExchanges } from '../src/datastores/exchanges.ts';
import { toolEnvironment, withClient } from '../src/datastores/postgres/connection.ts';
import { createStores } from '../src/datastores/registry.ts';
import { findProgram, versionedFolders } from '../src/datastores/tool.ts';
import { createObjectsFolder } from '../src/integrations/objects-folder.ts';
import { datastoreRef, passableFolder } from '../test/support/datastores/datastores.ts';
import {
  asApplication,
  startExchangeServer,
  type ExchangeServer,
} from '../test/support/datastores/postgres-exchanges.ts';
import { figure, MissingPart, type Measured, type Stage } from './figure.ts';
import { median, rounded } from './statistics.ts';

const MEGABYTES = Number(process.env['FAIRLEAD_BENCH_MEGABYTES'] ?? 1000);
/** A row of `bulk` in memory of the tool that loads it. */
const ROW = 100;
const DATABASE = 'orders';
const APPLICATION = { user: 'bench_app', password: 'bench' };

const waiting = { signal: new AbortController().signal, beat: () => undefined };
const clock = {
  now: () => Date.now(),
  sleep: (ms: number, signal: AbortSignal) => sleep(ms, undefined, { signal }),
};

type World = Awaited<ReturnType<typeof worldOf>>;

export async function exchange(stage: Stage): Promise<Measured[]> {
  const server = await startExchangeServer();
  if (server === undefined)
    throw new MissingPart('Postgres: looked in /usr/lib/postgresql and PATH');
  const root = await passableFolder('fairlead-bench-exchange-');
  try {
    const world = await worldOf(server, root);
    return [...(await restores(world, stage)), ...(await exchanges(world, stage))];
  } finally {
    await server.stop();
    await rm(root, { recursive: true, force: true });
  }
}

async function worldOf(server: ExchangeServer, root: string) {
  const { host, port, user, password = '' } = server.address;
  const ask = (text: string, database = 'postgres'): Promise<unknown> =>
    withClient({ ...server.address, database }, waiting.signal, (client) => client.query(text));
  await ask(`CREATE ROLE ${APPLICATION.user} LOGIN PASSWORD '${APPLICATION.password}'`);
  await ask(`CREATE DATABASE ${DATABASE} OWNER ${APPLICATION.user}`);
  const rows = Math.round((MEGABYTES * 1e6) / ROW);
  await ask(
    `CREATE TABLE bulk (id bigserial PRIMARY KEY, value text NOT NULL);
    INSERT INTO bulk (value) SELECT md5(n::text) || md5((n + 1)::text) FROM generate_series(1, ${rows}) n;
    ALTER TABLE bulk OWNER TO ${APPLICATION.user}`,
    DATABASE,
  );
  const secrets = {
    env: { BENCH_PASSWORD: password },
    readFile: () => Promise.reject(new Error('there are no files of secrets here')),
    reader: 'the measurement',
  };
  const settings = { kind: 'postgres', host, port, user, database: DATABASE } as const;
  const store = datastoreRef('orders', '/', { ...settings, password: { env: 'BENCH_PASSWORD' } });
  const objects = createObjectsFolder(join(root, 'objects'));
  const [stores, copies] = [createStores({ secrets, clock }), join(root, 'copies')];
  const backups = createBackups({ objects, stores, copies, secrets, clock });
  const bindings = createBindings(objects);
  const ports = { backups, exchanges: createExchanges({ stores, bindings, copies }) };
  const id = backupId('shop', 'orders', Date.UTC(2026, 0, 2));
  await backups.backup({ store, id, systemDigest: '0'.repeat(64) }, waiting);
  return { ...ports, server, root, ask, store, id };
}

/** Leaves the last copy, `beside`, where it is. */
async function restores(world: World, stage: Stage): Promise<Measured[]> {
  const { backups, server, root, ask, store, id } = world;
  const programs = await versionedFolders('/usr/lib/postgresql');
  const tool = async (name: string, args: string[]): Promise<void> => {
    const env = toolEnvironment({ ...server.address, database: DATABASE });
    await execa(await findProgram(name, programs), args, { env });
  };
  const dump = join(root, 'dump');
  await tool('pg_dump', ['-Fc', '-f', dump]);
  const [ours, bare]: [number[], number[]] = [[], []];
  for (let round = 0; round < stage.rounds(3); round += 1) {
    await ask('CREATE DATABASE bare TEMPLATE template0');
    bare.push(await timed(() => tool('pg_restore', ['-d', 'bare', dump])));
    await ask('DROP DATABASE bare');
    const target = { copy: 'beside', store };
    await backups.discard(target.copy, waiting);
    ours.push(await timed(() => backups.restore({ id, target, into: 'beside' }, waiting)));
    stage.say(`  restored: ${rounded(ours.at(-1) ?? 0)} ms, bare ${rounded(bare.at(-1) ?? 0)} ms`);
  }
  const ratios = ours.map((ms, index) => ms / (bare[index] ?? NaN));
  const notes = [
    `${MEGABYTES} MB; ${rounded(median(ours))} ms beside ${rounded(median(bare))} ms of pg_restore into the same server`,
  ];
  const target = { atMost: 1.11, of: 'median' } as const;
  return [
    figure(`restore of ${MEGABYTES} MB beside the live one ÷ bare tool`, 'ratio', ratios, {
      target,
      notes,
    }),
  ];
}

async function exchanges(world: World, stage: Stage): Promise<Measured[]> {
  const { exchanges: port, store, ask } = world;
  const plan = await port.exchangePlan({ copy: 'beside', store }, waiting);
  const back = { ...plan, from: plan.to, to: plan.from };
  const [fenced, whole, bare]: [number[], number[], number[]] = [[], [], []];
  let epoch = 1;
  for (let round = 0; round < stage.rounds(10); round += 1) {
    epoch += 1;
    await port.writeFence({ store, token: token(epoch) }, waiting);
    fenced.push(
      await untilLogin(world, async () => {
        await port.exchange({ store, plan, token: token(epoch) }, waiting);
        await port.liftFence({ store, token: token(epoch, 2) }, waiting);
      }),
    );
    epoch += 1;
    whole.push(
      await untilLogin(world, async () => {
        await port.exchange({ store, plan: back, token: token(epoch) }, waiting);
        await port.liftFence({ store, token: token(epoch, 2) }, waiting);
      }),
    );
    await ask(`ALTER DATABASE ${DATABASE} RENAME TO aside`);
    bare.push(await untilLogin(world, () => ask(`ALTER DATABASE aside RENAME TO ${DATABASE}`)));
  }
  const target = { atMost: 1000, of: 'max' } as const;
  const notes = ['until the application, which tries every 2 ms, is logged in'];
  return [
    figure('exchange of a fenced database → first login', 'ms', fenced, { target, notes }),
    figure('fence and exchange → first login to the copy', 'ms', whole, { target }),
    figure('bare rename → first login', 'ms', bare),
  ];
}

function token(epoch: number, sequence = 1): EpochToken {
  return { operation: 'recover/shop', step: 'exchange', epoch, sequence };
}

/** From the call until it is done, and the application is in. */
async function untilLogin({ server }: World, work: () => Promise<unknown>): Promise<number> {
  const started = performance.now();
  const working = work();
  const state = { done: false };
  const mark = (): void => {
    state.done = true;
  };
  working.then(mark, mark);
  const { host, port } = server.address;
  for (;;) {
    const after = state.done;
    const isIn = await asApplication({ host, port, database: DATABASE, ...APPLICATION }, (client) =>
      client.query('SELECT 1'),
    ).then(
      () => true,
      () => false,
    );
    // One that began before it was done may be a login to what was live before.
    if (isIn && after) break;
    await sleep(2);
  }
  const took = performance.now() - started;
  await working;
  return took;
}

async function timed(work: () => Promise<void>): Promise<number> {
  const started = performance.now();
  await work();
  return performance.now() - started;
}
