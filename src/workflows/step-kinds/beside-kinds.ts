// A runbook of steps on a copy that was restored beside what was live, as a child of the recovery; one that does not do as it was
// asked parks the recovery.
import { childWords } from '../../domain/operation/child.ts';
import { COMPLETES } from '../../domain/operation/outcome.ts';
import { outputOn, plainResult } from '../../domain/operation/step-result.ts';
import { besideInputs } from '../../domain/recovery/live/reconcile.ts';
import type { ActionOf, StepKind } from './step-kind.ts';

export const runBeside: StepKind<ActionOf<'runBeside'>> = {
  whenFailed: 'fails',
  begin({ action: { runbook, datastore }, results }) {
    const counted = outputOn(results, 'lost', datastore);
    if (counted === undefined) {
      const message = `${runbook} needs to know where the copy of ${datastore} is, and what would be lost was not counted`;
      return plainResult({ type: 'failed', kind: 'CheckFailed', message });
    }
    const inputs = besideInputs(datastore, counted.plan);
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
