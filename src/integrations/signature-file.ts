// The signature of a record, in a file beside it: `<run id>.sig.json`. Replaced whole; what cannot be read is as good
// as none, and is made anew. Used by evidence-files.ts.
import { z } from 'zod';
import { parsedJson } from '../domain/json.ts';
import type { SignedHead } from '../domain/signed-head.ts';
import { replaceJson, textOf } from './kept-files.ts';

const signatureSchema = z.object({
  schema: z.literal('fairlead/signature/v1'),
  head: z.string(),
  signature: z.string(),
  publicKey: z.string(),
});

export async function readSignature(file: string): Promise<SignedHead | undefined> {
  const parsed = signatureSchema.safeParse(parsedJson(await textOf(file)));
  if (!parsed.success) return undefined;
  const { head, signature, publicKey } = parsed.data;
  return { head, signature, publicKey };
}

export function writeSignature(file: string, signed: SignedHead): Promise<void> {
  return replaceJson(file, { schema: 'fairlead/signature/v1', ...signed });
}
