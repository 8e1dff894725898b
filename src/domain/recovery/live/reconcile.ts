// Runbooks of steps between the restore and the question of a recovery: `recovery.reconcile` carries over what would be lost,
// `recovery.migrate` brings the copy to the structure that the services of now need. Both work on the copy, beside what was live.
import type { Recovery } from '../../../config/recovery.ts';
import type { PlanStep } from '../../operation/plan.ts';
import { NO_UNDO } from '../../text/plan-words.ts';
import type { ExchangePlan } from '../exchange.ts';

/** What such a runbook is given: names of databases, absolute folders of files. */
export interface BesideInputs extends Record<string, string> {
  datastore: string;
  copy: string;
  /** What was live; `none` where that is gone. */
  quarantined: string;
}

export const NOTHING_QUARANTINED = 'none';

interface Beside {
  datastore: string;
  copy: string;
}

/** Empty where the system file names no runbook: the loss is counted once then. */
export function besideRunbookSteps(one: Beside, recovery: Recovery | undefined): PlanStep[] {
  const made = [...reconcileSteps(one, recovery), ...migrateBesideSteps(one, recovery)];
  return made.length === 0 ? [] : [...made, untouchedStep(one), lossAgainStep(one)];
}

function reconcileSteps(one: Beside, recovery: Recovery | undefined): PlanStep[] {
  const { reconcile } = recovery ?? {};
  if (reconcile === undefined) return [];
  return [runbookStep('reconcile', reconcile, one, 'carry over into the copy what would be lost')];
}

/** None where `recovery.migrate` is a command, which runs on what is live. */
export function migrateBesideSteps(one: Beside, recovery: Recovery | undefined): PlanStep[] {
  const runbook = recovery?.migrate?.runbook;
  if (runbook === undefined) return [];
  return [runbookStep('migrate', runbook, one, 'bring the copy to what the services of now need')];
}

function runbookStep(id: string, runbook: string, one: Beside, what: string): PlanStep {
  const { datastore, copy } = one;
  return {
    id: `${id}-${datastore}`,
    title: `Runbook ${runbook} on the copy of ${datastore}: ${what}`,
    undo: 'none: an abort discards the copy',
    action: { kind: 'runBeside', runbook, datastore, copy },
  };
}

function untouchedStep({ datastore }: Beside): PlanStep {
  return {
    id: `untouched-${datastore}`,
    title: `Look whether what was live of ${datastore} is as it was: it is only read`,
    undo: NO_UNDO,
    action: { kind: 'quiet', datastore, again: true },
  };
}

function lossAgainStep({ datastore, copy }: Beside): PlanStep {
  return {
    id: `loss-again-${datastore}`,
    title: `Compare what was live of ${datastore} with the copy as it is now: what will be lost`,
    undo: NO_UNDO,
    action: { kind: 'lossAgainst', datastore, copy },
  };
}

/** `plan`: how the copy would take the live one's place. */
export function besideInputs(datastore: string, plan: ExchangePlan): BesideInputs {
  if (plan.kind === 'rename') {
    return { datastore, copy: withoutNumber(plan.to), quarantined: plan.quarantine };
  }
  const root = plan.kind === 'generation' && plan.root !== undefined ? `${plan.root}/` : '';
  return { datastore, copy: `${root}${plan.to}`, quarantined: `${root}${plan.from}` };
}

/** `shop_restored (oid 16636)` is the database shop_restored. */
function withoutNumber(place: string): string {
  return place.replace(/ \(oid \d+\)$/, '');
}
