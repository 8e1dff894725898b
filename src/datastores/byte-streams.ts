// Streams of bytes in constant memory: measured as they pass, compressed, encrypted, and back.
import { createHash } from 'node:crypto';
import { PassThrough, pipeline, Readable, type Transform } from 'node:stream';
import { createGunzip, createGzip } from 'node:zlib';
import type { Bytes } from '../ports/objects.ts';
import { Failure } from '../domain/failure.ts';
import { decrypted, encrypted } from '../integrations/age-encryption.ts';

export interface Measured {
  size: number;
  sha256: string;
}

/** Passes `body` on; `result` has its size and digest once all of it has passed. */
export function measuring(body: Bytes): { body: Bytes; result: () => Measured } {
  const hash = createHash('sha256');
  let size = 0;
  let sha256: string | undefined;
  const passing = async function* (): Bytes {
    for await (const chunk of body) {
      hash.update(chunk);
      size += chunk.length;
      yield chunk;
    }
    sha256 = hash.digest('hex');
  };
  const result = (): Measured => {
    if (sha256 === undefined) throw new Failure('Broken', 'measured before it was through');
    return { size, sha256 };
  };
  return { body: passing(), result };
}

/** Passes `body` on, and throws CheckFailed at its end when its size or digest is not the expected one. */
export async function* checked(body: Bytes, expected: Measured, what: string): Bytes {
  const { body: passing, result } = measuring(body);
  yield* passing;
  const found = result();
  if (found.size !== expected.size) {
    const message = `${what} has ${found.size} bytes, and the manifest says ${expected.size}`;
    throw new Failure('CheckFailed', message);
  }
  if (found.sha256 !== expected.sha256) {
    const message = `${what} has the SHA-256 ${found.sha256}, and the manifest says ${expected.sha256}`;
    throw new Failure('CheckFailed', message);
  }
}

export interface Coding {
  compression: 'none' | 'gzip';
  /** Public keys; without any, nothing is encrypted. */
  recipients: readonly string[];
}

export function encoded(body: Bytes, { compression, recipients }: Coding): Bytes {
  const packed = compression === 'gzip' ? through(body, createGzip({ level: 1 })) : body;
  return recipients.length === 0 ? packed : encrypted(packed, recipients);
}

export function decoded(
  body: Bytes,
  { compression, identities }: { compression: Coding['compression']; identities?: string[] },
): Bytes {
  const packed = identities === undefined ? body : decrypted(body, identities);
  return compression === 'gzip' ? unpacked(packed) : packed;
}

async function* unpacked(body: Bytes): Bytes {
  try {
    yield* through(body, createGunzip());
  } catch (error) {
    if (error instanceof Failure) throw error;
    const said = error instanceof Error ? error.message : String(error);
    throw new Failure('CheckFailed', `decompressing: ${said}; it is cut or damaged`);
  }
}

async function* through(body: Bytes, transform: Transform): Bytes {
  // Whoever reads the transform gets the error of either; the callback only keeps it from being thrown twice.
  pipeline(Readable.from(body, { objectMode: false }), transform, () => undefined);
  const chunks: AsyncIterable<unknown> = transform;
  for await (const chunk of chunks) if (chunk instanceof Uint8Array) yield chunk;
}

/**
 * Passes `body` on and shows it to `look` on its way, which may stop before the end; no faster than both of them take it.
 * Throws what `look` throws, before it ends.
 */
export async function* shownTo(body: Bytes, look: (copy: Bytes) => Promise<void>): Bytes {
  const copy = new PassThrough();
  const looking = look(copy).finally(() => copy.destroy());
  looking.catch(() => undefined);
  try {
    for await (const chunk of body) {
      if (!copy.destroyed && !copy.write(chunk)) {
        await roomIn(copy);
      }
      yield chunk;
    }
    copy.end();
    await looking;
  } finally {
    copy.destroy();
    await looking.catch(() => undefined);
  }
}

/** Milliseconds without a sign of whoever is waited for, after which it is asked whether it is there. */
const SILENCE_MS = 30_000;

/**
 * Waits for `work`, and asks every so often whether whoever does it still answers; when `ask` throws, `stop` is aborted with
 * that, which has to end the work.
 */
export async function whileAnswering<T>(
  work: Promise<T>,
  { ask, stop, everyMs = SILENCE_MS }: Answering,
): Promise<T> {
  const looking = setInterval(() => {
    ask().catch((error: unknown) => {
      stop.abort(error);
    });
  }, everyMs);
  try {
    return await work;
  } finally {
    clearInterval(looking);
  }
}

export interface Answering {
  ask: () => Promise<void>;
  stop: AbortController;
  everyMs?: number;
}

/** Passes `body` on, and asks while nothing comes of it whether its server still answers: see `whileAnswering`. */
export async function* heardOf(body: Bytes, answering: Answering): Bytes {
  const source = body[Symbol.asyncIterator]();
  try {
    for (;;) {
      const next = await whileAnswering(source.next(), answering);
      if (next.done === true) return;
      yield next.value;
    }
  } finally {
    await source.return?.();
  }
}

/** Until more may be written, or nobody reads it any more. */
function roomIn(copy: PassThrough): Promise<void> {
  return new Promise((resolve) => {
    const done = (): void => {
      copy.off('drain', done).off('close', done);
      resolve();
    };
    copy.on('drain', done).on('close', done);
  });
}

/** Reads to the end and keeps nothing. */
export async function drain(body: Bytes): Promise<number> {
  let size = 0;
  for await (const chunk of body) size += chunk.length;
  return size;
}

/** An exit code of 0 with nothing printed is no dump. */
export async function* startingWith(magic: string, body: Bytes, tool: string): Bytes {
  let head = Buffer.alloc(0);
  for await (const chunk of body) {
    if (head.length < magic.length) {
      head = Buffer.concat([head, chunk]).subarray(0, magic.length);
      if (!magic.startsWith(head.toString('latin1'))) break;
    }
    yield chunk;
  }
  if (head.toString('latin1') === magic) return;
  const got = head.length === 0 ? 'nothing at all' : 'something else';
  throw new Failure('CheckFailed', `${tool} printed ${got} instead of a dump`);
}
