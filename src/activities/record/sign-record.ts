// Signs a closed record once and keeps the signature beside it. Called by whoever closes one: seal.ts, seal-interrupted.ts.
import type { EvidenceEntry } from '../../domain/record/evidence.ts';
import { verifyChain } from '../../domain/record/evidence-chain.ts';
import type { SignedHead } from '../../domain/record/evidence-chain.ts';
import type { EvidencePort } from '../../ports/evidence.ts';
import type { RunRef } from '../../domain/operation/operation.ts';
import type { SignerPort } from '../../ports/signer.ts';

export interface SigningPorts {
  evidence: EvidencePort;
  signer: SignerPort;
}

/** What is open, or was altered, gets none. Idempotent: heals a record whose closer died before it had signed. */
export async function signRecord(
  { evidence, signer }: SigningPorts,
  run: RunRef,
  entries: readonly EvidenceEntry[],
): Promise<SignedHead | undefined> {
  const last = entries.at(-1);
  if (last?.type !== 'closed' || verifyChain(entries) !== undefined) return undefined;
  const kept = await evidence.signature(run);
  if (kept?.head === last.hash) return kept;
  const signed = await signer.sign(last.hash);
  await evidence.keepSignature(run, signed);
  return signed;
}
