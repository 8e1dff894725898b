// The one place where the failure of a step's activity is turned into a result.
import type { Verdict } from '../../domain/analysis/verdict.ts';
import { plainResult, type StepResult } from '../../domain/operation/step-result.ts';
import type { CallFailure } from '../steps/call.ts';
import { endsUnusable } from './rungs.ts';
import type { StepContext, WhenFailed } from './step-kind.ts';

export function failedResult(
  context: StepContext,
  whenFailed: WhenFailed,
  failure: CallFailure,
): StepResult {
  switch (whenFailed) {
    case 'fails':
      return plainResult({ type: 'failed', ...failure });
    case 'failsUnasked':
      return plainResult(unasked(failure));
    case 'doubtEnds':
    case 'doubtGoesOn':
      return doubtful(context, whenFailed, failure);
  }
}

/** Nobody is asked about a backup in the night: what would park another operation has failed here. */
function unasked(failure: CallFailure): StepResult['event'] {
  const parks = failure.kind === 'WorldChanged' || failure.kind === 'Outage';
  return parks
    ? { type: 'failed', kind: 'Refused', message: failure.message }
    : { type: 'failed', ...failure };
}

/** What could not be done or seen is no verdict on the backups: inconclusive, said by the step. */
export function doubtful(
  context: StepContext,
  then: 'doubtEnds' | 'doubtGoesOn',
  { kind, message, ...rest }: CallFailure,
  verdict: Verdict = 'inconclusive',
): StepResult {
  if (kind === 'LeaseLost' || kind === 'Superseded') {
    return plainResult({ type: 'failed', kind, message, ...rest });
  }
  const { id } = context.step;
  const said = {
    detail: message,
    findings: [{ name: id, verdict, reason: message, samples: 1 }],
  };
  if (then === 'doubtGoesOn') return plainResult({ type: 'noted', verdict }, said);
  return endsUnusable(context, { verdict, reason: `${id}: ${message}` }, said);
}
