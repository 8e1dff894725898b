// Streams of bytes in constant memory: measured as they pass, compressed, encrypted, and back.
import { createHash } from 'node:crypto';
import { pipeline, Readable } from 'node:stream';
import type { Transform } from 'node:stream';
import { createGunzip, createGzip } from 'node:zlib';
import type { Bytes } from '../activities/ports-data.ts';
import { Failure } from '../domain/failure.ts';
import { decrypted, encrypted } from '../integrations/age-encryption.ts';

export interface Measured {
  size: number;
  sha256: string;
}

/** The same bytes; `result` has what they came to when they are through. */
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

/** The same bytes; throws CheckFailed at their end when they are not what was expected. */
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
