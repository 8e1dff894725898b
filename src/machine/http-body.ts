// The body of a request, read whole and never longer than it may be.
import type { IncomingMessage } from 'node:http';

/** Undefined where it has more than `most` bytes: the rest is not read. */
export async function bodyOf(request: IncomingMessage, most: number): Promise<string | undefined> {
  const parts: Buffer[] = [];
  let length = 0;
  for await (const part of request as AsyncIterable<Buffer>) {
    length += part.length;
    if (length > most) return undefined;
    parts.push(part);
  }
  return Buffer.concat(parts).toString('utf8');
}
