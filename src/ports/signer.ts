// The port to the key that signs records. Implemented in integrations/signing.ts. Every verb throws `Failure`.
import type { SignedHead } from '../domain/record/evidence-chain.ts';

/** Signs the heads of records with the key of this data folder. */
export interface SignerPort {
  /** Why nothing can be signed, as a sentence; undefined when it can. */
  unable(): Promise<string | undefined>;
  sign(head: string): Promise<SignedHead>;
  /** Is this signature (base64) of a person's public key (`ed25519:` and base64) over this text? */
  verifies(key: string, text: string, signature: string): boolean;
}
