// A user who is a number: no name in /etc/passwd, no home, no environment but PATH, and a umask that closes all to others, as
// in many a container. As root, with the same environment, too.
import assert from 'node:assert/strict';
import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmod, chown, cp, mkdir, rm, stat, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { promisify } from 'node:util';
import { startPostgres, type TestPostgres } from '../support/datastores/postgres.ts';
import { passableFolder } from '../support/datastores/datastores.ts';
import { startTestRedis, type TestRedis } from '../support/datastores/redis.ts';
import { entryArgs, ROOT } from '../support/entry.ts';
import { freePort } from '../support/free-ports.ts';

const run = promisify(execFile);
const NUMBER = 4242;

let postgres: TestPostgres | undefined;
let redis: TestRedis | undefined;
before(async () => {
  postgres = await startPostgres();
  redis = await startTestRedis();
});
after(async () => {
  await postgres?.stop();
  await redis?.stop();
});

const SERVICE = `require('node:http').createServer((_, answer) => answer.end('hello')).listen(process.env.PORT, '127.0.0.1')`;

const systemFile = (
  port: number,
  { port: pg }: { port: number },
  { port: kv }: { port: number },
) => `
system: shop
services:
  web:
    platform: local
    command: [node, '{version}.cjs']
    port: ${port}
    datastores: [orders, sessions]
    health: { path: / }
    rollout: { canary: { steps: [{ weight: 50, bake: 1s }], watch: 1s } }
datastores:
  orders: { kind: postgres, host: 127.0.0.1, port: ${pg}, database: shop, user: fairlead, password: { env: PG } }
  sessions: { kind: redis, host: 127.0.0.1, port: ${kv}, password: { env: KV } }
drill:
  rto: 30m
  golden: [{ service: web, name: home, http: /, contains: hello }]
`;

async function passableByOthers(folder: string): Promise<boolean> {
  if (((await stat(folder)).mode & 0o001) === 0) return false;
  return dirname(folder) === folder || passableByOthers(dirname(folder));
}

for (const uid of [NUMBER, 0]) {
  describe(uid === 0 ? 'root without an environment' : 'a user without name and home', () => {
    test('deploys, backs up, verifies and drills', async (t) => {
      if (process.getuid?.() !== 0) {
        t.skip('only root can start a process as another user');
        return;
      }
      if (postgres === undefined || redis === undefined) {
        t.skip('no Postgres, or no Redis');
        return;
      }
      if (!(await passableByOthers(ROOT))) {
        t.skip(`others may not pass through ${ROOT}`);
        return;
      }
      const folder = await passableFolder('fairlead-nameless-');
      t.after(() => rm(folder, { recursive: true, force: true }));
      const data = join(folder, 'data');
      const systems = join(folder, 'systems');
      await mkdir(data);
      await chown(data, uid, uid);
      await mkdir(join(systems, 'shop'), { recursive: true });
      await writeFile(join(systems, 'shop', 'v1.cjs'), SERVICE);
      const file = systemFile(await freePort(), postgres.address, redis.address);
      await writeFile(join(systems, 'shop', 'system.yaml'), file);
      const cli = join(folder, 'temporal');
      await cp(process.env['FAIRLEAD_TEST_TEMPORAL_CLI'] ?? '', cli);
      await chmod(cli, 0o755);
      const environment = {
        ...{ PATH: `${redis.programs}:${process.env['PATH'] ?? ''}`, FAIRLEAD_DATA: data },
        ...{ FAIRLEAD_SYSTEMS: systems, FAIRLEAD_TEMPORAL_CLI: cli },
        ...{ PG: postgres.address.password, KV: redis.address.password },
      };
      const as = { cwd: folder, env: environment, uid, gid: uid };
      const closed = ['-c', 'umask 077; exec "$0" "$@"', process.execPath, ...entryArgs('client')];
      const up = spawn('/bin/sh', [...closed, 'up', '--json', '--port', '0'], {
        ...as,
        stdio: ['ignore', 'pipe', 'inherit'],
      });
      const ended = once(up, 'exit');
      t.after(async () => {
        up.kill('SIGINT');
        await ended;
      });
      await Promise.race([
        once(up.stdout, 'data'),
        ended.then(() => assert.fail('it ended while starting')),
      ]);
      for (const asked of [
        'deploy shop/web v1',
        'backup shop',
        'verify shop/orders',
        'verify shop/sessions',
        'drill shop',
        'report drill/shop',
        'list',
        'check',
      ]) {
        const done = run('/bin/sh', [...closed, ...asked.split(' ')], as);
        await done.catch((error: unknown) => assert.fail(`${asked}: ${JSON.stringify(error)}`));
      }
    });
  });
}
