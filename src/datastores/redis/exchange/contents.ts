// What a number of a Redis holds, key by key: copied from one server into another, and compared with another one. A batch
// of keys at a time, so that what is remembered is as much as the largest of them.
import { createHash } from 'node:crypto';
import { Failure } from '../../../domain/failure.ts';
import type { Loss, LossCount } from '../../../domain/recovery/exchange.ts';
import type { Waiting } from '../../../ports/waiting.ts';
import { listOf, textOf, type Argument, type RedisConnection, type Reply } from './connection.ts';
import { GENERATION } from './ledger.ts';

const BATCH = 500;
const SHOWN = 20;
const DIGEST_BYTES = 32;

/** A number of a server, on a connection that nobody else selects on. */
export interface Place {
  connection: RedisConnection;
  number: number;
}

export async function selected({ connection, number }: Place): Promise<RedisConnection> {
  await connection.ask('SELECT', number);
  return connection;
}

/** Keys as they come, without Fairlead's own; while somebody writes, one may come twice or not at all. */
async function* keysOf(place: Place, waiting: Waiting): AsyncGenerator<Buffer[]> {
  const connection = await selected(place);
  let cursor = '0';
  do {
    waiting.signal.throwIfAborted();
    const [next, keys] = listOf(await connection.ask('SCAN', cursor, 'COUNT', BATCH));
    cursor = textOf(next);
    const own = listOf(keys).flatMap((key) => (Buffer.isBuffer(key) ? [key] : []));
    yield own.filter((key) => key.toString('latin1') !== GENERATION);
  } while (cursor !== '0');
}

/** Copies what is there; keys whose time has passed are left behind. Answers how many there were. */
export async function copyKeys(from: Place, to: Place, waiting: Waiting): Promise<number> {
  const target = await selected(to);
  let copied = 0;
  for await (const keys of keysOf(from, waiting)) {
    const asked = keys.flatMap((key): Argument[][] => [
      ['DUMP', key],
      ['PTTL', key],
    ]);
    const answers = await from.connection.askAll(asked);
    const commands = keys.flatMap((key, index): Argument[][] => {
      const [value, ttl] = [answers[index * 2], answers[index * 2 + 1]];
      if (value instanceof Failure) throw value;
      if (!Buffer.isBuffer(value) || typeof ttl !== 'number' || ttl === -2) return [];
      return [['RESTORE', key, Math.max(0, ttl), value, 'REPLACE']];
    });
    const failed = (await target.askAll(commands)).find((one) => one instanceof Failure);
    if (failed !== undefined) throw notTaken(failed);
    copied += commands.length;
    waiting.beat({ copied });
  }
  return copied;
}

function notTaken(failed: Failure): Failure {
  const { message } = failed;
  if (/Bad data format|payload version/.test(message)) {
    const text = `${message}: the backup was made by a newer Redis than the live one`;
    return new Failure('Unsupported', text);
  }
  if (!/OOM/.test(message)) return failed;
  return new Failure(
    'Refused',
    `${message}: the live Redis has no memory for both; raise maxmemory`,
  );
}

/** What `there` has and `here` lacks, and the other way round. Values are compared, not the times at which keys end. */
export async function lossBetween(there: Place, here: Place, waiting: Waiting): Promise<Loss> {
  const [onlyThere, onlyHere, changed] = [counter(), counter(), counter()];
  for await (const keys of keysOf(there, waiting)) {
    const [was, is] = await Promise.all([valuesOf(there, keys), valuesOf(here, keys)]);
    for (const [index, key] of keys.entries()) {
      const [one, other] = [was[index], is[index]];
      if (one == null) continue;
      if (other == null) onlyThere.add(key, one);
      else if (!one.equals(other)) {
        const contents = await Promise.all([contentOf(there, key), contentOf(here, key)]);
        if (contents[0] !== contents[1]) changed.add(key, Buffer.from(contents.join(' ')));
      }
    }
    waiting.beat({ compared: onlyThere.count().count + changed.count().count });
  }
  for await (const keys of keysOf(here, waiting)) {
    const was = await valuesOf(there, keys);
    const more = keys.filter((_, index) => was[index] == null);
    const values = await valuesOf(here, more);
    for (const [index, key] of more.entries()) {
      const value = values[index];
      if (value != null) onlyHere.add(key, value);
    }
  }
  return { onlyThere: onlyThere.count(), onlyHere: onlyHere.count(), changed: changed.count() };
}

