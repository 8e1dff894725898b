// A file from its beginning to its end, a chunk at a time, in constant memory. The next chunk is read while whoever asked
// is busy with the last one.
import { open, type FileHandle } from 'node:fs/promises';

const CHUNK = 1024 * 1024;

/** Throws what the file system says. */
export async function* fileChunks(file: string, signal: AbortSignal): AsyncGenerator<Uint8Array> {
  const handle = await open(file, 'r');
  try {
    for (let next = readChunk(handle); ;) {
      signal.throwIfAborted();
      const chunk = await next;
      if (chunk.length === 0) return;
      next = readChunk(handle);
      // Heard when it is its turn; nobody is to die of it before, or when nobody asks for it any more.
      next.catch(() => undefined);
      yield chunk;
    }
  } finally {
    // Waits for what is being read.
    await handle.close();
  }
}

async function readChunk(handle: FileHandle): Promise<Uint8Array> {
  // Memory of its own each time: who got the last one may still hold it.
  const chunk = Buffer.allocUnsafe(CHUNK);
  const { bytesRead } = await handle.read(chunk, 0, CHUNK, null);
  return chunk.subarray(0, bytesRead);
}
