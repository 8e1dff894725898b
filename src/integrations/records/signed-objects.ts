// Signs the manifests of backups and the marks beside them, as they are put: `<key>.sig/<SHA-256 of the object>.json`, put before the
// object itself, so that none is there without. An object that was changed has no signature under its own digest any more.
import { createHash } from 'node:crypto';
import { z } from 'zod';
import type { Bytes, ObjectsPort, SignatureState } from '../../ports/objects.ts';
import type { SignerPort } from '../../ports/signer.ts';
import { digestOf } from '../../domain/digest.ts';
import { parsedJson } from '../../domain/json.ts';
import { keyFingerprint, type SignedHead } from '../../domain/record/evidence-chain.ts';
import { jsonBytes, putOnce, readText, textBytes, UNDISTURBED } from '../json-objects.ts';
import { isSignedBy } from '../signing.ts';

/** `<system>/<datastore>/YYYY/MM/<time>/` and then the manifest, or a mark. */
const SIGNED =
  /^[^/_][^/]*\/[^/]+\/\d{4}\/\d{2}\/[^/]+\/(?:manifest|(?:verified|failed|accepted)\/[^/]+)\.json$/;

const signatureSchema: z.ZodType<SignedHead> = z.object({
  head: z.string(),
  signature: z.string(),
  publicKey: z.string(),
});

export function isSignedKind(key: string): boolean {
  return SIGNED.test(key);
}

/** The store with its manifests and marks signed by the signer, where it can. */
export function withSignatures(objects: ObjectsPort, signer: SignerPort): ObjectsPort {
  return {
    ...objects,
    put: async ({ key, body }, waiting) => {
      if (!isSignedKind(key) || (await signer.unable()) !== undefined) {
        return objects.put({ key, body }, waiting);
      }
      const text = await textOf(body);
      const { head, at } = whatIsSigned(key, text);
      await putOnce(objects, { key: at, body: jsonBytes(await signer.sign(head)) }, waiting);
      return objects.put({ key, body: textBytes(text) }, waiting);
    },
    signature: (key, text) => signatureState(objects, key, text),
  };
}

/** Whether an object is the one that was signed. */
export async function signatureState(
  objects: Pick<ObjectsPort, 'get' | 'list'>,
  key: string,
  text: string,
): Promise<SignatureState> {
  const { head, at } = whatIsSigned(key, text);
  const found = signatureSchema.safeParse(
    parsedJson((await readText(objects, at, UNDISTURBED)) ?? ''),
  );
  if (!found.success) {
    const isOther = (await objects.list(`${key}.sig/`)).length > 0;
    return { is: isOther ? 'changed' : 'unsigned' };
  }
  if (found.data.head !== head || !isSignedBy(found.data)) return { is: 'changed' };
  return { is: 'signed', by: keyFingerprint(found.data.publicKey) ?? 'a key that cannot be read' };
}

/** The key is part of it: a signature of one object is none of another. */
function whatIsSigned(key: string, text: string): { head: string; at: string } {
  const sha256 = createHash('sha256').update(text).digest('hex');
  const head = digestOf({ schema: 'fairlead/object-signature/v1', key, sha256 });
  return { head, at: `${key}.sig/${sha256}.json` };
}

async function textOf(body: Bytes): Promise<string> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of body) chunks.push(chunk);
  return Buffer.concat(chunks).toString('utf8');
}
