// The signature of a record, in a file beside it: `<run id>.sig.json`. Replaced whole; what cannot be read is as good
// as none, and is made anew. Used by evidence-files.ts.
import { randomUUID } from 'node:crypto';
import { open, readFile, rename, rm } from 'node:fs/promises';
import { z } from 'zod';
import { Failure } from '../domain/failure.ts';
import { textAt } from '../domain/json.ts';
import type { SignedHead } from '../domain/signed-head.ts';

const signatureSchema = z.object({
  schema: z.literal('fairlead/signature/v1'),
  head: z.string(),
  signature: z.string(),
  publicKey: z.string(),
});

export async function readSignature(file: string): Promise<SignedHead | undefined> {
  const text = await readFile(file, 'utf8').catch((error: unknown) => {
    if (textAt(error, 'code') === 'ENOENT') return '';
    throw unavailable('reading', file, error);
  });
  const parsed = signatureSchema.safeParse(jsonIn(text));
  if (!parsed.success) return undefined;
  const { head, signature, publicKey } = parsed.data;
  return { head, signature, publicKey };
}

export async function writeSignature(file: string, signed: SignedHead): Promise<void> {
  const mine = `${file}.${randomUUID()}.tmp`;
  try {
    const handle = await open(mine, 'wx', 0o640);
    try {
      const text = JSON.stringify({ schema: 'fairlead/signature/v1', ...signed }, null, 2);
      await handle.writeFile(`${text}\n`);
      await handle.sync();
    } finally {
      await handle.close();
    }
    await rename(mine, file);
  } catch (error) {
    await rm(mine, { force: true }).catch(() => undefined);
    throw unavailable('writing', file, error);
  }
}

function jsonIn(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function unavailable(doing: string, file: string, error: unknown): Failure {
  const said = error instanceof Error ? error.message : String(error);
  return new Failure(
    'Unavailable',
    `${doing} ${file}: ${said}. Check that the folder is there, writable and has space.`,
  );
}
