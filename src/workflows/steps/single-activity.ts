// Workflows that are no operations ask one activity, without a record and without a lease: the envelope that it is sent,
// and how its failure ends the workflow.
import { workflowInfo } from '@temporalio/workflow';
import type { Envelope } from '../../activities/boundary.ts';
import { Failure } from '../../domain/failure.ts';
import { failureOf } from './call.ts';
import { endingFailure } from './ending-failure.ts';

/** What an activity is sent when nothing is recorded and nothing held; `system` names whose it is. */
export function singleEnvelope<Input>(
  input: Input,
  about: { system: string; step: string },
): Envelope<Input> {
  return {
    input,
    ...about,
    operation: workflowInfo().workflowId,
    sequence: 0,
    entries: [],
    kept: null,
    aliveAt: Date.now(),
    resumeWithin: Number.MAX_SAFE_INTEGER,
  };
}

/** What is known to go wrong fails the workflow with its sentence; a bug is left to be one. */
export async function answered<Answer>(work: () => Promise<Answer>): Promise<Answer> {
  try {
    return await work();
  } catch (error) {
    const known = error instanceof Failure ? error : failureOf(error);
    if (known === undefined) throw error;
    throw endingFailure('failed', known.message, [null, { kind: known.kind }]);
  }
}
