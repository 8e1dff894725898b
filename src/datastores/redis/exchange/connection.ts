// A connection to a Redis that keeps its state (WATCH, SELECT, MULTI) and passes values as bytes, which redis-cli does not:
// commands go out as they are given, answers come back in that order.
import { once } from 'node:events';
import { connect as connectTo, type Socket } from 'node:net';
import { Failure } from '../../../domain/failure.ts';
import type { RedisAddress } from '../client.ts';

/** `Failure`: what the server answers with an error, of which a transaction has one for each command. */
export type Reply = Buffer | number | null | Failure | Reply[];
export type Argument = string | Buffer | number;

const CONNECT_MS = 10_000;
/** Lists in lists of an answer. */
const DEEPEST = 32;
const CRLF = Buffer.from('\r\n');

export interface RedisConnection {
  /** Throws what the server says is wrong. */
  ask: (...command: Argument[]) => Promise<Reply>;
  /** One after the other without waiting for the answers. Errors are answers here. */
  askAll: (commands: readonly Argument[][]) => Promise<Reply[]>;
  close: () => void;
}

/** Throws Unavailable where nothing answers. */
export async function openRedis(
  { host, port }: Pick<RedisAddress, 'host' | 'port'>,
  signal: AbortSignal,
): Promise<RedisConnection> {
  const where = `redis://${host}:${port}`;
  const socket = connectTo({ host, port });
  try {
    await once(socket, 'connect', {
      signal: AbortSignal.any([signal, AbortSignal.timeout(CONNECT_MS)]),
    });
  } catch (error) {
    socket.destroy();
    signal.throwIfAborted();
    const why = error instanceof Error ? error.message : String(error);
    throw new Failure('Unavailable', `asking ${where}: ${why}`);
  }
  socket.setNoDelay(true);
  return speaking(socket, where, signal);
}

interface Waiter {
  answered: (reply: Reply) => void;
  failed: (error: unknown) => void;
}

function speaking(socket: Socket, where: string, signal: AbortSignal): RedisConnection {
  const waiters: Waiter[] = [];
  const end = (error: unknown): void => {
    socket.destroy();
    signal.removeEventListener('abort', aborted);
    for (const { failed } of waiters.splice(0)) failed(error);
  };
  const aborted = (): void => {
    end(signal.reason);
  };
  signal.addEventListener('abort', aborted);
  const take = takingFor(waiters, where);
  socket.on('data', (chunk: Buffer) => {
    try {
      take(chunk);
    } catch (error) {
      end(error);
    }
  });
  const gone = (error?: unknown): void => {
    const why = error instanceof Error ? error.message : 'it closed the connection';
    end(new Failure('Unavailable', `asking ${where}: ${why}`));
  };
  socket.on('error', gone).on('close', () => {
    gone();
  });
  const askAll = async (commands: readonly Argument[][]): Promise<Reply[]> => {
    signal.throwIfAborted();
    if (socket.destroyed) throw new Failure('Unavailable', `asking ${where}: it is closed`);
    const answers = commands.map(
      () =>
        new Promise<Reply>((answered, failed) => {
          waiters.push({ answered, failed });
        }),
    );
    socket.write(Buffer.concat(commands.map(encoded)));
    return Promise.all(answers);
  };
  return {
    askAll,
    ask: async (...command) => {
      const [reply = null] = await askAll([command]);
      if (reply instanceof Failure) throw reply;
      return reply;
    },
    close: () => {
      signal.removeEventListener('abort', aborted);
      socket.end();
    },
  };
}

/** Hands whoever waits the answers that are whole, of chunks as they come. Throws Broken for what is no answer. */
function takingFor(waiters: Waiter[], where: string): (chunk: Buffer) => void {
  let pending: Buffer[] = [];
  return (chunk) => {
    pending.push(chunk);
    const all = pending.length === 1 ? chunk : Buffer.concat(pending);
    const reader = { at: 0, all };
    let kept = 0;
    while (waiters.length > 0) {
      const reply = readReply(reader, where);
      if (reply === undefined) break;
      kept = reader.at;
      waiters.shift()?.answered(reply);
    }
    pending = kept < all.length ? [all.subarray(kept)] : [];
  };
}

