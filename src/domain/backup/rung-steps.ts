// The steps that proofs and drills of backups share: rungs of the ladder, and the copies that they are climbed on.
import type { Datastore } from '../../config/datastores.ts';
import type { BackupSummary } from './backup.ts';
import { Failure } from '../failure.ts';
import { didYouMean } from '../text/did-you-mean.ts';
import type { LoadedSystem } from '../loaded-system.ts';
import { measuresPoint } from './measured-point.ts';
import type { PlanStep } from '../operation/plan.ts';
import { NO_UNDO } from '../text/plan-words.ts';
import { RUNGS, type Rung } from './rungs.ts';
import { countOf, sizeOf } from '../text/amounts.ts';

export const NEVER_RESTORED =
  'a derived datastore is made anew, and never restored beside newer data';

/** A rung on one backup (or file), or on the copy that `loads` makes of it. */
export function rungStep(
  climbed: Omit<Extract<PlanStep['action'], { kind: 'rung' }>, 'kind'> & { title: string },
): PlanStep {
  const { rung, title, ...about } = climbed;
  return {
    id: RUNG_STEPS[rung],
    title,
    undo: rung === 'loads' ? `discard the copy ${about.copy}` : NO_UNDO,
    action: { kind: 'rung', rung, ...about },
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
    `${loaded.name} has no datastore ${name}${didYouMean(name, names)}; it has ${names.join(', ')}`,
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

/** What is required, what that stands on, and what somebody wrote down to be asked. `usable` has steps of its own. */
export function rungsOf(store: Datastore): Rung[] {
  const { required, invariants } = store.verify;
  const wanted = new Set<Rung>(required);
  if (invariants.length > 0) wanted.add('invariants');
  if (measuresPoint(store)) wanted.add('pointInTime').add('loads');
  if (ON_A_COPY.some((rung) => wanted.has(rung))) wanted.add('loads');
  return RUNGS.filter((rung) => wanted.has(rung) && rung !== 'usable');
}

/** `judgedAt` is when a recovery point is held against its RPO. */
export function rungTitle(
  rung: Rung,
  { id, parts, rows, bytes }: BackupSummary,
  store: Datastore,
  judgedAt: 'the end of the backup' | 'the start of the drill',
): string {
  const queries = store.verify.invariants.length;
  const derived = store.role === 'derived' ? `, as a proof only: ${NEVER_RESTORED}` : '';
  const point = measuresPoint(store)
    ? `Judge how old the copy was at ${judgedAt}, by its own canary records or watermark`
    : `Judge how far the recovery point lies before ${judgedAt}`;
  const titles: Record<Rung, string> = {
    artefact: `Read every object of ${id} (${sizeOf(bytes)}) and compare its checksum`,
    loads: `Restore ${id} into a copy apart from everything live${derived}`,
    complete: `Compare ${countOf(parts, 'part')} and ${countOf(rows, 'row')} of the copy with the manifest`,
    correct: 'Compare the contents of the copy with the hashes of the manifest',
    pointInTime: point,
    invariants: `Ask ${queries === 1 ? '1 query' : `${queries} queries`} of the copy`,
    usable: 'Start the service on the copy',
  };
  return titles[rung];
}

export function noDatastores({ name }: LoadedSystem): Failure {
  const message = `${name} has no datastores to back up; declare them in the section "datastores" of its system file`;
  return new Failure('NotFound', message);
}
