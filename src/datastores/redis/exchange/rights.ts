// Whether a live Redis can be exchanged at all: asked before the day and when a plan is made, a sentence for each reason.
import type { DatastoreRef } from '../../../ports/backups.ts';
import { Failure } from '../../../domain/failure.ts';
import { fieldsOf, listOf, textOf } from './connection.ts';
import { LIVE, ownNumbers, tooFewNumbers } from './ledger.ts';
import { FENCED_USER, infoOf, type Server } from './server.ts';

/** ACL came with 6.0. */
const OLDEST = 6;
const NEEDED = ['acl', 'client', 'config', 'swapdb', 'restore', 'dump', 'multi', 'watch'];

type Info = ReadonlyMap<string, string>;

function inCluster(info: Info): string | undefined {
  return info.get('cluster_enabled') === '1'
    ? 'it is a Cluster, which has one number and cannot swap it'
    : undefined;
}

function onReplica(info: Info): string | undefined {
  return info.get('role') === 'master'
    ? undefined
    : "it is a replica, and what it holds is its master's: name the master in the system file";
}

const REASONS: readonly ((info: Info, policy: string) => string | undefined)[] = [
  inCluster,
  (info) =>
    Number((info.get('redis_version') ?? '').split('.')[0]) < OLDEST
      ? `it is Redis ${info.get('redis_version') ?? 'of an unknown version'}, and users, which keep writers out, came with ${OLDEST}`
      : undefined,
  onReplica,
  (info) =>
    Number(info.get('connected_slaves') ?? 0) > 0
      ? `${info.get('connected_slaves') ?? ''} replica of it is connected, and would be exchanged with it: detach it (REPLICAOF NO ONE), and attach it again afterwards`
      : undefined,
  (info) =>
    info.get('aof_enabled') === '1'
      ? 'its AOF is on, and would take in the copy as it is loaded: switch it off (CONFIG SET appendonly no), and on again afterwards'
      : undefined,
  (_, policy) =>
    policy === 'noeviction' || policy === ''
      ? undefined
      : `it evicts keys (maxmemory-policy ${policy}), and could throw away what is restored: set it to noeviction until that is done`,
];

/** What is derived is only flushed, which a cache with replicas and an eviction policy takes as well. */
export async function unableToFlush(
  server: Server,
  { datastore }: DatastoreRef,
): Promise<string | undefined> {
  const info = await infoOf(server);
  const reason = [inCluster, onReplica].map((one) => one(info)).find((one) => one !== undefined);
  const why = reason ?? tooFewNumbers(server);
  return why && `${datastore} cannot be flushed: ${why}`;
}

export async function unableToExchange(
  server: Server,
  { datastore }: DatastoreRef,
): Promise<string | undefined> {
  const { connection } = server;
  const info = await infoOf(server);
  const config = fieldsOf(await connection.ask('CONFIG', 'GET', 'maxmemory-policy'));
  const policy = config.get('maxmemory-policy') ?? '';
  const reason =
    REASONS.map((one) => one(info, policy)).find((one) => one !== undefined) ??
    tooFewNumbers(server) ??
    (await otherNumbers(server, info)) ??
    (await missingRights(server));
  return reason && `${datastore} cannot be exchanged: ${reason}`;
}

/** Numbers of Fairlead's own, and of what it quarantined, do not count. */
async function otherNumbers(server: Server, info: Info): Promise<string | undefined> {
  const known = await ownNumbers(server);
  const others = [...info.keys()].filter((name) => {
    const number = /^db(\d+)$/.exec(name)?.[1];
    return number !== undefined && Number(number) !== LIVE && !known.has(Number(number));
  });
  return others.length === 0
    ? undefined
    : `it holds keys in ${others.join(', ')} too, and only number 0 is exchanged as yet`;
}

async function missingRights({ connection, user }: Server): Promise<string | undefined> {
  try {
    const users = listOf(await connection.ask('ACL', 'LIST')).map(textOf);
    const own = users.find((line) => line.startsWith(`user ${user} `)) ?? '';
    if (own.includes('+@all') || own === '' || user === FENCED_USER) return undefined;
    const missing = NEEDED.filter((name) => !own.includes(`+${name}`));
    return missing.length === 0
      ? undefined
      : `its user ${user} may not use ${missing.join(', ')}: give it +@all`;
  } catch (error) {
    if (!(error instanceof Failure) || error.retryable) throw error;
    return `its user ${user} may not list and switch off users (${error.message}): give it +@all`;
  }
}

/** As much again as is live, or as is restored if that is more, has to fit in memory. Throws Refused. */
export async function refuseFull(server: Server, bytes: number): Promise<void> {
  const info = await infoOf(server);
  const field = (name: string): number => Number(info.get(name) ?? 0);
  const limit = field('maxmemory') > 0 ? field('maxmemory') : field('total_system_memory');
  const needed = Math.max(2 * bytes, field('used_memory_dataset'));
  const free = limit - field('used_memory');
  if (limit === 0 || free >= needed) return;
  const message = `restoring beside what is live in ${server.where}: ${needed} bytes of memory are needed for the copy, and ${free} of ${limit} are free; make room (maxmemory), or give the machine more`;
  throw new Failure('Refused', message);
}
