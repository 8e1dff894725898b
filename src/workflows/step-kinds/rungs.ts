// What rungs of the ladder came to, over the steps that climbed them; how a verification and a drill end with them.
import type { Verdict } from '../../domain/analysis/verdict.ts';
import { combineRungs, type RungResult } from '../../domain/backup/ladder.ts';
import type { Rung } from '../../domain/backup/rungs.ts';
import type { Plan, PlanStep } from '../../domain/operation/plan.ts';
import {
  outputsOf,
  plainResult,
  resultOf,
  type ClimbedRung,
  type StepResult,
  type StepResults,
} from '../../domain/operation/step-result.ts';
import type { ActionOf, StepContext } from './step-kind.ts';

type Judgement = Pick<RungResult, 'verdict' | 'reason'>;

/** All rungs that were climbed so far, of every datastore. */
export function climbedRungs(results: StepResults): ClimbedRung[] {
  return outputsOf(results, 'rungs').flatMap(({ rungs }) => rungs);
}

/** How a verification concludes; undefined of a drill, which concludes from more than rungs. */
function conclusionOf({ steps }: Plan): ActionOf<'conclude'> | undefined {
  return steps.map(({ action }) => action).find((action) => action.kind === 'conclude');
}

/** The rung `usable`, of every datastore whose copy the service is started on. */
export function usableRungs({ leased }: StepContext, judgement: Judgement): ClimbedRung[] {
  return leased.map((datastore) => ({ datastore, rung: 'usable', ...judgement }));
}

/** The service cannot be started: a verification ends with its ladder as far as that was climbed. */
export function endsUnusable(
  context: StepContext,
  judgement: Judgement,
  said: Partial<StepResult>,
): StepResult {
  const { plan, results } = context;
  const rungs = usableRungs(context, judgement);
  const conclusion = conclusionOf(plan);
  const message =
    conclusion === undefined
      ? judgement.reason
      : combineRungs(
          conclusion.required,
          [...climbedRungs(results), ...rungs],
          conclusion.whyNotRun,
        ).reason;
  return plainResult(
    { type: 'judged', verdict: judgement.verdict, message, ends: true },
    { ...said, output: { kind: 'rungs', rungs } },
  );
}

/** What the operation ends with when this rung is the last: all that is known, and what nobody climbed. */
export function endingAt(
  { plan, results, loaded, step, action }: StepContext<ActionOf<'rung'>>,
  climbed: { all: readonly ClimbedRung[]; verdict: Verdict; ends: boolean },
): string {
  const { all, verdict, ends } = climbed;
  if (verdict === 'pass' || (verdict === 'inconclusive' && !ends)) return '';
  const { datastore } = action;
  const required = loaded.system.datastores?.[datastore]?.verify.required ?? [];
  // Without those that were measured in passing and whose turn did not come.
  const told = plan.steps.filter(
    ({ id }) => id === step.id || (resultOf(results, id)?.findings.length ?? 0) > 0,
  );
  const counted = all.filter(
    ({ rung, ...one }) =>
      one.datastore === datastore && told.some((other) => climbs(other, { rung, datastore })),
  );
  const { reason } = combineRungs(required, counted, conclusionOf(plan)?.whyNotRun);
  // A drill climbs the ladders of several.
  return plan.backups === undefined ? reason : `${datastore}: ${reason}`;
}

function climbs({ action }: PlanStep, one: { rung: Rung; datastore: string }): boolean {
  return action.kind === 'rung' && action.rung === one.rung && action.datastore === one.datastore;
}
