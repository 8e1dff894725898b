// An object store in memory that keeps the contract of the port, and can be damaged on purpose.
import { createHash } from 'node:crypto';
import type { ObjectInfo, ObjectRemovalPort, ObjectsPort } from '../../../src/ports/objects.ts';
import { Failure } from '../../../src/domain/failure.ts';

interface Stored {
  bytes: Buffer;
  modifiedAt: number;
  etag: string;
}

export type MemoryObjects = ObjectsPort & ObjectRemovalPort & { stored: Map<string, Stored> };

export function createMemoryObjects(): MemoryObjects {
  const stored = new Map<string, Stored>();
  let writes = 0;
  const infoOf = (key: string, { bytes, modifiedAt, etag }: Stored): ObjectInfo => ({
    key,
    size: bytes.length,
    modifiedAt,
    etag,
  });
  const taken = (key: string): Failure => new Failure('Refused', `${key} is taken`);
  return {
    stored,
    put: async ({ key, body }, { signal }) => {
      if (key.split('/').some((part) => !/^[A-Za-z0-9_%~-][A-Za-z0-9._%~-]*$/.test(part)))
        throw new Failure('BadInput', `${key} is no key`);
      if (stored.has(key)) throw taken(key);
      const chunks: Uint8Array[] = [];
      for await (const chunk of body) {
        signal.throwIfAborted();
        chunks.push(chunk);
      }
      signal.throwIfAborted();
      if (stored.has(key)) throw taken(key);
      writes += 1;
      const one = { bytes: Buffer.concat(chunks), modifiedAt: Date.now(), etag: `${writes}` };
      stored.set(key, one);
      const sha256 = createHash('sha256').update(one.bytes).digest('hex');
      return { ...infoOf(key, one), sha256 };
    },
    get: async (key) => {
      const one = stored.get(key);
      if (one === undefined) throw new Failure('NotFound', `there is no ${key}`);
      const body = async function* () {
        yield one.bytes;
      };
      return { info: infoOf(key, one), body: body() };
    },
    list: async (prefix) =>
      [...stored]
        .filter(([key]) => key.startsWith(prefix))
        .map(([key, one]) => infoOf(key, one))
        .sort((a, b) => (a.key < b.key ? -1 : 1)),
    remove: async ({ key, etag }) => {
      const one = stored.get(key);
      if (one !== undefined && one.etag !== etag)
        throw new Failure('WorldChanged', `${key} changed`);
      stored.delete(key);
    },
    sweep: async () => 0,
  };
}