async function valuesOf(place: Place, keys: readonly Buffer[]): Promise<(Buffer | null)[]> {
  const connection = await selected(place);
  const replies = await connection.askAll(keys.map((key) => ['DUMP', key]));
  return replies.map((reply) => {
    if (reply instanceof Failure) throw reply;
    return Buffer.isBuffer(reply) ? reply : null;
  });
}

/** How the elements of each type are read; what has an order keeps it. */
const READERS: Readonly<Record<string, { command: (key: Buffer) => Argument[]; group: number }>> = {
  string: { command: (key) => ['GET', key], group: 0 },
  list: { command: (key) => ['LRANGE', key, 0, -1], group: 0 },
  zset: { command: (key) => ['ZRANGE', key, 0, -1, 'WITHSCORES'], group: 0 },
  stream: { command: (key) => ['XRANGE', key, '-', '+'], group: 0 },
  set: { command: (key) => ['SMEMBERS', key], group: 1 },
  hash: { command: (key) => ['HGETALL', key], group: 2 },
};

/** The same for equal values, whichever way they are laid out in memory. */
async function contentOf(place: Place, key: Buffer): Promise<string> {
  const connection = await selected(place);
  const type = textOf(await connection.ask('TYPE', key));
  const reader = READERS[type];
  const { command, group } = reader ?? { command: (one: Buffer) => ['DUMP', one], group: 0 };
  const reply = await connection.ask(...command(key));
  const items = group === 0 ? [wordsOf(reply)] : groupsOf(listOf(reply), group);
  return createHash('sha256')
    .update(`${type} ${items.join(' ')}`)
    .digest('hex');
}

/** Whatever stands together as one word, in an order of its own. */
function groupsOf(items: readonly Reply[], size: number): string[] {
  const groups: string[] = [];
  for (let at = 0; at < items.length; at += size) {
    groups.push(
      items
        .slice(at, at + size)
        .map(wordsOf)
        .join(':'),
    );
  }
  return groups.sort();
}

function wordsOf(reply: Reply): string {
  if (Array.isArray(reply)) return `[${reply.map(wordsOf).join(',')}]`;
  return Buffer.isBuffer(reply) ? reply.toString('base64') : textOf(reply);
}

interface Counter {
  add: (key: Buffer, content: Buffer) => void;
  count: () => LossCount;
}

/** Its digest does not depend on the order in which keys come. */
function counter(): Counter {
  const sum = Buffer.alloc(DIGEST_BYTES);
  const shown: string[] = [];
  let all = 0;
  return {
    add: (key, content) => {
      all += 1;
      const one = createHash('sha256')
        .update(`${key.length} `)
        .update(key)
        .update(content)
        .digest();
      for (const [at, byte] of one.entries()) sum[at] = (sum[at] ?? 0) ^ byte;
      shown.push(described(key));
      shown.sort();
      if (shown.length > SHOWN) shown.pop();
    },
    count: () => {
      const digest = createHash('sha256').update(`${all} `).update(sum).digest('hex');
      return { count: all, digest, shown: [...shown] };
    },
  };
}

/** A key as people read it: bytes that are no text are escaped. */
function described(key: Buffer): string {
  const text = key.toString('utf8');
  const isText = Buffer.from(text).equals(key) && !/\p{Cc}/u.test(text);
  return isText ? text : JSON.stringify(key.toString('latin1'));
}
