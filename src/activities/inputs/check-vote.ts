// Whether an answer to a gate is signed by the key that the system file names of whom it is by. The workflow asks to tell its
// sender; the changes behind the gate look for themselves (signed-gates.ts).
import type { System } from '../../config/system.ts';
import type { GateOpening } from '../../domain/people/gate-opening.ts';
import { voteProblem, type SignedVote } from '../../domain/people/signed-vote.ts';
import type { SignerPort } from '../../ports/signer.ts';
import type { Call } from '../call.ts';

export interface CheckVoteInput {
  keys: System['keys'];
  /** The digest of the plan, which the gate's covers. */
  plan: string;
  opening: GateOpening;
  vote: SignedVote;
}

/** A sentence with what is wrong; null where the signature fits. */
export async function checkVote(
  { keys, ...vote }: CheckVoteInput,
  _: Call,
  { signer }: { signer: Pick<SignerPort, 'verifies'> },
): Promise<{ problem: string | null }> {
  return { problem: voteProblem(keys, vote, (...asked) => signer.verifies(...asked)) ?? null };
}
