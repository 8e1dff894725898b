// The freeze that an operation takes for as long as it is open: a child workflow, which the server ends with its parent.
// Somebody who ends it by hand meanwhile has it taken anew, and that is said.
import { WorkflowExecutionAlreadyStartedError } from '@temporalio/common';
import {
  CancellationScope,
  ParentClosePolicy,
  sleep,
  startChild,
  type ChildWorkflowHandle,
} from '@temporalio/workflow';
import { FREEZE, freezeId } from '../../domain/time/freeze.ts';
import type { freeze } from '../freeze.ts';
import { record } from '../steps/record.ts';
import type { Run } from '../steps/run.ts';

/** An earlier run of this operation ends its freeze with itself, a moment after it was reset. */
const MOST_TRIES = 5;
const TRY_AGAIN_MS = 1_000;

/** Freezes the system of the operation until `giveBackFreeze`. Answers why that cannot be, in a sentence. */
export async function takeFreeze(run: Run, reason: string): Promise<string | undefined> {
  const handle = await start(run, reason);
  if (typeof handle === 'string') return handle;
  // A cancellation of the operation ends no freeze: its undo comes first.
  void CancellationScope.nonCancellable(() => keep(run, reason, handle));
  return undefined;
}

/** Said once the operation is carried out: one that is refused held nobody back. */
export function recordFreeze(run: Run): void {
  if (run.freezing.taken === undefined) return;
  const text = `froze ${run.request.system} until this operation ends`;
  record(run, { type: 'finding', text });
}

export async function giveBackFreeze({ freezing }: Run): Promise<void> {
  const { taken } = freezing;
  delete freezing.taken;
  if (taken === undefined) return;
  taken.scope.cancel();
  await taken.over;
}

async function start(
  run: Run,
  reason: string,
): Promise<ChildWorkflowHandle<typeof freeze> | string> {
  const { system } = run.request;
  const workflowId = freezeId(system, 'operation');
  const scope = await CancellationScope.nonCancellable(async () => new CancellationScope());
  const memo = { [FREEZE]: { owner: run.operation, reason, until: null } };
  for (let tries = 0; tries < MOST_TRIES; tries += 1) {
    try {
      const handle = await CancellationScope.nonCancellable(() =>
        scope.run(() =>
          startChild<typeof freeze>(FREEZE, {
            workflowId,
            args: [{ reason }],
            memo,
            parentClosePolicy: ParentClosePolicy.TERMINATE,
            workflowTaskTimeout: '5s',
            staticSummary: `${system} is frozen by ${run.operation}`,
          }),
        ),
      );
      const over = handle.result().then(
        () => undefined,
        () => undefined,
      );
      run.freezing.taken = { scope, over };
      return handle;
    } catch (error) {
      if (!(error instanceof WorkflowExecutionAlreadyStartedError)) throw error;
      await sleep(TRY_AGAIN_MS, { summary: `${workflowId} is taken: try again` });
    }
  }
  return `something else has the id ${workflowId} of a freeze of ${system} by an operation: look at it, and end it first`;
}

/** Takes it anew as often as somebody ends it. */
async function keep(
  run: Run,
  reason: string,
  first: ChildWorkflowHandle<typeof freeze>,
): Promise<void> {
  const { system } = run.request;
  for (let handle = first; ;) {
    await handle.result().catch(() => undefined);
    if (run.freezing.taken === undefined) return;
    const text = `the freeze of ${system} was ended by hand while ${run.operation} went on, and is taken anew`;
    record(run, { type: 'finding', text });
    const again = await start(run, reason);
    if (typeof again === 'string') {
      record(run, { type: 'finding', text: again });
      return;
    }
    handle = again;
  }
}
