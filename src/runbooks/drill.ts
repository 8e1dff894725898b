// What a recovery would do, into a target apart from everything live, proved and removed again: restores the newest good backup
// of each primary datastore, judges it, starts the service on it and asks that, measures RPO and RTO, cleans up. Asks nobody.
// Whatever ends it, what it made is undone.
import { defaultBackup, passedOverNote } from '../domain/backup/anomaly.ts';
import { copyName } from '../domain/backup/backup-id.ts';
import { summaryOf, type BackupSummary, type CatalogueEntry } from '../domain/backup/backup.ts';
import {
  datastoreIn,
  discardStep,
  noDatastores,
  rungsOf,
  rungStep,
  rungTitle,
} from '../domain/backup/rung-steps.ts';
import { RUNGS, type Rung } from '../domain/backup/rungs.ts';
import { Failure } from '../domain/failure.ts';
import type { LoadedSystem } from '../domain/loaded-system.ts';
import { primaryDatastores } from '../domain/operation/operation.ts';
import type { Plan, PlanStep } from '../domain/operation/plan.ts';
import { NO_UNDO } from '../domain/text/plan-words.ts';
import { finishPlan } from '../domain/operation/plan-steps.ts';
import {
  emptyStep,
  flushedCopy,
  warmSteps,
  type Flushed,
} from '../domain/recovery/derived-steps.ts';
import type { LivePlace } from '../domain/recovery/isolation.ts';
import { flushedOf, livePlaces, revisionsToStart } from '../domain/recovery/live-system.ts';
import type { MountedCopy } from '../domain/recovery/recovery-actions.ts';
import { recoveryRungId } from '../domain/recovery/recovered.ts';
import { drillOf, startSteps, usableStep } from '../domain/recovery/start-steps.ts';
import { startedServices } from '../domain/recovery/started-services.ts';
import { closeStep, isolateSteps } from '../domain/recovery/target-steps.ts';
import type { RevisionSpec } from '../domain/rollout/model.ts';
import { runName } from '../domain/text/names.ts';
import {
  RANK,
  type OpenOperation,
  type PlanInput,
  type Runbook,
  type Wanted,
  type World,
} from './runbook.ts';

/** Where it is recorded: a recovery will be told from it by its mode. */
const TYPE = 'disasterRecovery';
/** Below this, an operation changes no service: a drill beside it measures nothing wrong. */
const CHANGES_SERVICES = RANK.change;

/** Rungs that bring the data back; those above judge it. */
const RESTORES: readonly Rung[] = ['artefact', 'loads'];

export const drill: Runbook = {
  kind: 'drill',
  type: TYPE,
  mode: 'drill',
  title: 'Drill',
  asks: { required: ['system'], optional: ['mode'] },
  id: ({ system }) => `drill/${system}`,
  summary: ({ system }) => `drill ${system}: recover it apart from everything live`,
  // What is not backed up in time is lost; a drill can be run again.
  rank: RANK.later,
  leases: 'datastores',
  policy: { onFailure: 'undo', undone: 'failed' },
  keeps: 'drillRecord',
  stopsHeartbeats: true,
  reads,
  plan,
};

function reads({ loaded, request }: PlanInput): Wanted {
  drillOf(loaded);
  const names = primaryDatastores(loaded.system);
  return {
    operations: request.dryRun !== true,
    backups: names.map((datastore) => ({ datastore })),
    live: 'always',
  };
}

function plan(input: PlanInput, { operations, backups, live }: World): Plan {
  const { operation, loaded, runId, now } = input;
  refuseBesideOthers(loaded.name, operations);
  const names = primaryDatastores(loaded.system);
  if (names.length === 0) throw noDatastores(loaded);
  if ('why' in live) throw new Failure('Broken', `planning ${operation}: ${live.why}`);
  const restored = names.map((datastore): Restored => {
    const place = live.datastores.find((one) => one.datastore === datastore);
    if (place === undefined) throw new Failure('Broken', `nobody knows where ${datastore} is`);
    return {
      datastore,
      ...newestGood(loaded.name, datastore, { entries: backups[datastore] ?? [], now }),
      place,
    };
  });
  const started = drilledServices(loaded, names);
  return planDrill({
    ...{ operation, loaded, runId, restored, live: livePlaces(live) },
    services: revisionsToStart(loaded, started, live),
    flushed: flushedOf(loaded, started, live),
  });
}

/** The steps. What is to be read of the world (backups, live places, versions) is handed in. */
export function planDrill(input: DrillInput): Plan {
  const { operation, loaded, restored } = input;
  const target = `drill-${loaded.name}-${runName(input.runId)}`;
  const copies = restored.map((one) => copyOf(one, input.runId));
  const flushed = input.flushed.map((one) => flushedCopy(one, target));
  const mounts = [...copies.map(({ mount }) => mount), ...flushed];
  const steps = [
    ...beforeSteps(input, target),
    ...rungSteps(loaded, copies, (rung) => RESTORES.includes(rung)),
    ...rungSteps(loaded, copies, (rung) => !RESTORES.includes(rung)),
    ...flushed.map((one) => emptyStep(loaded, one)),
    ...startSteps(input, target, mounts),
    ...flushed.flatMap((one) => warmSteps(loaded, { ...input, target }, one)),
    usableStep(input, target),
    ...afterSteps(loaded, target, mounts),
  ];
  const backups = restored.map(({ backup }) => backup);
  return finishPlan({ operation, kind: TYPE, loaded, backups, steps });
}

