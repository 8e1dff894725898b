// What keeps the server of a copy from starting says nothing of the backup, and is kept apart from what does.
import assert from 'node:assert/strict';
import { chmod, mkdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { PLAIN_LOCALE, startCluster } from '../../src/datastores/postgres/scratch-cluster.ts';
import { startRedis } from '../../src/datastores/redis/scratch-redis.ts';
import { makePassword, passwordIn, writeNote } from '../../src/datastores/scratch-server.ts';
import { findProgram, versionedFolders } from '../../src/datastores/tool.ts';
import { passableFolder } from '../support/datastores/datastores.ts';
import { fails } from '../support/fails.ts';
import { waiting } from '../support/local-daemon.ts';
import { startTestRedis } from '../support/datastores/redis.ts';

async function folderOf(t: TestContext): Promise<string> {
  const folder = await passableFolder('fairlead-scratch-');
  t.after(() => rm(folder, { recursive: true, force: true }));
  return folder;
}

/** Programs that do as they are told, by name. */
async function programsThat(t: TestContext, scripts: Record<string, string>): Promise<string> {
  const folder = await folderOf(t);
  await chmod(folder, 0o755);
  for (const [name, script] of Object.entries(scripts)) {
    await writeFile(join(folder, name), `#!/bin/sh\n${script}\n`, { mode: 0o755 });
  }
  return folder;
}

const VERSION = { postgres: 'echo "postgres (PostgreSQL) 15.1"' };
const MADE = 'mkdir -p "$2"';
/** A Postgres that writes this into its log, of which pg_ctl says nothing. */
const startsWith = (line: string) => ({
  ...{ ...VERSION, initdb: MADE },
  pg_ctl: `echo '${line}' >> "$4"; echo "pg_ctl: could not start server" >&2; exit 1`,
});

for (const [what, scripts, kind, said] of [
  [
    'that no cluster can be made for',
    { ...VERSION, initdb: 'echo "initdb: error: invalid locale" >&2; exit 1' },
    'Unsupported',
    /the server of the copy does not start: .*invalid locale/,
  ],
  [
    'in a folder that its user cannot pass through',
    { ...VERSION, initdb: 'echo "could not access directory: Permission denied" >&2; exit 1' },
    'Unsupported',
    /Permission denied/,
  ],
  [
    'whose port was taken meanwhile',
    { ...VERSION, initdb: MADE, pg_ctl: 'echo "pg_ctl: could not start server" >&2; exit 1' },
    'Unavailable',
    /could not start server/,
  ],
  [
    'whose log says that its port is taken',
    startsWith('could not bind IPv4 address "127.0.0.1": Address already in use'),
    'Unavailable',
    /Address already in use \(pg_ctl: could not start server/,
  ],
  [
    'whose log says that it does not know a setting',
    startsWith('FATAL:  unrecognized configuration parameter "max_of_it"'),
    'Unsupported',
    /does not start: FATAL: +unrecognized configuration parameter/,
  ],
  ['that lacks a library', { postgres: 'exit 127' }, 'Unsupported', /exited with 127/],
] as const) {
  test(`a Postgres ${what} says nothing of a backup`, async (t) => {
    const programs = [await programsThat(t, scripts)];
    const input = { folder: await folderOf(t), programs, database: 'shop', locale: PLAIN_LOCALE };
    assert.match((await fails(kind, startCluster(input, waiting()))).message, said);
  });
}

test('a link in the folder of a copy is not written through', async (t) => {
  const folder = await folderOf(t);
  const precious = join(folder, 'precious');
  await writeFile(precious, 'precious');
  for (const name of ['password', 'server.json']) await symlink(precious, join(folder, name));
  const password = await makePassword(folder);
  await writeNote(folder, { port: 1, database: 'shop', server: '15' });
  assert.equal(await passwordIn(folder), password);
  assert.equal(await readFile(precious, 'utf8'), 'precious');
});

test('a folder that nobody but root can pass through is named, and not tried again', async (t) => {
  const programs = await versionedFolders('/usr/lib/postgresql');
  const there = await findProgram('initdb', programs).catch(() => undefined);
  if (there === undefined || process.getuid?.() !== 0) {
    t.skip('missing part: Postgres, and root');
    return;
  }
  const closed = await folderOf(t);
  await chmod(closed, 0o700);
  const folder = join(closed, 'data');
  await mkdir(folder);
  const input = { folder, programs, database: 'shop', locale: PLAIN_LOCALE };
  const failure = await fails('Unsupported', startCluster(input, waiting()));
  assert.match(failure.message, /the server of the copy does not start: .*ermission denied/);
});

/** A server that writes this into its log and ends. */
const logs = (line: string): string =>
  `echo "7:C 22 Nov 2026 10:00:00.000 ${line}" >> "$(sed -n 's/^logfile //p' "$1")"`;
const LOADING = '* Loading RDB produced by version 7.0.15';

for (const [what, script, kind] of [
  ['does not know a directive', 'echo "Bad directive or wrong number" >&2; exit 1', 'Unsupported'],
  ['finds its port taken', logs('# Failed listening on port 1 (TCP), aborting.'), 'Unavailable'],
  ['is killed while it loads', logs(LOADING), 'Unavailable'],
  ['says nothing', 'exit 0', 'Unavailable'],
  ['lacks a library', 'exit 127', 'Unsupported'],
  [
    'has fewer databases than the dump',
    logs('# FATAL: Data file was created with a Redis server configured to handle more than 16'),
    'Unsupported',
  ],
  [
    'may not read',
    logs("# Fatal error: can't open the RDB file dump.rdb for reading: Permission denied"),
    'Unsupported',
  ],
  [
    'lacks a module',
    logs("# The RDB file contains AUX module data I can't load: no matching module x"),
    'Unsupported',
  ],
  [
    'finds the dump cut',
    logs('# Short read or OOM loading DB. Unrecoverable error'),
    'CheckFailed',
  ],
] as const) {
  test(`a Redis that ${what} is ${kind}`, async (t) => {
    const folder = await programsThat(t, { server: script, cli: 'exit 1' });
    const programs = { server: join(folder, 'server'), cli: join(folder, 'cli') };
    await fails(kind, startRedis(await folderOf(t), { programs, databases: 16 }, waiting()));
  });
}

test('a real Redis says what is wrong with a dump, and the dump is blamed', async (t) => {
  const live = await startTestRedis();
  if (live === undefined) {
    t.skip('missing part: redis-server (looked on PATH and in the cache; npm run parts gets it)');
    return;
  }
  t.after(live.stop);
  const programs = {
    server: join(live.programs, 'redis-server'),
    cli: join(live.programs, 'redis-cli'),
  };
  for (const [what, bytes] of [
    ['no dump', 'nothing like it'],
    ['cut', 'REDIS0009\xfe\x00\xfb\x02\x00'],
    ['damaged', 'REDIS0009\xfe\x00\xf7\xf7\xf7\xf7\xf7\xf7\xf7\xf7\xf7\xf7\xf7\xf7'],
    ['of another checksum', 'REDIS0009\xfe\x00\xffABCDEFGH'],
  ] as const) {
    const folder = await folderOf(t);
    await writeFile(join(folder, 'dump.rdb'), Buffer.from(bytes, 'latin1'));
    const failure = await fails(
      'CheckFailed',
      startRedis(folder, { programs, databases: 16 }, waiting()),
    );
    assert.match(failure.message, /Redis does not load the dump: /, what);
  }
});

test('a real Redis with fewer databases than a dump needs is not started again and again', async (t) => {
  const live = await startTestRedis({ more: ['databases 64'] });
  if (live === undefined) {
    t.skip('missing part: redis-server (looked on PATH and in the cache; npm run parts gets it)');
    return;
  }
  t.after(live.stop);
  await live.ask('-n', '40', 'SET', 'far', 'away');
  const folder = await folderOf(t);
  await live.ask('--rdb', join(folder, 'dump.rdb'));
  const programs = {
    server: join(live.programs, 'redis-server'),
    cli: join(live.programs, 'redis-cli'),
  };
  const starting = startRedis(folder, { programs, databases: 16 }, waiting());
  assert.match((await fails('Unsupported', starting)).message, /handle more than 16 databases/);
});
