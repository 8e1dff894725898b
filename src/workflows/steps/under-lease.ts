// A change under the lease of the service or datastore that it is about; a lease that was lost is taken anew and the
// change tried again.
import type { Answer } from '../../activities/boundary.ts';
import type { PlanStep } from '../../domain/plan.ts';
import type { RunbookEvent } from '../../domain/runbook-state.ts';
import {
  call,
  failureOf,
  type ActivityName,
  type CallFailure,
  type CallOptions,
  type InputOf,
  type ValueOf,
} from './call.ts';
import { takeLease } from './leases.ts';
import type { Run } from './run.ts';

/** Times that a step is tried again with a new lease. */
const MOST_LEASES = 3;

export type Named = Pick<PlanStep, 'id' | 'title'>;

/** What the change answered; or why the lease cannot be had again. Whatever else it failed with is thrown. */
export async function underLease<Name extends ActivityName>(
  run: Run,
  step: Named,
  of: string,
  name: Name,
  input: InputOf<Name>,
  profile: CallOptions['profile'],
): Promise<{ answer: Answer<ValueOf<Name>> } | { lost: CallFailure }> {
  for (let tries = 1; ; tries += 1) {
    const lease = run.leases[of];
    if (lease === undefined) throw new Error(`a change of ${of} without its lease`);
    try {
      const options = { profile, step: step.id, summary: step.title, lease };
      return { answer: await call(run, name, input, options) };
    } catch (error) {
      const failure = failureOf(error);
      if (failure?.kind !== 'LeaseLost' || tries >= MOST_LEASES) throw error;
      const refused = await takeLease(run, of);
      if (refused !== undefined) return { lost: { kind: 'LeaseLost', message: refused.message } };
    }
  }
}

/** What such a change says is how the step went. */
type Changing = 'openTarget' | 'emptyCopy' | 'bindCopies' | 'applyRetention';

/** A step that is one change under a lease. */
export async function changeUnderLease<Name extends Changing>(
  run: Run,
  step: Named,
  of: string,
  name: Name,
  input: InputOf<Name>,
  profile: CallOptions['profile'],
): Promise<RunbookEvent> {
  const done = await underLease(run, step, of, name, input, profile);
  if ('lost' in done) return { type: 'failed', ...done.lost };
  endStep(run, step, done.answer.attempts, done.answer.value.detail);
  return { type: 'done' };
}

/** Remembers how a step went; written as ended once its bake is over too. */
export function endStep(run: Run, { id }: Named, attempts: number, detail: string): void {
  run.done = { id, attempts, detail };
}
