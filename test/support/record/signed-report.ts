// A signed report as the command line prints it, for tests that tamper with it.
import { buildReport } from '../../../src/domain/record/build-report.ts';
import type { EvidenceEntry } from '../../../src/domain/record/evidence.ts';
import type { Report } from '../../../src/domain/record/report.ts';
import { signedText } from '../../../src/domain/record/evidence-chain.ts';
import { generateKeyPairSync, sign, type KeyObject } from 'node:crypto';

export interface Signer {
  key: KeyObject;
  publicKey: string;
}

export function newSigner(): Signer {
  const { privateKey, publicKey } = generateKeyPairSync('ed25519');
  return {
    key: privateKey,
    publicKey: publicKey.export({ type: 'spki', format: 'pem' }).toString(),
  };
}

export function signedReport(entries: readonly EvidenceEntry[], signer: Signer): Report {
  const head = entries.at(-1)?.hash ?? '';
  const signature = sign(null, Buffer.from(signedText(head)), signer.key).toString('base64');
  return buildReport(entries, { signed: { head, signature, publicKey: signer.publicKey } });
}

/** As it stands in a file. */
export function asJson(report: unknown): Record<string, unknown> {
  return JSON.parse(JSON.stringify(report)) as Record<string, unknown>;
}
