// A signer with a key of its own that nobody keeps.
import { generateKeyPairSync, sign } from 'node:crypto';
import type { SignerPort } from '../../../src/ports/signer.ts';
import { isVoteSignedBy } from '../../../src/integrations/signing.ts';
import { signedText } from '../../../src/domain/record/evidence-chain.ts';

/** Signs with a new key; says so when it is `broken`. */
export function memorySigner(): SignerPort & { broken?: string; publicKey: string } {
  const pair = generateKeyPairSync('ed25519');
  const publicKey = pair.publicKey.export({ type: 'spki', format: 'pem' }).toString();
  return {
    publicKey,
    verifies: isVoteSignedBy,
    async unable() {
      return this.broken;
    },
    async sign(head) {
      const signature = sign(null, Buffer.from(signedText(head)), pair.privateKey);
      return { head, signature: signature.toString('base64'), publicKey };
    },
  };
}
