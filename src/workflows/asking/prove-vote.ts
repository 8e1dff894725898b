// Answers to gates that have to be signed: an activity checks the signature, for a workflow has no keys. What was accepted goes
// along with the changes behind the gate, which check it again.
import { isCancellation } from '@temporalio/workflow';
import type { Gate } from '../../domain/people/gate.ts';
import type { Message } from '../../domain/people/message.ts';
import type { PassedGate } from '../../domain/people/signed-vote.ts';
import { callAside, failureOf } from '../steps/call.ts';
import { gateMeant } from '../steps/handle-message.ts';
import { planOf, type People, type Run } from '../steps/run.ts';

/** The gate that a message answers, where the answer has to be signed and is. */
export function gateToProve(run: Run, name: string, message: Message): Gate | undefined {
  if (name !== 'approve' && name !== 'reject') return undefined;
  if (message.signature === undefined || message.actor === undefined) return undefined;
  const gate = gateMeant(run, message);
  return gate?.signed === undefined ? undefined : gate;
}

/** Why the signature of a message proves nothing, as a sentence; undefined where it fits. */
export async function problemOfVote(
  run: Run,
  { id, opening }: Gate,
  name: string,
  { actor = '', signature = '', breakGlass }: Message,
): Promise<string | undefined> {
  const yes = breakGlass === undefined ? 'approved' : 'overridden';
  const decision = name === 'reject' ? 'rejected' : yes;
  const input = {
    plan: planOf(run).digest,
    opening,
    vote: { actor, decision, signature },
  } as const;
  const options = {
    step: id,
    summary: `Is the answer of ${actor} signed?`,
    profile: 'look',
  } as const;
  try {
    return (await callAside(run, 'checkVote', input, options)).problem ?? undefined;
  } catch (error) {
    if (isCancellation(error)) return 'the operation ended before the signature was checked';
    const why = failureOf(error)?.message;
    if (why === undefined) throw error;
    return `the signature could not be checked: ${why}; send it again`;
  }
}

/** What was passed with signed answers. */
export function passedGates({ gates }: People): PassedGate[] {
  return gates.flatMap(({ opening, signed = [], decided }) => {
    const isPassed = decided?.decision === 'approved' || decided?.decision === 'overridden';
    return isPassed && signed.length > 0 ? [{ opening, votes: signed }] : [];
  });
}
