// JSON in the object store: written as a body, read back as what others may have written.
import { Buffer } from 'node:buffer';
import type { z } from 'zod';
import type { Bytes, ObjectInfo, ObjectRemovalPort, ObjectsPort } from '../ports/objects.ts';
import type { Waiting } from '../ports/waiting.ts';
import { Failure } from '../domain/failure.ts';
import { parsedJson } from '../domain/json.ts';

/** A `Waiting` for small objects: nobody ends the work early or asks how far it is. */
export const UNDISTURBED: Waiting = {
  signal: new AbortController().signal,
  beat: () => undefined,
};

export async function* textBytes(text: string): Bytes {
  yield Buffer.from(text);
}

export function jsonBytes(value: unknown): Bytes {
  return textBytes(`${JSON.stringify(value, null, 2)}\n`);
}

/** The whole object as UTF-8; undefined when there is no such object. */
export async function readText(
  objects: Pick<ObjectsPort, 'get'>,
  key: string,
  waiting: Waiting,
): Promise<string | undefined> {
  const read = async () => (await collect((await objects.get(key, waiting)).body)).toString('utf8');
  return read().catch(noneWhenMissing);
}

/** The value, or what is wrong with it; more than `longest` bytes are not read. */
export async function readJson<T>(
  objects: Pick<ObjectsPort, 'get'>,
  { key, longest }: { key: string; longest: number },
  schema: z.ZodType<T>,
  waiting: Waiting,
): Promise<{ value: T } | { problem: string }> {
  const { info, body } = await objects.get(key, waiting);
  if (info.size > longest) return { problem: `${key} has ${info.size} bytes` };
  const value = parsedJson((await collect(body)).toString('utf8'));
  if (value === undefined) return { problem: `${key} is no JSON` };
  const parsed = schema.safeParse(value);
  if (parsed.success) return { value: parsed.data };
  const [issue] = parsed.error.issues;
  return { problem: `${key}: ${issue?.path.join('.') ?? ''} ${issue?.message ?? ''}`.trim() };
}

/** Puts an object; answers false when the key is taken, and what is there stays. */
export async function putOnce(
  objects: Pick<ObjectsPort, 'put'>,
  input: { key: string; body: Bytes },
  waiting: Waiting,
): Promise<boolean> {
  try {
    await objects.put(input, waiting);
    return true;
  } catch (error) {
    if (error instanceof Failure && error.kind === 'Refused') return false;
    throw error;
  }
}

/** Replaces what is under a key, or puts the first. Of two that do so at once one wins. */
export async function putInstead(
  objects: Pick<ObjectsPort, 'get' | 'put'> & Pick<ObjectRemovalPort, 'remove'>,
  { key, value }: { key: string; value: unknown },
): Promise<void> {
  if (await putOnce(objects, { key, body: jsonBytes(value) }, UNDISTURBED)) return;
  const found = await infoOf(objects, key);
  if (found !== undefined) await objects.remove(found);
  await putOnce(objects, { key, body: jsonBytes(value) }, UNDISTURBED);
}

/** Size, time and etag of an object; undefined when there is no such object. */
export async function infoOf(
  objects: Pick<ObjectsPort, 'get'>,
  key: string,
): Promise<ObjectInfo | undefined> {
  return (await objects.get(key, UNDISTURBED).catch(noneWhenMissing))?.info;
}

/** Undefined for an object that is not there, be it that it went while it was read. */
function noneWhenMissing(error: unknown): undefined {
  if (error instanceof Failure && error.kind === 'NotFound') return undefined;
  throw error;
}

async function collect(body: Bytes): Promise<Buffer> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of body) chunks.push(chunk);
  return Buffer.concat(chunks);
}
