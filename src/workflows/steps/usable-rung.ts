// What the rung `usable` comes to, and a verification with it: noted by the steps that start the service (drill-steps.ts),
// counted by those of the ladder (data-steps.ts).
import { combineRungs, type RungResult } from '../../domain/ladder.ts';
import type { StepAction } from '../../domain/plan.ts';
import type { RunbookEvent } from '../../domain/runbook-state.ts';
import { leasedNames, planOf, type Run } from './run.ts';

type Usable = Pick<RungResult, 'verdict' | 'reason'>;

/** How a verification concludes; undefined of a drill, which concludes from more than rungs. */
export function conclusionOf(run: Run): Extract<StepAction, { kind: 'conclude' }> | undefined {
  return planOf(run)
    .steps.map(({ action }) => action)
    .find((action) => action.kind === 'conclude');
}

/** Of every datastore whose copy the service is started on. */
export function noteUsable(run: Run, result: Usable): void {
  for (const datastore of leasedNames(run)) {
    run.rungs.push({ datastore, rung: 'usable', ...result });
  }
}

/** The service cannot be started: a verification ends with its ladder as far as that was climbed. */
export function endUsable(run: Run, result: Usable): RunbookEvent {
  noteUsable(run, result);
  const conclusion = conclusionOf(run);
  const message =
    conclusion === undefined
      ? result.reason
      : combineRungs(conclusion.required, run.rungs, conclusion.whyNotRun).reason;
  return { type: 'judged', verdict: result.verdict, message, ends: true };
}
