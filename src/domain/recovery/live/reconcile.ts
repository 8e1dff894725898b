// Runbooks of steps between the restore and the question of a recovery: `recovery.reconcile` carries over what would be lost,
// `recovery.migrate` brings the copy to the structure that the services of now need. Both work on the copy, beside what was live.
import type { Recovery } from '../../../config/recovery.ts';
import { placeIn } from '../../backup/backup-id.ts';
import type { DatastoreCapabilities } from '../../capabilities.ts';
import type { PlanStep } from '../../operation/plan.ts';
import { NO_UNDO } from '../../text/plan-words.ts';
import type { ExchangePlan } from '../exchange.ts';
import { unfitForRunbooks } from '../recovery-defaults.ts';
import type { LeftOut } from '../recovery-actions.ts';
import { servicePlaceOf } from './service-place.ts';

/** What such a runbook is given: names of databases, absolute folders of files. */
export interface BesideInputs extends Record<string, string> {
  datastore: string;
  copy: string;
  /** What was live. */
  quarantined: string;
}

interface Beside {
  datastore: string;
  copy: string;
  /** The id of the backup, or what stands for what somebody else restored. */
  backup: { id: string } | string;
}

/** What is known of a recovery that may keep its runbooks from a datastore. */
export interface Around {
  recovery: Recovery | undefined;
  exchange: DatastoreCapabilities['exchange'] | undefined;
  /** Restored at another place, for its own is gone. */
  lost?: boolean;
}

/** None where the system file names no runbook, or they can be carried out. */
export function leftOutOf(one: Beside, around: Around): LeftOut[] {
  const runbooks = besideRunbooks(around.recovery).map(({ runbook }) => runbook);
  const why = runbooks.length === 0 ? undefined : whyLeftOut(one, around);
  return why === undefined ? [] : [{ datastore: one.datastore, runbooks, why }];
}

function whyLeftOut(one: Beside, { exchange, lost }: Around): string | undefined {
  if (lost === true) return 'nothing tells a runbook where a copy at another place is';
  const place = adoptedPlace(one);
  if (place !== undefined && servicePlaceOf(place) === undefined) {
    return `${place} is what somebody else restored, and an abort could not bring back what a runbook changes in it`;
  }
  return unfitForRunbooks(exchange);
}

export function leftOutWords({ datastore, runbooks, why }: LeftOut): string {
  const are = runbooks.length === 1 ? 'is' : 'are';
  return `${runbooks.join(' and ')} ${are} not carried out on ${datastore}: ${why}`;
}

function adoptedPlace({ backup }: Beside): string | undefined {
  return typeof backup === 'string' ? placeIn(backup) : undefined;
}

/** Empty where no runbook is carried out: the loss is counted once then. */
export function besideRunbookSteps(one: Beside, around: Around): PlanStep[] {
  if (leftOutOf(one, around).length > 0) return [];
  const made = besideRunbooks(around.recovery).map((named) => runbookStep(named, one));
  return made.length === 0 ? [] : [...made, untouchedStep(one), lossAgainStep(one)];
}

/** A runbook that the system file names, and what it is for. */
interface Named {
  id: 'reconcile' | 'migrate';
  runbook: string;
  what: string;
}

/** In their order. Where `recovery.migrate` is a command, that runs on what is live, and is none of them. */
function besideRunbooks(recovery: Recovery | undefined): Named[] {
  const { reconcile, migrate } = recovery ?? {};
  const named = [
    { id: 'reconcile', runbook: reconcile, what: 'carry over into the copy what would be lost' },
    {
      id: 'migrate',
      runbook: migrate?.runbook,
      what: 'bring the copy to what the services of now need',
    },
  ] as const;
  return named.flatMap(({ runbook, ...one }) => (runbook === undefined ? [] : { ...one, runbook }));
}

function runbookStep({ id, runbook, what }: Named, one: Beside): PlanStep {
  const { datastore, copy } = one;
  const made = adoptedPlace(one);
  return {
    id: `${id}-${datastore}`,
    title: `Runbook ${runbook} on the copy of ${datastore}: ${what}`,
    undo:
      made === undefined
        ? 'none: an abort discards the copy'
        : 'none: the new database stays until somebody removes it',
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
