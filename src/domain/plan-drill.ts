// A recovery as a plan. A drill goes the way of a recovery, into an isolated target: where the two differ, the step says
// how. What is to be read of the world (backups, live places, versions) is handed in.
import type { Drill, GoldenQuery } from '../config/drill.ts';
import type { BackupSummary } from './backup.ts';
import { parseBackupId } from './backup-id.ts';
import { drillEnvironment } from './drill-environment.ts';
import { Failure } from './failure.ts';
import type { LivePlace } from './fence.ts';
import type { LoadedSystem } from './loaded-system.ts';
import type { RevisionSpec } from './model.ts';
import { runName } from './names.ts';
import {
  datastoreIn,
  discardStep,
  RUNG_STEPS,
  rungsOf,
  rungStep,
  rungTitle,
} from './plan-backup.ts';
import { emptyStep, flushedCopy, warmSteps, type Flushed } from './plan-derived.ts';
import type { Plan, PlanStep } from './plan.ts';
import { finishPlan } from './plan-steps.ts';
import type { CopyBinding, GoldenRequest, RecoveredService } from './recovery-actions.ts';
import { RUNGS, type Rung } from './rungs.ts';
import { startedServices } from './started-services.ts';
import { closeStep, isolateSteps } from './target-steps.ts';
import { spanOf } from './time-span.ts';

/** What one datastore goes back to, and where the service looks for it. */
export interface Restored {
  datastore: string;
  backup: BackupSummary;
  place: LivePlace;
  /** Which newer ones were not taken. */
  note?: string;
}

export interface RecoveredPoint {
  datastore: string;
  backup: BackupSummary;
  required: Rung[];
}

export interface RecoveryInput {
  /** A recovery into the live system comes with an issue of its own. */
  mode: 'drill';
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

/** Rungs that bring the data back; those above judge it. */
const RESTORES: readonly Rung[] = ['artefact', 'loads'];

const NO_UNDO = 'none: it changes nothing';

export function planRecovery(input: RecoveryInput): Plan {
  const { operation, loaded, restored } = input;
  const target = `drill-${loaded.name}-${runName(input.runId)}`;
  const copies = restored.map((one) => copyOf(one, input.runId));
  const flushed = input.flushed.map((one) => flushedCopy(one, target));
  const bindings = [...copies.map(({ binding }) => binding), ...flushed];
  const steps = [
    ...beforeSteps(input, target),
    ...rungSteps(loaded, copies, (rung) => RESTORES.includes(rung)),
    ...rungSteps(loaded, copies, (rung) => !RESTORES.includes(rung)),
    ...flushed.map((one) => emptyStep(loaded, one)),
    ...startSteps(input, target, bindings),
    ...flushed.flatMap((one) => warmSteps(loaded, { ...input, target }, one)),
    usableStep(input, target),
    ...afterSteps(loaded, target, bindings),
  ];
  const backups = restored.map(({ backup }) => backup);
  return finishPlan({ operation, kind: 'disasterRecovery', loaded, backups, steps, before: {} });
}

/** Throws NotFound where there is none: nothing is started that nobody declared. */
export function drillOf({ name, system }: LoadedSystem): Drill {
  if (system.drill !== undefined) return system.drill;
  throw new Failure(
    'NotFound',
    `${name} has no section "drill" in its system file; say there how long a recovery may take (rto) and what the service is asked on the copy (golden)`,
  );
}

/** Started on the copies: those that are named, or that use what is restored. */
export function drilledServices(loaded: LoadedSystem, restored: readonly string[]): string[] {
  const names = startedServices({ ...loaded.system, drill: drillOf(loaded) }, restored);
  if (names.length > 0) return names;
  const message = `no service of ${loaded.name} names a datastore that is restored; name those to be started in drill.services`;
  throw new Failure('NotFound', message);
}

/** What was restored, with the rungs that each datastore requires: for the conclusion. */
export function recoveredPoints(loaded: LoadedSystem, plan: Plan): RecoveredPoint[] {
  return (plan.backups ?? []).map((backup) => {
    const datastore = parseBackupId(backup.id)?.datastore ?? '';
    return { datastore, backup, required: datastoreIn(loaded, datastore).verify.required };
  });
}

/** `restore-orders`: what a rung on one of several datastores is called. */
export function recoveryRungId(rung: Rung, datastore: string): string {
  return `${rung === 'loads' ? 'restore' : RUNG_STEPS[rung]}-${datastore}`;
}

/** Names that the plan gives to what it makes. */
export function namesMade({ steps }: Pick<Plan, 'steps'>): string[] {
  return steps.flatMap(({ action }) => {
    if (action.kind === 'discard') return [action.copy];
    return action.kind === 'close' ? [action.target] : [];
  });
}

function beforeSteps({ loaded, live, restored }: RecoveryInput, target: string): PlanStep[] {
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
    ...isolateSteps(target, live),
  ];
}

