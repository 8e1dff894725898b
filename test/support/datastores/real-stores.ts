// A system with a real Postgres, a real Redis, a real cache and a derived folder, and a service that logs in to all of
// them: for drills of test/workflows/real-datastores.slow.ts.
import { copyFile, mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { stringify } from 'yaml';
import type { TestPostgres } from './postgres.ts';
import type { TestRedis } from './redis.ts';

/** Warmed once, and nothing of what is live. */
const GOLDEN = '3000 orders, visit :2, cached :1, 1.jpg';

export interface RealStores {
  system: string;
  /** Of its service. */
  port: number;
  postgres: TestPostgres;
  redis: TestRedis;
  cache: TestRedis;
}

/** Into the folder of the system. Passwords are in REAL_URL, REAL_ORDERS, REAL_SESSIONS and REAL_CACHE. */
export async function writeRealStores(
  folder: string,
  { system, port, postgres, redis, cache }: RealStores,
): Promise<void> {
  await mkdir(join(folder, 'thumbs'), { recursive: true });
  await writeFile(join(folder, 'thumbs', 'live.jpg'), 'live');
  await copyFile(join(import.meta.dirname, 'stores-service.mjs'), join(folder, 'service.mjs'));
  const { host, port: ordersPort, database, user } = postgres.address;
  const { port: sessionsPort } = redis.address;
  const text = stringify({
    system,
    services: {
      api: {
        platform: 'local',
        command: [process.execPath, 'service.mjs'],
        port,
        datastores: ['orders', 'sessions', 'cache', 'thumbs'],
        configuration: {
          PG: import.meta.resolve('pg'),
          DATABASE_URL: { env: 'REAL_URL' },
          SESSIONS_PORT: String(sessionsPort),
          SESSIONS_PASSWORD: { env: 'REAL_SESSIONS' },
          CACHE_PORT: String(cache.address.port),
          CACHE_PASSWORD: { env: 'REAL_CACHE' },
        },
        health: { interval: '100ms' },
        rollout: {
          canary: { steps: [{ weight: 50, bake: '100ms' }], watch: '0s' },
          earlyPromotion: true,
        },
      },
    },
    datastores: {
      orders: {
        ...{ kind: 'postgres', host, port: ordersPort, database, user },
        password: { env: 'REAL_ORDERS' },
        verify: {
          required: ['artefact', 'loads', 'complete', 'correct', 'invariants'],
          invariants: [
            { name: 'debts', query: 'SELECT count(*) FROM orders WHERE total < 0', equals: '0' },
          ],
        },
      },
      sessions: { kind: 'redis', host, port: sessionsPort, password: { env: 'REAL_SESSIONS' } },
      cache: {
        ...{ kind: 'redis', role: 'derived', host, port: cache.address.port },
        password: { env: 'REAL_CACHE' },
        warm: [{ service: 'api', http: '/warm' }],
      },
      thumbs: { kind: 'files', role: 'derived', directory: 'thumbs' },
    },
    drill: {
      rto: '30m',
      golden: [{ service: 'api', name: 'stores', http: '/', contains: GOLDEN }],
      configuration: {
        api: {
          DATABASE_URL: `postgres://{{copy.orders.user}}:{{copy.orders.password}}@${host}:${ordersPort}/${database}`,
          SESSIONS_PASSWORD: '{{copy.sessions.password}}',
          CACHE_PASSWORD: '{{copy.cache.password}}',
        },
      },
    },
  });
  await writeFile(join(folder, 'system.yaml'), text);
}
