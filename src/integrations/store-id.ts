// Which object store this is: `_store/id.json`, put once by the first worker that opens it, so that workers of one task
// queue can be told apart that keep their records in different places.
import { randomUUID } from 'node:crypto';
import { hostname } from 'node:os';
import { z } from 'zod';
import type { ObjectsPort } from '../ports/objects.ts';
import { Failure } from '../domain/failure.ts';
import { encodeName } from './encode-name.ts';
import { jsonBytes, putOnce, readJson, UNDISTURBED } from './json-objects.ts';

const KEY = '_store/id.json';
const SERVERS = '_store/servers/';
const schema = z.object({
  schema: z.literal('fairlead/store/v1'),
  id: z.string().regex(/^[0-9a-f]{12}$/),
});

/** 12 hex digits. Throws Unavailable when the store cannot be written or read, and Broken when its id is none. */
export async function storeId(objects: Pick<ObjectsPort, 'get' | 'put'>): Promise<string> {
  const id = randomUUID().replaceAll('-', '').slice(0, 12);
  const body = jsonBytes({ schema: 'fairlead/store/v1', id });
  if (await putOnce(objects, { key: KEY, body }, UNDISTURBED)) return id;
  const read = await readJson(objects, { key: KEY, longest: 1024 }, schema, UNDISTURBED);
  if ('value' in read) return read.value.id;
  throw new Failure('Broken', `reading which object store this is: ${read.problem}`);
}

/** A namespace of one server (its cluster id): where the runs are whose records a store keeps. */
export interface TemporalServer {
  clusterId: string;
  namespace: string;
}

/** Notes that workers of this server use the store: who else does may know runs that this server does not. */
export async function noteServer(
  objects: Pick<ObjectsPort, 'get' | 'put'>,
  { clusterId, namespace }: TemporalServer,
): Promise<void> {
  const key = `${SERVERS}${encodeName(`${clusterId}/${namespace}`)}.json`;
  const body = jsonBytes({ schema: 'fairlead/store-user/v1', clusterId, namespace });
  await putOnce(objects, { key, body }, UNDISTURBED);
}

export async function isSharedByServers(objects: Pick<ObjectsPort, 'list'>): Promise<boolean> {
  return (await objects.list(SERVERS)).length > 1;
}

const NAMED = /, store ([0-9a-f]{12})$/;

/** How a worker is called at Temporal's server: its process, its machine, its store. */
export function workerIdentity(store: string): string {
  return `${process.pid}@${hostname()}, store ${store}`;
}

export interface Poller {
  identity: string;
  /** Milliseconds since 1970. */
  seenAt: number;
}

/** A worker that polls asks again after a minute at the latest. */
const POLLS_WITHIN_MS = 70_000;

/** Workers that poll the same task queue and keep their records in another store. */
export function withOtherStores(pollers: readonly Poller[], store: string, now: number): string[] {
  const others = pollers.filter(({ identity, seenAt }) => {
    const theirs = NAMED.exec(identity)?.[1];
    return theirs !== undefined && theirs !== store && now - seenAt < POLLS_WITHIN_MS;
  });
  return [...new Set(others.map(({ identity }) => identity))];
}
