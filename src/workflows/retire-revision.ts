// Keeps an old revision for the insurance time, then removes it if it still has no traffic. Started by a deploy,
// which it outlives; a roll-back that wants the revision again calls it off.
import { sleep } from '@temporalio/workflow';
import type { OperationResult } from './steps/close.ts';
import { operation } from './steps/operation.ts';

const TRY_AGAIN_MS = 30_000;
/** Twice as long each time up to this, so that days of waiting fit into one history. */
const LONGEST_MS = 3_600_000;

/** Input: `{system, service, version, revision, delay?}`, the delay in milliseconds. */
export async function retireRevision(input: unknown): Promise<OperationResult> {
  return operation(
    {
      kind: 'retireRevision',
      policy: { onFailure: 'undo', undone: 'failed' },
      before: async (run) => {
        const { delay = 0, version = '' } = run.request;
        if (delay > 0) await sleep(delay, { summary: `Keep ${version}` });
        run.aliveAt = Date.now();
      },
      whenHeld: (run, tries) => {
        const first = Math.max(1000, Math.min(run.request.delay ?? TRY_AGAIN_MS, TRY_AGAIN_MS));
        return Math.min(first * 2 ** Math.min(tries - 1, 20), LONGEST_MS);
      },
    },
    input,
  );
}
