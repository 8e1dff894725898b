// The evidence port in memory, with the rules of the real one.
import type { EvidencePort } from '../../../src/ports/evidence.ts';
import type { EvidenceEntry } from '../../../src/domain/record/evidence.ts';
import type { SignedHead } from '../../../src/domain/record/evidence-chain.ts';
import { Failure } from '../../../src/domain/failure.ts';

/** Evidence kept in memory; append-only by sequence number, like the real one. */
export function memoryEvidence(): EvidencePort & {
  runs: Map<string, EvidenceEntry[]>;
  signatures: Map<string, SignedHead>;
} {
  const runs = new Map<string, EvidenceEntry[]>();
  const signatures = new Map<string, SignedHead>();
  return {
    runs,
    append: async ({ runId }, entries) => {
      const kept = runs.get(runId) ?? [];
      for (const entry of entries) {
        if (entry.seq < kept.length) continue;
        requireNext(kept, entry);
        kept.push(structuredClone(entry));
      }
      runs.set(runId, kept);
    },
    read: async ({ runId }) => structuredClone(runs.get(runId) ?? []),
    signatures,
    keepSignature: async ({ runId }, signed) => {
      signatures.set(runId, signed);
    },
    signature: async ({ runId }) => signatures.get(runId),
  };
}

function requireNext(kept: readonly EvidenceEntry[], entry: EvidenceEntry): void {
  const last = kept.at(-1);
  if (entry.seq > kept.length && last?.type !== 'closed') {
    throw new Failure('Broken', `entries before ${entry.seq} are not there any more`);
  }
  if (entry.seq > kept.length || (entry.seq > 0 && entry.prev !== last?.hash)) {
    throw new Failure('Superseded', `entry ${entry.seq} does not follow what is there`);
  }
}
