// A runbook of steps on a copy that was restored beside what was live, as a child of the recovery; one that does not do as it was
// asked parks the recovery.
import { childWords } from '../../domain/operation/child.ts';
import { COMPLETES } from '../../domain/operation/outcome.ts';
import { outputOn, plainResult } from '../../domain/operation/step-result.ts';
import {
  besideInputs,
  NOTHING_QUARANTINED,
  type BesideInputs,
} from '../../domain/recovery/live/reconcile.ts';
import { lostIn } from '../../domain/recovery/live/lost.ts';
import type { ActionOf, StepContext, StepKind } from './step-kind.ts';

type Context = StepContext<ActionOf<'runBeside'>>;

export const runBeside: StepKind<ActionOf<'runBeside'>> = {
  whenFailed: 'fails',
  begin(context) {
    const { runbook, datastore } = context.action;
    const inputs = inputsFor(context);
    if (inputs === undefined) {
      const message = `${runbook} needs to know where the copy of ${datastore} is, and what would be lost was not counted`;
      return plainResult({ type: 'failed', kind: 'CheckFailed', message });
    }
    return {
      child: { runbook: 'runbookOfSteps', asked: { runbook, inputs } },
      notStarted: (failure) => plainResult({ type: 'failed', ...failure }),
      ended: (end) => {
        const message = childWords(end);
        if (!COMPLETES.has(end.outcome)) {
          return plainResult({ type: 'failed', kind: 'CheckFailed', message });
        }
        return plainResult({ type: 'done' }, { detail: message });
      },
    };
  },
};

function inputsFor({ action: { datastore }, plan, results }: Context): BesideInputs | undefined {
  const counted = outputOn(results, 'lost', datastore);
  if (counted !== undefined) return besideInputs(datastore, counted.plan);
  const elsewhere = lostIn(plan).find((one) => one.datastore === datastore);
  if (elsewhere === undefined) return undefined;
  return { datastore, copy: elsewhere.where, quarantined: NOTHING_QUARANTINED };
}