function refuseBesideOthers(system: string, operations: readonly OpenOperation[]): void {
  const other = operations.find(({ rank }) => rank >= CHANGES_SERVICES);
  if (other === undefined) return;
  throw new Failure(
    'Refused',
    `${other.workflowId} (${other.type}) runs since ${other.startedAt} and changes ${system}: a drill measures a system at rest; wait until it is over ("fairlead status ${system}")`,
  );
}

/** What is odd, or was found bad, is not restored by default. */
function newestGood(
  system: string,
  datastore: string,
  { entries, now }: { entries: readonly CatalogueEntry[]; now: number },
): { backup: BackupSummary; note: string } {
  const found = defaultBackup(entries, now);
  if (found !== undefined) return { backup: summaryOf(found), note: passedOverNote(entries, now) };
  const odd = entries.length === 0 ? 'none at all' : `${entries.length} entries, none of them good`;
  throw new Failure(
    'CheckFailed',
    `there is no backup of ${system}/${datastore} to recover from (${odd}${passedOverNote(entries, now)}): take one with "fairlead backup ${system}", or look at "fairlead backups ${system}"`,
  );
}

/** What one datastore goes back to, and where the service looks for it. */
interface Restored {
  datastore: string;
  backup: BackupSummary;
  place: LivePlace;
  /** Which newer ones were not taken. */
  note?: string;
}

export interface DrillInput {
  operation: string;
  loaded: LoadedSystem;
  /** Begins the names of what this run makes. */
  runId: string;
  restored: Restored[];
  /** Derived datastores that the services use. */
  flushed: Flushed[];
  /** Everything that must not be reached from inside. */
  live: LivePlace[];
  services: RevisionSpec[];
}

/** Started on the copies: those that are named, or that use what is restored. */
export function drilledServices(loaded: LoadedSystem, restored: readonly string[]): string[] {
  const names = startedServices({ ...loaded.system, drill: drillOf(loaded) }, restored);
  if (names.length > 0) return names;
  const message = `no service of ${loaded.name} names a datastore that is restored; name those to be started in drill.services`;
  throw new Failure('NotFound', message);
}

function beforeSteps({ loaded, live, restored, services }: DrillInput, target: string): PlanStep[] {
  return [
    {
      id: 'preflight',
      title: `Look both ways: age of the backups, room for the copies, whether this machine can isolate${restored.map(({ note = '' }) => note).join('')}`,
      undo: NO_UNDO,
      differs:
        'a recovery goes on with a backup that is too old when somebody approves what is lost',
      action: { kind: 'lookBothWays' },
    },
    {
      id: 'inventory',
      title: `Write down what copies and targets there are, and how production of ${loaded.name} does`,
      undo: NO_UNDO,
      differs: 'a recovery has no healthy production that could be compared with',
      action: { kind: 'inventory', when: 'before' },
    },
    ...isolateSteps({ loaded, target, services, live }),
  ];
}

/** First everything is restored; what was restored is judged afterwards. */
function rungSteps(
  loaded: LoadedSystem,
  copies: readonly Copied[],
  wanted: (rung: Rung) => boolean,
): PlanStep[] {
  return copies.flatMap(({ restored: { datastore, backup }, mount: { copy } }) => {
    const store = datastoreIn(loaded, datastore);
    const rungs = RUNGS.filter((rung) => RESTORES.includes(rung) || rungsOf(store).includes(rung));
    return rungs.filter(wanted).map((rung) => {
      const title = rungTitle(rung, backup, store, 'the start of the drill');
      const climbed = { rung, datastore, backup: backup.id, copy, title };
      return { ...rungStep(climbed), id: recoveryRungId(rung, datastore) };
    });
  });
}

function afterSteps(
  loaded: LoadedSystem,
  target: string,
  copies: readonly MountedCopy[],
): PlanStep[] {
  const differs = 'a recovery keeps what it restored';
  return [
    {
      id: 'production',
      title: `Look whether production of ${loaded.name} is as it was`,
      undo: NO_UNDO,
      differs: 'a recovery lets users in again, and watches them',
      action: { kind: 'production' },
    },
    { ...closeStep(target), differs },
    ...copies.map(({ datastore, copy }): PlanStep => ({
      ...discardStep({ datastore, copy }),
      id: `discard-${datastore}`,
      differs,
    })),
    {
      id: 'inventory-after',
      title: 'Compare copies, targets and production with what was written down before',
      undo: NO_UNDO,
      differs,
      action: { kind: 'inventory', when: 'after' },
    },
    {
      id: 'conclude',
      title: 'Conclude; proved only if every required check ran and passed',
      undo: 'none: a mark stays',
      action: { kind: 'concludeRecovery', rtoMs: drillOf(loaded).rto },
    },
  ];
}

interface Copied {
  restored: Restored;
  mount: MountedCopy;
}

function copyOf(restored: Restored, runId: string): Copied {
  const { datastore, backup, place } = restored;
  const copy = copyName('drill', backup.id, runId);
  return { restored, mount: { datastore, backup: backup.id, copy, place } };
}
