// JSON in the object store: written as a body, read back as what others may have written.
import { Buffer } from 'node:buffer';
import type { z } from 'zod';
import type { Bytes, ObjectsPort } from '../activities/ports-data.ts';
import type { Waiting } from '../activities/ports.ts';
import { parsedJson } from '../domain/json.ts';

export async function* jsonBytes(value: unknown): Bytes {
  yield Buffer.from(`${JSON.stringify(value, null, 2)}\n`);
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

async function collect(body: Bytes): Promise<Buffer> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of body) chunks.push(chunk);
  return Buffer.concat(chunks);
}
