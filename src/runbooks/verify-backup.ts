// Proves a backup, or a file that is in no catalogue: restored into a copy, judged rung by rung, discarded. Where the rung
// `usable` is required, the service is started on the copy, in an isolated target. Whatever ends it, what it made is undone.
import { defaultBackup, passedOverNote } from '../domain/backup/anomaly.ts';
import { copyName, fileAsBackup } from '../domain/backup/backup-id.ts';
import { summaryOf, type BackupSummary, type CatalogueEntry } from '../domain/backup/backup.ts';
import { notOnAFile, rungsOfFile, titleOfFile } from '../domain/backup/file-rungs.ts';
import { ladderSteps } from '../domain/backup/ladder-steps.ts';
import {
  datastoreIn,
  discardStep,
  RUNG_STEPS,
  rungsOf,
  rungTitle,
} from '../domain/backup/rung-steps.ts';
import { RUNGS, type Rung } from '../domain/backup/rungs.ts';
import { Failure } from '../domain/failure.ts';
import type { LoadedSystem } from '../domain/loaded-system.ts';
import { datastoreOf } from '../domain/operation/operation.ts';
import type { Plan, PlanStep } from '../domain/operation/plan.ts';
import { finishPlan } from '../domain/operation/plan-steps.ts';
import type { OperationRequest } from '../domain/operation/request.ts';
import {
  emptyStep,
  flushedCopy,
  warmSteps,
  type Flushed,
} from '../domain/recovery/derived-steps.ts';
import type { LivePlace } from '../domain/recovery/isolation.ts';
import { flushedOf, livePlaces, revisionsToStart } from '../domain/recovery/live-system.ts';
import { drillOf, startSteps, usableStep } from '../domain/recovery/start-steps.ts';
import { servicesOf } from '../domain/recovery/started-services.ts';
import { closeStep, isolatedOn, isolateSteps } from '../domain/recovery/target-steps.ts';
import type { RevisionSpec } from '../domain/rollout/model.ts';
import { runName } from '../domain/text/names.ts';
import { RANK, type PlanInput, type Runbook, type Wanted, type World } from './runbook.ts';
import { waitForData } from './wait-for-data.ts';

const TYPE = 'verifyBackup';

export const verifyBackup: Runbook = {
  kind: TYPE,
  type: TYPE,
  title: 'Verify backup',
  asks: {
    required: ['system'],
    optional: [],
    oneOf: ['datastore', 'backup'],
    instead: { of: 'file', required: ['system', 'datastore', 'file'], optional: [] },
  },
  id: (request) => `verify/${request.backup ?? proofOf(request)}`,
  summary: (request) => `verify ${request.backup ?? proofOf(request)}`,
  rank: RANK.later,
  leases: 'datastores',
  policy: { onFailure: 'undo', undone: 'failed' },
  whenHeld: waitForData(),
  reads,
  plan,
};

/** What an operation id calls a proof of the newest backup, or of a file that is in no catalogue. */
function proofOf({ system, datastore = '', file }: OperationRequest): string {
  return `${system}/${datastore}${file === undefined ? '' : '/file'}`;
}

type ProofInput = Omit<PlanInput, 'runId' | 'now'>;

/** What a proof reads of the world: of a file, which is in no catalogue, whether it is there; what is live only where the service is to be started. */
function reads({ loaded, request }: PlanInput): Wanted {
  const { backup: id, file } = request;
  const datastore = datastoreOf(request) ?? '';
  if (file !== undefined) return { file: { datastore, file } };
  const backups = [{ datastore, ...(id !== undefined && { id }) }];
  const showing = requiresUsable(loaded, datastore) && servicesOf(datastore, loaded.system);
  if (!showing || 'why' in showing) return { backups };
  return { backups, live: { isolatedOn: isolatedOn(loaded, showing.services) } };
}

function plan(input: PlanInput, world: World): Plan {
  const { request, runId } = input;
  const { system, file } = request;
  const datastore = datastoreOf(request) ?? '';
  if (file !== undefined) {
    const copy = `verify-${system}-${datastore}-file-${runName(runId)}`;
    return planVerifyFile({ ...input, file, copy });
  }
  const { entry, note } = provenBackup(request, world.backups[datastore] ?? [], input.now);
  const copy = copyName('verify', entry.id, runId);
  return planVerify({ ...input, entry, copy, note, ...usableOf(input, world) });
}

