// A backup, and the proof of one, as plans. `now` names the backup, so that every attempt at a step writes the same one.
import type { Datastore } from '../config/datastores.ts';
import { backupId } from './backup-id.ts';
import { summaryOf, type BackupSummary, type CatalogueEntry } from './backup.ts';
import { Failure } from './failure.ts';
import type { LoadedSystem } from './loaded-system.ts';
import { datastoreOf, primaryDatastores } from './operation.ts';
import type { Plan, PlanStep } from './plan.ts';
import { finishPlan } from './plan-steps.ts';
import type { OperationRequest } from './request.ts';
import { RUNGS, type Rung } from './rungs.ts';

export interface DataPlanInput {
  operation: string;
  loaded: LoadedSystem;
  request: OperationRequest;
}

const NO_UNDO = 'none: it changes nothing';

/** One named datastore, or all primary ones: first every backup, then what is too old. */
export function planBackup({
  operation,
  loaded,
  request,
  now,
}: DataPlanInput & { now: number }): Plan {
  const named = datastoreOf(request);
  const names = named === undefined ? primaryDatastores(loaded.system) : [named];
  if (names.length === 0) throw noDatastores(loaded);
  for (const name of names) datastoreIn(loaded, name);
  const backups = names.map((datastore): PlanStep => {
    const backup = backupId(loaded.name, datastore, now);
    return {
      id: `backup-${datastore}`,
      title: `Back up ${datastore} as ${backup}`,
      undo: 'none: a backup takes nothing from anybody, and who writes them cannot remove them',
      action: { kind: 'backup', datastore, backup },
    };
  });
  const retention = names.map((datastore): PlanStep => {
    const { days, count } = datastoreIn(loaded, datastore).backup.retention;
    return {
      id: `retention-${datastore}`,
      title: `Remove backups of ${datastore} older than ${days} days, but never the newest ${count} nor the last verified one`,
      undo: 'none: what is removed is gone',
      action: { kind: 'retention', datastore },
    };
  });
  return finishPlan({
    operation,
    kind: 'backup',
    loaded,
    steps: [...backups, ...retention],
    before: {},
  });
}

/** `copy` is the name of the copy that is made, of this run alone. */
export function planVerify(input: DataPlanInput & { entry: CatalogueEntry; copy: string }): Plan {
  const { operation, loaded, request, copy } = input;
  const backup = provable(input.entry);
  const datastore = datastoreOf(request) ?? '';
  const { verify } = datastoreIn(loaded, datastore);
  const rungs = rungsOf(verify);
  const about = { datastore, backup: backup.id };
  const climbed = { datastore, backup, copy, queries: verify.invariants.length };
  const steps = rungs.map((rung) => rungStep(rung, climbed));
  const conclude: PlanStep = {
    id: 'conclude',
    title: `Conclude; verified only if ${verify.required.map((rung) => RUNG_STEPS[rung]).join(', ')} passed`,
    undo: 'none: a mark stays',
    action: { kind: 'conclude', ...about, required: verify.required },
  };
  const discard = discardStep({ datastore, copy });
  const made = rungs.includes('loads') ? [discard] : [];
  return finishPlan({
    operation,
    kind: 'verifyBackup',
    loaded,
    backup,
    steps: [...steps, conclude, ...made],
    before: {},
  });
}

/** A rung on one backup, or on the copy that `loads` makes of it. */
export function rungStep(
  rung: Rung,
  climbed: { datastore: string; backup: BackupSummary; copy: string; queries: number },
): PlanStep {
  const { datastore, backup, copy, queries } = climbed;
  return {
    id: RUNG_STEPS[rung],
    title: titleOf(rung, backup, queries),
    undo: rung === 'loads' ? `discard the copy ${copy}` : NO_UNDO,
    action: { kind: 'rung', rung, datastore, backup: backup.id, copy },
  };
}

export function discardStep({ datastore, copy }: { datastore: string; copy: string }): PlanStep {
  return {
    id: 'discard',
    title: `Discard the copy ${copy}`,
    undo: 'none: a copy can be made again',
    action: { kind: 'discard', datastore, copy },
  };
}

/** Throws NotFound with the datastores that there are. */
export function datastoreIn(loaded: LoadedSystem, name: string): Datastore {
  const { datastores = {} } = loaded.system;
  const found = datastores[name];
  if (found !== undefined) return found;
  const names = Object.keys(datastores);
  if (names.length === 0) throw noDatastores(loaded);
  throw new Failure(
    'NotFound',
    `${loaded.name} has no datastore ${name}; it has ${names.join(', ')}`,
  );
}

/** What steps of rungs are called. */
export const RUNG_STEPS: Record<Rung, string> = {
  artefact: 'artefact',
  loads: 'loads',
  complete: 'complete',
  correct: 'correct',
  pointInTime: 'point-in-time',
  invariants: 'invariants',
  usable: 'usable',
};

/** Rungs that are climbed on a copy. */
const ON_A_COPY: readonly Rung[] = ['complete', 'correct', 'invariants'];

/** What is required, what that stands on, and the invariants that somebody wrote down. `usable` takes a drill. */
export function rungsOf({ required, invariants }: Datastore['verify']): Rung[] {
  const wanted = new Set<Rung>(required);
  if (invariants.length > 0) wanted.add('invariants');
  if (ON_A_COPY.some((rung) => wanted.has(rung))) wanted.add('loads');
  return RUNGS.filter((rung) => wanted.has(rung) && rung !== 'usable');
}

function titleOf(rung: Rung, { id, parts, rows, bytes }: BackupSummary, queries: number): string {
  const titles: Record<Rung, string> = {
    artefact: `Read every object of ${id} (${bytes} bytes) and compare its checksum`,
    loads: `Restore ${id} into a copy apart from everything live`,
    complete: `Compare ${parts} parts and ${rows} rows of the copy with the manifest`,
    correct: 'Compare the contents of the copy with the hashes of the manifest',
    pointInTime: 'Judge how far the recovery point lies before the end of the backup',
    invariants: `Ask ${queries === 1 ? '1 query' : `${queries} queries`} of the copy`,
    usable: 'Start the service on the copy',
  };
  return titles[rung];
}

function provable(entry: CatalogueEntry): BackupSummary {
  if (entry.state === 'complete') return summaryOf(entry);
  const why =
    entry.state === 'incomplete'
      ? `it has no manifest (${entry.objects} objects): it was cut off, or is still being made`
      : entry.problem;
  throw new Failure('CheckFailed', `${entry.id} is no backup that can be restored: ${why}`);
}

export function noDatastores({ name }: LoadedSystem): Failure {
  const message = `${name} has no datastores to back up; declare them in the section "datastores" of its system file`;
  return new Failure('NotFound', message);
}
