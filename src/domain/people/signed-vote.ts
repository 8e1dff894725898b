// Answers to gates that are signed: what is signed, and whether the answers that a change is handed let it through. Pure:
// what checks a signature is brought by the caller.
import type { ApprovalPolicy, System } from '../../config/system.ts';
import { isAmong, personKey, samePerson } from '../text/names.ts';
import { gateDigest, type GateOpening } from './gate-opening.ts';

/** What somebody decided: a rejection is signed, too. */
export type SignedDecision = 'approved' | 'rejected' | 'overridden';

export interface SignedVote {
  actor: string;
  decision: SignedDecision;
  /** Ed25519 over `voteText`, base64. */
  signature: string;
}

/** A gate that was passed, as the activity of a later step is handed it. */
export interface PassedGate {
  opening: GateOpening;
  votes: SignedVote[];
}

/** Is this signature (base64) of this key (`ed25519:` and base64) over this text? */
export type Verifies = (key: string, text: string, signature: string) => boolean;

/** In UTF-8, the bytes that are signed. `digest`: that of the gate, 64 hex digits. */
export function voteText(
  { gate, run }: Pick<GateOpening, 'gate' | 'run'>,
  digest: string,
  { actor, decision }: Pick<SignedVote, 'actor' | 'decision'>,
): string {
  return ['fairlead/vote/v1', decision, run, gate, digest, personKey(actor), ''].join('\n');
}

export function isSignedPolicy({ trust }: ApprovalPolicy): boolean {
  return trust === 'signed';
}

/** The key of a person, in whatever spelling. */
export function keyOf(keys: System['keys'], person: string): string | undefined {
  return Object.entries(keys ?? {}).find(([name]) => samePerson(name, person))?.[1];
}

/** Why a vote proves nothing, as a sentence; undefined where it is signed by the key of whom it names. `plan` is the plan's digest. */
export function voteProblem(
  keys: System['keys'],
  { plan, opening, vote }: { plan: string; opening: GateOpening; vote: SignedVote },
  verifies: Verifies,
): string | undefined {
  const { actor, signature } = vote;
  const key = keyOf(keys, actor);
  if (key === undefined) return `the system file names no key of ${actor} (keys.${actor})`;
  const text = voteText(opening, gateDigest(plan, opening), vote);
  if (verifies(key, text, signature)) return undefined;
  return `the signature is not by the key of ${actor} over ${opening.gate} as it is open now: sign what status shows, with that key`;
}

/** Why these votes do not let a change through, as a sentence; undefined where they do. */
export function passProblem(
  { keys, policy }: { keys: System['keys']; policy: ApprovalPolicy },
  { plan, passed: { opening, votes } }: { plan: string; passed: PassedGate },
  verifies: Verifies,
): string | undefined {
  const { from, breakGlass, quorum } = policy;
  const isGood = (vote: SignedVote): boolean =>
    voteProblem(keys, { plan, opening, vote }, verifies) === undefined;
  const overriding = votes.filter(
    (vote) => vote.decision === 'overridden' && isAmong(breakGlass, vote.actor),
  );
  if (overriding.some(isGood)) return undefined;
  const approving = votes.filter(
    ({ decision, actor }) =>
      decision === 'approved' && (from === undefined || isAmong(from, actor)),
  );
  const people = new Set(approving.filter(isGood).map(({ actor }) => personKey(actor)));
  if (people.size >= quorum) return undefined;
  return `${opening.gate} takes ${quorum} signed approvals, and ${people.size} of those that came along are signed by a key that the system file names`;
}