function encoded(command: readonly Argument[]): Buffer {
  const parts = command.flatMap((one) => {
    const bytes = Buffer.isBuffer(one) ? one : Buffer.from(String(one));
    return [Buffer.from(`$${bytes.length}\r\n`), bytes, CRLF];
  });
  return Buffer.concat([Buffer.from(`*${command.length}\r\n`), ...parts]);
}

/** Undefined while it is not whole; `at` is behind it then only when it is. */
function readReply(
  reader: { at: number; all: Buffer },
  where: string,
  depth = 0,
): Reply | undefined {
  const { all } = reader;
  const end = all.indexOf(CRLF, reader.at);
  if (end < 0) return undefined;
  const kind = String.fromCharCode(all[reader.at] ?? 0);
  const line = all.toString('utf8', reader.at + 1, end);
  const next = end + CRLF.length;
  switch (kind) {
    case '+':
      reader.at = next;
      return Buffer.from(line);
    case '-':
      reader.at = next;
      return failureFor(where, line);
    case ':':
      reader.at = next;
      return Number(line);
    case '$': {
      const size = sizeIn(line, where);
      if (size >= 0 && all.length < next + size + CRLF.length) return undefined;
      reader.at = size < 0 ? next : next + size + CRLF.length;
      return size < 0 ? null : all.subarray(next, next + size);
    }
    case '*':
      return readArray({ reader, next, size: sizeIn(line, where), where, depth });
    default:
      throw noProtocol(where, kind);
  }
}

function noProtocol(where: string, said: string): Failure {
  const shown = JSON.stringify(said.slice(0, 40));
  return new Failure('Broken', `${where} answers something that is no Redis protocol: ${shown}`);
}

/** The length that a Redis announces of a bulk string or a list; below 0 for one that is null. */
function sizeIn(line: string, where: string): number {
  if (/^(-1|\d{1,15})$/.test(line)) return Number(line);
  throw noProtocol(where, line);
}

function readArray(of: {
  reader: { at: number; all: Buffer };
  next: number;
  size: number;
  where: string;
  depth: number;
}): Reply | undefined {
  const { reader, next, size, where, depth } = of;
  if (depth > DEEPEST) throw noProtocol(where, 'lists in lists');
  const began = reader.at;
  reader.at = next;
  if (size < 0) return null;
  const items: Reply[] = [];
  while (items.length < size) {
    const item = readReply(reader, where, depth + 1);
    if (item === undefined) {
      reader.at = began;
      return undefined;
    }
    items.push(item);
  }
  return items;
}

/** What may be otherwise next time is told apart from what is not allowed, or makes no sense. */
function failureFor(where: string, said: string): Failure {
  const kind = /^(NOAUTH|WRONGPASS|NOPERM|OOM)/.test(said)
    ? 'Refused'
    : /^(LOADING|BUSY|TRYAGAIN|MASTERDOWN|CLUSTERDOWN)/.test(said)
      ? 'Unavailable'
      : 'Broken';
  return new Failure(kind, `asking ${where}: ${said}`);
}

/** A bulk or a status as text; empty for nothing. */
export function textOf(reply: Reply | undefined): string {
  return Buffer.isBuffer(reply)
    ? reply.toString('utf8')
    : typeof reply === 'number'
      ? String(reply)
      : '';
}

export function listOf(reply: Reply | undefined): Reply[] {
  return Array.isArray(reply) ? reply : [];
}

/** Pairs of an answer that lists names and values. */
export function fieldsOf(reply: Reply | undefined): Map<string, string> {
  const items = listOf(reply).map(textOf);
  return new Map(items.flatMap((name, at) => (at % 2 === 0 ? [[name, items[at + 1] ?? '']] : [])));
}
