// Backs up one datastore, or every primary one as a set: first every backup, then what is too old. Takes all that it can.
import { backupId } from '../domain/backup/backup-id.ts';
import { datastoreIn, NEVER_RESTORED, noDatastores } from '../domain/backup/rung-steps.ts';
import type { LoadedSystem } from '../domain/loaded-system.ts';
import { datastoreOf, primaryDatastores } from '../domain/operation/operation.ts';
import type { Plan, PlanStep } from '../domain/operation/plan.ts';
import { finishPlan } from '../domain/operation/plan-steps.ts';
import { RANK, type PlanInput, type Runbook } from './runbook.ts';
import { waitForData } from './wait-for-data.ts';

const TYPE = 'backup';

export const backup: Runbook = {
  kind: TYPE,
  type: TYPE,
  title: 'Backup',
  asks: { required: ['system'], optional: ['datastore'] },
  id: ({ system, datastore }) =>
    datastore === undefined ? `backup/${system}` : `backup/${system}/${datastore}`,
  summary: ({ system, datastore }) =>
    `back up ${datastore === undefined ? system : `${system}/${datastore}`}`,
  rank: RANK.later,
  leases: 'datastores',
  policy: { onFailure: 'failAtEnd', undone: 'failed' },
  whenHeld: waitForData(TYPE),
  reads: () => ({}),
  plan: planBackup,
};

/** `now` names the backups, so that every attempt at a step writes the same one. */
export function planBackup({ operation, loaded, request, now }: Omit<PlanInput, 'runId'>): Plan {
  const named = datastoreOf(request);
  const names = named === undefined ? primaryDatastores(loaded.system) : [named];
  if (names.length === 0) throw noDatastores(loaded);
  for (const name of names) datastoreIn(loaded, name);
  const leftOut = named === undefined ? derivedWords(loaded) : '';
  const backups = names.map((datastore, index): PlanStep => {
    const backup = backupId(loaded.name, datastore, now);
    return {
      id: `backup-${datastore}`,
      title: `Back up ${datastore} as ${backup}${index === 0 ? leftOut : ''}`,
      undo: 'none: a backup takes nothing from anybody, and who writes them cannot remove them',
      action: { kind: 'backup', datastore, backup },
    };
  });
  const retention = names.map((datastore): PlanStep => {
    const { days, count } = datastoreIn(loaded, datastore).backup.retention;
    return {
      id: `retention-${datastore}`,
      title: `Remove backups of ${datastore} older than ${days} days, but never the newest ${count} that are good, nor the last verified one`,
      undo: 'none: what is removed is gone',
      action: { kind: 'retention', datastore },
    };
  });
  return finishPlan({
    operation,
    kind: TYPE,
    loaded,
    steps: [...backups, ...retention],
  });
}

/** Which datastores an operation on all of them leaves out, and why. */
function derivedWords({ system: { datastores = {} } }: LoadedSystem): string {
  const derived = Object.keys(datastores).filter((name) => datastores[name]?.role === 'derived');
  if (derived.length === 0) return '';
  return `; left out: ${derived.sort().join(', ')} (${NEVER_RESTORED})`;
}
