// Signs a closed record once and keeps the signature beside it. Called by whoever closes one: seal.ts, seal-interrupted.ts.
import type { EvidenceEntry } from '../domain/evidence.ts';
import { verifyChain } from '../domain/evidence-chain.ts';
import type { SignedHead } from '../domain/signed-head.ts';
import type { EvidencePort, RunRef, SignerPort } from './ports.ts';

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
