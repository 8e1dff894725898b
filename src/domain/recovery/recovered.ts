// What a drill's plan says it recovers and makes, read from the plan.
import { backedUpDatastore } from '../backup/backup-id.ts';
import type { BackupSummary } from '../backup/backup.ts';
import { datastoreIn, RUNG_STEPS } from '../backup/rung-steps.ts';
import type { Rung } from '../backup/rungs.ts';
import type { LoadedSystem } from '../loaded-system.ts';
import type { Plan } from '../operation/plan.ts';

export interface RecoveredPoint {
  datastore: string;
  backup: BackupSummary;
  required: Rung[];
}

/** What was restored, with the rungs that each datastore requires: for the conclusion. */
export function recoveredPoints(loaded: LoadedSystem, plan: Plan): RecoveredPoint[] {
  return (plan.backups ?? []).map((backup) => {
    const datastore = backedUpDatastore(backup.id);
    return { datastore, backup, required: datastoreIn(loaded, datastore).verify.required };
  });
}

/** Names that the plan gives to what it makes. */
export function namesMade({ steps }: Pick<Plan, 'steps'>): string[] {
  return steps.flatMap(({ action }) => {
    if (action.kind === 'discard') return [action.copy];
    return action.kind === 'close' ? [action.target] : [];
  });
}

/** `restore-orders`: what a rung on one of several datastores is called. */
export function recoveryRungId(rung: Rung, datastore: string): string {
  return `${rung === 'loads' ? 'restore' : RUNG_STEPS[rung]}-${datastore}`;
}
