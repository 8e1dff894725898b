// Streams for tests, and what is in one.
import type { Bytes } from '../../src/ports/objects.ts';
import { Failure } from '../../src/domain/failure.ts';

export async function* bytes(...texts: (string | Uint8Array)[]): Bytes {
  for (const text of texts) yield Buffer.from(text);
}

export async function collected(body: Bytes): Promise<string> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of body) chunks.push(chunk);
  return Buffer.concat(chunks).toString('utf8');
}

/** `size` bytes that compress badly, the same each time, in chunks of 64 KiB; `before` runs before each. */
export async function* manyBytes(size: number, before: () => void = () => undefined): Bytes {
  let state = 1;
  for (let left = size; left > 0;) {
    before();
    const chunk = Buffer.allocUnsafe(Math.min(left, 65_536));
    for (let at = 0; at + 4 <= chunk.length; at += 4) {
      state = (Math.imul(state, 1_664_525) + 1_013_904_223) | 0;
      chunk.writeInt32LE(state, at);
    }
    left -= chunk.length;
    yield chunk;
  }
}

/** Half a body, and then no store any more. */
export async function* cutOff(body: Bytes): Bytes {
  await collected(body);
  yield Buffer.from('half');
  throw new Failure('Unavailable', 'the store hung up');
}