/** `copy` is the name of the copy that is made, of this run alone; `usable` is there where that rung is required. */
export function planVerify(
  input: ProofInput & {
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
  return finishPlan({ operation, kind: TYPE, loaded, backup, steps });
}

/** The proof of a dump that is in no catalogue: rungs that take a manifest are left out, and said to be. */
export function planVerifyFile(input: ProofInput & { file: string; copy: string }): Plan {
  const { operation, loaded, request, file, copy } = input;
  const datastore = datastoreOf(request) ?? '';
  const settings = datastoreIn(loaded, datastore);
  const { required, invariants } = settings.verify;
  const whyNotRun = ` (${notOnAFile(required).join('; ')}; to judge files alone, write verify.required: [${rungsOfFile(settings).join(', ')}])`;
  const conclude = 'Conclude; a file that is in no catalogue gets no mark';
  const steps = ladderSteps({
    ...{ datastore, backup: fileAsBackup(file), copy, required, conclude, whyNotRun, service: [] },
    rungs: rungsOfFile(settings),
    title: (rung) => titleOfFile(rung, file, invariants.length),
  });
  return finishPlan({ operation, kind: TYPE, loaded, steps });
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
    ...isolateSteps({ loaded, target, services, live }),
    ...flushed.map((one) => emptyStep(loaded, one)),
    ...startSteps({ loaded, services }, target, [{ ...climbed, place }, ...flushed]),
    ...flushed.flatMap((one) => warmSteps(loaded, { services, target }, one)),
    usableStep({ loaded, services }, target, golden),
    closeStep(target),
    ...flushed.map((one) => ({ ...discardStep(one), id: `discard-${one.datastore}` })),
  ];
  return steps.map(({ differs: _, ...step }) => step);
}

/** The one that is named; else the newest good one of the datastore. Throws NotFound. */
function provenBackup(
  { system, datastore = '', backup }: OperationRequest,
  entries: readonly CatalogueEntry[],
  now: number,
): { entry: CatalogueEntry; note: string } {
  const [named] = backup === undefined ? [] : entries;
  if (named !== undefined) return { entry: named, note: '' };
  const found = defaultBackup(entries, now);
  if (found !== undefined) return { entry: found, note: passedOverNote(entries, now) };
  const why =
    entries.length === 0
      ? 'there is none'
      : `of the ${entries.length} there are, none is complete and good${passedOverNote(entries, now)}`;
  throw new Failure(
    'NotFound',
    `${system}/${datastore} has no backup to verify: ${why}; take one with "fairlead backup ${system}/${datastore}", or name one`,
  );
}

function requiresUsable(loaded: LoadedSystem, datastore: string): boolean {
  return datastoreIn(loaded, datastore).verify.required.includes('usable');
}

/** What starting the service on the copy takes, or why nothing can show it; nothing where it is not required. */
function usableOf(
  { loaded, request, runId }: PlanInput,
  { live }: World,
): { usable?: UsableInput } {
  const datastore = datastoreOf(request) ?? '';
  if (!requiresUsable(loaded, datastore)) return {};
  const showing = servicesOf(datastore, loaded.system);
  if ('why' in showing) return { usable: showing };
  if ('why' in live) return { usable: live };
  const place = live.datastores.find((one) => one.datastore === datastore);
  if (place === undefined) throw new Failure('Broken', `nobody knows where ${datastore} is`);
  try {
    const usable = {
      target: `verify-${loaded.name}-${runName(runId)}`,
      place,
      live: livePlaces(live),
      services: revisionsToStart(loaded, showing.services, live),
      flushed: flushedOf(loaded, showing.services, live),
    };
    return { usable };
  } catch (error) {
    // Nothing is live, and no version is named: the backup can be judged all the same.
    if (error instanceof Failure && error.kind === 'NotFound')
      return { usable: { why: error.message } };
    throw error;
  }
}

/** What the rung `usable` takes: where, isolated from what, and who is started; or why nobody can climb it. */
export type UsableInput =
  | {
      target: string;
      place: LivePlace;
      live: LivePlace[];
      services: RevisionSpec[];
      flushed: Flushed[];
    }
  | { why: string };

function withCopy(rungs: readonly Rung[], isStarted: boolean): Rung[] {
  return RUNGS.filter((rung) => rungs.includes(rung) || (isStarted && rung === 'loads'));
}

/** Throws CheckFailed for what cannot be restored. */
export function provable(entry: CatalogueEntry): BackupSummary {
  if (entry.state === 'complete') return summaryOf(entry);
  const why =
    entry.state === 'incomplete'
      ? `it has no manifest (${entry.objects} objects): it was cut off, or is still being made`
      : entry.problem;
  throw new Failure('CheckFailed', `${entry.id} is no backup that can be restored: ${why}`);
}
