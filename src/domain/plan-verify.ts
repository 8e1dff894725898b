// The proof of one backup, or of a file that is in no catalogue, as a plan: the ladder on a copy, and where `usable` is
// required, the steps of a drill that start the service on that copy, apart from everything live.
import type { Datastore } from '../config/datastores.ts';
import { summaryOf, type BackupSummary, type CatalogueEntry } from './backup.ts';
import { Failure } from './failure.ts';
import type { LivePlace } from './fence.ts';
import type { LoadedSystem } from './loaded-system.ts';
import { measuresPoint } from './measured-point.ts';
import type { RevisionSpec } from './model.ts';
import { datastoreOf } from './operation.ts';
import {
  datastoreIn,
  discardStep,
  RUNG_STEPS,
  rungsOf,
  rungStep,
  rungTitle,
  type DataPlanInput,
} from './plan-backup.ts';
import { emptyStep, flushedCopy, warmSteps, type Flushed } from './plan-derived.ts';
import { drillOf, startSteps, usableStep } from './plan-drill.ts';
import type { Plan, PlanStep } from './plan.ts';
import { finishPlan } from './plan-steps.ts';
import { RUNGS, type Rung } from './rungs.ts';
import { closeStep, isolateSteps } from './target-steps.ts';

/** What the rung `usable` takes: where, fenced off from what, and who is started; or why nobody can climb it. */
export type UsableInput =
  | {
      target: string;
      place: LivePlace;
      live: LivePlace[];
      services: RevisionSpec[];
      flushed: Flushed[];
    }
  | { why: string };

/** `copy` is the name of the copy that is made, of this run alone; `usable` is there where that rung is required. */
export function planVerify(
  input: DataPlanInput & {
    entry: CatalogueEntry;
    copy: string;
    usable?: UsableInput;
    /** Which newer ones were not taken, where none was named. */
    note?: string;
  },
): Plan {
  const { operation, loaded, request, copy, usable, note = '' } = input;
  const backup = provable(input.entry);
  const datastore = datastoreOf(request) ?? '';
  const settings = datastoreIn(loaded, datastore);
  const { required } = settings.verify;
  const climbed = { datastore, backup: backup.id, copy };
  const service = usable === undefined ? [] : usableSteps(loaded, usable, climbed);
  const left = usable !== undefined && 'why' in usable ? usable.why : undefined;
  const names = required.map((rung) => RUNG_STEPS[rung]).join(', ');
  const steps = ladderSteps({
    ...climbed,
    ...{ required, service },
    conclude: `Conclude; verified only if ${names} passed${left === undefined ? '' : `; usable is not run: ${left}`}`,
    ...(left !== undefined && { whyNotRun: ` (nothing shows usable: ${left})` }),
    rungs: withCopy(rungsOf(settings), service.length > 0),
    title: (rung) =>
      `${rungTitle(rung, backup, settings, 'the end of the backup')}${rung === 'artefact' ? note : ''}`,
  });
  return finishPlan({ operation, kind: 'verifyBackup', loaded, backup, steps, before: {} });
}

/** Of a dump that is in no catalogue: what takes a manifest is left out, and said to be. */
export function planVerifyFile(input: DataPlanInput & { file: string; copy: string }): Plan {
  const { operation, loaded, request, file, copy } = input;
  const datastore = datastoreOf(request) ?? '';
  const settings = datastoreIn(loaded, datastore);
  const { required, invariants } = settings.verify;
  const whyNotRun = ` (${notOnAFile(required).join('; ')}; to judge files alone, write verify.required: [${rungsOfFile(settings).join(', ')}])`;
  const conclude = 'Conclude; a file that is in no catalogue gets no mark';
  const steps = ladderSteps({
    ...{ datastore, backup: `file:${file}`, copy, required, conclude, whyNotRun, service: [] },
    rungs: rungsOfFile(settings),
    title: (rung) => titleOfFile(rung, file, invariants.length),
  });
  return finishPlan({ operation, kind: 'verifyBackup', loaded, steps, before: {} });
}

