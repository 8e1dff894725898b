// A file from its beginning to its end, a chunk at a time, in constant memory. The next chunk is read while whoever asked
// is busy with the last one.
import { open, type FileHandle } from 'node:fs/promises';

const CHUNK = 1024 * 1024;

/** Reads `file` in chunks of up to 1 MB; errors of the file system come as they are. */
export async function* fileChunks(file: string, signal: AbortSignal): AsyncGenerator<Uint8Array> {
  yield* handleChunks(await open(file, 'r'), signal);
}

/** The same of a file that is open, which is closed at the end. */
export async function* handleChunks(
  handle: FileHandle,
  signal: AbortSignal,
): AsyncGenerator<Uint8Array> {
  try {
    for (let next = readChunk(handle); ;) {
      signal.throwIfAborted();
      const chunk = await next;
      if (chunk.length === 0) return;
      next = readChunk(handle);
      // A failed read is thrown when its chunk is awaited; until then, or if nobody asks, it must not end the process.
      next.catch(() => undefined);
      yield chunk;
    }
  } finally {
    // Closing waits for the read that is under way.
    await handle.close();
  }
}

async function readChunk(handle: FileHandle): Promise<Uint8Array> {
  // Each chunk has memory of its own: whoever got the last one may still hold it.
  const chunk = Buffer.allocUnsafe(CHUNK);
  const { bytesRead } = await handle.read(chunk, 0, CHUNK, null);
  return chunk.subarray(0, bytesRead);
}
