// The port to the records of operations. Implemented in integrations/evidence.ts. Every verb throws `Failure`.
import type { EvidenceEntry } from '../domain/record/evidence.ts';
import type { RunRef } from '../domain/operation/operation.ts';
import type { SignedHead } from '../domain/record/evidence-chain.ts';

/** The record of one run of an operation: append-only, by sequence number. */
export interface EvidencePort {
  /** Writes entries that are not there yet; one that is there already stays as it is. */
  append(run: RunRef, entries: EvidenceEntry[]): Promise<void>;
  read(run: RunRef): Promise<EvidenceEntry[]>;
  /** Keeps the signature of a closed record beside it, in place of one that is there. */
  keepSignature(run: RunRef, signed: SignedHead): Promise<void>;
  signature(run: RunRef): Promise<SignedHead | undefined>;
}