/** With the manifest. */
const COMPARED: readonly Rung[] = ['complete', 'correct'];

interface Ladder {
  datastore: string;
  /** Or `file:` and the path of a file. */
  backup: string;
  copy: string;
  rungs: Rung[];
  /** The steps of the rung `usable`, once all others are climbed. */
  service: PlanStep[];
  required: Rung[];
  whyNotRun?: string;
  title: (rung: Rung) => string;
  /** The title of the step that concludes. */
  conclude: string;
}

function ladderSteps(ladder: Ladder): PlanStep[] {
  const { datastore, backup, copy, rungs, service, required, whyNotRun } = ladder;
  const steps = rungs.map((rung) =>
    rungStep({ rung, datastore, backup, copy, title: ladder.title(rung) }),
  );
  const because = whyNotRun === undefined ? {} : { whyNotRun };
  const conclude: PlanStep = {
    id: 'conclude',
    title: ladder.conclude,
    undo: 'none: a mark stays',
    action: { kind: 'conclude', datastore, backup, required, ...because },
  };
  const made = rungs.includes('loads') ? [discardStep({ datastore, copy })] : [];
  return [...steps, ...service, conclude, ...made];
}

/** As in a drill, on this one copy; what a recovery does otherwise is a drill's to tell. */
function usableSteps(
  loaded: LoadedSystem,
  usable: UsableInput,
  climbed: { datastore: string; backup: string; copy: string },
): PlanStep[] {
  if ('why' in usable) return [];
  const { target, place, live, services } = usable;
  const flushed = usable.flushed.map((one) => flushedCopy(one, target));
  const golden = drillOf(loaded).golden.filter((query) =>
    services.some(({ service }) => service === query.service),
  );
  const steps = [
    ...isolateSteps(target, live),
    ...flushed.map((one) => emptyStep(loaded, one)),
    ...startSteps({ loaded, services }, target, [{ ...climbed, place }, ...flushed]),
    ...flushed.flatMap((one) => warmSteps(loaded, { services, target }, one)),
    usableStep({ loaded, services }, target, golden),
    closeStep(target),
    ...flushed.map((one) => ({ ...discardStep(one), id: `discard-${one.datastore}` })),
  ];
  return steps.map(({ differs: _, ...step }) => step);
}

function withCopy(rungs: readonly Rung[], isStarted: boolean): Rung[] {
  return RUNGS.filter((rung) => rungs.includes(rung) || (isStarted && rung === 'loads'));
}

function rungsOfFile(store: Datastore): Rung[] {
  const wanted = new Set<Rung>([...rungsOf(store), 'artefact', 'loads']);
  for (const rung of ['complete', 'correct'] as const) wanted.delete(rung);
  if (!measuresPoint(store)) wanted.delete('pointInTime');
  return RUNGS.filter((rung) => wanted.has(rung));
}

/** Why rungs that are required are left out. */
function notOnAFile(required: readonly Rung[]): string[] {
  const manifest = required.includes('usable') && !required.some((rung) => COMPARED.includes(rung));
  return [
    ...(manifest ? [] : ['complete and correct take a manifest, which a file does not have']),
    ...(required.includes('usable') ? ['no service is started on a named file'] : []),
  ];
}

function titleOfFile(rung: Rung, file: string, queries: number): string {
  switch (rung) {
    case 'artefact':
      return `Read all of ${file} on the worker's machine, and have the tool of its kind read it`;
    case 'loads':
      return `Restore ${file} into a copy apart from everything live`;
    case 'pointInTime':
      return 'Judge how old the copy was when the file was written, by its own canary records or watermark';
    default:
      return `Ask ${queries === 1 ? '1 query' : `${queries} queries`} of the copy`;
  }
}

function provable(entry: CatalogueEntry): BackupSummary {
  if (entry.state === 'complete') return summaryOf(entry);
  const why =
    entry.state === 'incomplete'
      ? `it has no manifest (${entry.objects} objects): it was cut off, or is still being made`
      : entry.problem;
  throw new Failure('CheckFailed', `${entry.id} is no backup that can be restored: ${why}`);
}
