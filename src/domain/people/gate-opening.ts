// What an answer to a gate is an answer to: one opening of one gate, in one run, with what was measured. Pure.
import type { Finding } from '../analysis/finding.ts';
import { digestOf } from '../digest.ts';

/** One opening of a gate. What is in it and the plan make its digest. */
export interface GateOpening {
  gate: string;
  /** The first run of the chain: a Reset keeps it. */
  run: string;
  /** Drawn at random when the gate opens: the same gate has another one after a Reset to before it. */
  opening: string;
  /** Digest (64 hex digits) of what was measured: `measuredDigest`. */
  measured: string;
}

/** What is compared of a finding: what was found, in which words, over how many samples. */
export type Measured = Pick<Finding, 'name' | 'verdict' | 'reason' | 'samples'>;

/** Digest of the findings that a gate was opened with, 64 hex digits. */
export function measuredDigest(findings: readonly Measured[]): string {
  return digestOf(
    findings.map(({ name, verdict, reason, samples }) => ({ name, verdict, reason, samples })),
  );
}

/** Digest of an opening, 64 hex digits; `plan` is the digest of the plan that the gate belongs to. */
export function gateDigest(plan: string, { gate, run, opening, measured }: GateOpening): string {
  return digestOf({ plan, gate, run, opening, measured });
}