/** First everything is restored; what was restored is judged afterwards. */
function rungSteps(
  loaded: LoadedSystem,
  copies: readonly Copied[],
  wanted: (rung: Rung) => boolean,
): PlanStep[] {
  return copies.flatMap(({ restored: { datastore, backup }, binding: { copy } }) => {
    const store = datastoreIn(loaded, datastore);
    const rungs = RUNGS.filter((rung) => RESTORES.includes(rung) || rungsOf(store).includes(rung));
    return rungs.filter(wanted).map((rung) => {
      const title = rungTitle(rung, backup, store, 'the start of the drill');
      const climbed = { rung, datastore, backup: backup.id, copy, title };
      return { ...rungStep(climbed), id: recoveryRungId(rung, datastore) };
    });
  });
}

/** The copies are put where the services look for their data, and these are started. */
export function startSteps(
  { loaded, services }: Pick<RecoveryInput, 'loaded' | 'services'>,
  target: string,
  bindings: CopyBinding[],
): PlanStep[] {
  const programs = services.map((spec) => programOf(loaded, spec));
  refuseSharedPlaces(bindings);
  return [
    {
      id: 'bind',
      title: `Put ${bindings.length === 1 ? 'the copy' : `${bindings.length} copies`} where the service looks for its live data, inside ${target}`,
      undo: 'none: it goes with the target',
      differs: 'a recovery exchanges the live datastore for what was restored, for everybody',
      action: { kind: 'bind', target, bindings },
    },
    ...programs.map(({ program, withheld }) => startStep(target, program, withheld)),
  ];
}

export function usableStep(
  { loaded, services }: Pick<RecoveryInput, 'loaded' | 'services'>,
  target: string,
  queries = drillOf(loaded).golden,
): PlanStep {
  const golden = queries.map((query) => goldenRequest(query, services));
  return {
    id: 'usable',
    title: `Ask ${golden.length === 1 ? '1 golden query' : `${golden.length} golden queries`} of the service on the copy`,
    undo: NO_UNDO,
    action: { kind: 'usable', target, golden },
  };
}

/** Each copy is a server of its own: two of them cannot answer where one server did. */
function refuseSharedPlaces(bindings: readonly CopyBinding[]): void {
  const seen = new Map<string, string>();
  for (const { datastore, place } of bindings) {
    if (place.kind !== 'address') continue;
    const at = `${place.host === 'localhost' ? '127.0.0.1' : place.host}:${place.port}`;
    const other = seen.get(at);
    if (other !== undefined) {
      const message = `${other} and ${datastore} are both at ${at}, and a copy of each is a server of its own: no service can be started on both copies; give them addresses of their own, or declare them as one datastore`;
      throw new Failure('BadInput', message);
    }
    seen.set(at, datastore);
  }
}

function startStep(
  target: string,
  program: RecoveredService,
  withheld: readonly string[],
): PlanStep {
  const { service, version, deadlineMs } = program;
  const without = withheld.length === 0 ? '' : ` without its secrets ${withheld.join(', ')}`;
  return {
    id: `start-${service}`,
    title: `Start ${service} ${version} on the copy${without}, and wait until it answers, at most ${spanOf(deadlineMs)}`,
    undo: 'none: it goes with the target',
    differs: `a recovery starts ${service} on its own platform with its own settings; the drill starts one process of it with those of drill.configuration${without === '' ? '' : `, and${without}`}`,
    action: { kind: 'start', target, program },
  };
}

function afterSteps(
  loaded: LoadedSystem,
  target: string,
  copies: readonly CopyBinding[],
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
  binding: CopyBinding;
}

function copyOf(restored: Restored, runId: string): Copied {
  const { datastore, backup, place } = restored;
  const name = parseBackupId(backup.id);
  const copy = `drill-${name?.system ?? ''}-${datastore}-${name?.time ?? ''}-${runName(runId)}`;
  return { restored, binding: { datastore, backup: backup.id, copy, place } };
}

function programOf(
  loaded: LoadedSystem,
  spec: RevisionSpec,
): { program: RecoveredService; withheld: string[] } {
  const { service, version, command = [], directory, port, health } = spec;
  const changed = drillOf(loaded).configuration[service] ?? {};
  const { environment, withheld } = drillEnvironment(spec, changed);
  const ready = loaded.system.services[service]?.rollout.deadlines.ready ?? 0;
  const program = {
    ...{ service, version, command, directory, environment, port },
    health: { path: health.path, timeoutMs: health.timeout },
    deadlineMs: ready,
  };
  return { program, withheld };
}

function goldenRequest(query: GoldenQuery, services: readonly RevisionSpec[]): GoldenRequest {
  const { service, name, http: path, status, contains, timeout: timeoutMs } = query;
  // One that is asked and not started has a verdict of its own.
  const port = services.find((one) => one.service === service)?.port ?? 0;
  return {
    ...{ name, service, port, path, status, timeoutMs },
    ...(contains !== undefined && { contains }),
  };
}
