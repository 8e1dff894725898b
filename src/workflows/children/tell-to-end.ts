// Telling a child that it is to end: aborted with its parent, or made to give way as its parent was.
import { getExternalWorkflowHandle } from '@temporalio/workflow';
import { PREEMPT } from '../messages.ts';
import type { Run } from '../steps/run.ts';

/** As much of a name as a message takes. */
const LONGEST_ACTOR = 128;

/** One that is over, or ends already, takes no message: its end is waited for all the same. */
export async function tellToEnd(run: Run, workflowId: string): Promise<void> {
  const actor = run.operation.slice(0, LONGEST_ACTOR);
  const { interrupt } = run.people;
  const child = getExternalWorkflowHandle(workflowId);
  try {
    if (interrupt?.type === 'preempted') await child.signal(PREEMPT, { actor });
    else await child.signal('abort', { actor, keep: interrupt?.keep === true });
  } catch {
    // Not there any more: what it came to is known already.
  }
}
