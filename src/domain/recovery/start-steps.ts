// The steps that start services on copies inside an isolated target, and ask them: of a drill, and of a verification that
// climbs the rung `usable`.
import type { Drill, GoldenQuery } from '../../config/drill.ts';
import { Failure } from '../failure.ts';
import type { LoadedSystem } from '../loaded-system.ts';
import type { PlanStep } from '../operation/plan.ts';
import { NO_UNDO } from '../text/plan-words.ts';
import type { RevisionSpec } from '../rollout/model.ts';
import { processOf } from '../rollout/revision.ts';
import { spanOf } from '../text/time-span.ts';
import type { MountedCopy, GoldenRequest, RecoveredService } from './recovery-actions.ts';
import type { Setting } from '../../config/system.ts';

/** The services that are started, and the system file that they are of. */
export interface StartInput {
  loaded: LoadedSystem;
  services: RevisionSpec[];
}

/** Throws NotFound where there is none: nothing is started that nobody declared. */
export function drillOf({ name, system }: LoadedSystem): Drill {
  if (system.drill !== undefined) return system.drill;
  throw new Failure(
    'NotFound',
    `${name} has no section "drill" in its system file; say there how long a recovery may take (rto) and what the service is asked on the copy (golden)`,
  );
}

/** The copies are put where the services look for their data, and these are started. */
export function startSteps(
  { loaded, services }: StartInput,
  target: string,
  mounts: MountedCopy[],
): PlanStep[] {
  const programs = services.map((spec) => programOf(loaded, spec));
  refuseSharedPlaces(mounts);
  return [
    {
      id: 'bind',
      title: `Put ${mounts.length === 1 ? 'the copy' : `${mounts.length} copies`} where the service looks for its live data, inside ${target}`,
      undo: 'none: it goes with the target',
      differs: 'a recovery exchanges the live datastore for what was restored, for everybody',
      action: { kind: 'bind', target, bindings: mounts },
    },
    ...programs.map(({ program, withheld }) => startStep(target, program, withheld)),
  ];
}

export function usableStep(
  { loaded, services }: StartInput,
  target: string,
  queries = drillOf(loaded).golden,
): PlanStep {
  const golden = queries.map((query) => ({
    ...goldenRequest(query, services),
    ...withoutOf(loaded, services, query.service),
  }));
  return {
    id: 'usable',
    title: `Ask ${golden.length === 1 ? '1 golden query' : `${golden.length} golden queries`} of the service on the copy`,
    undo: NO_UNDO,
    action: { kind: 'usable', target, golden },
  };
}

/** Each copy is a server of its own: two of them cannot answer where one server did. */
function refuseSharedPlaces(mounts: readonly MountedCopy[]): void {
  const seen = new Map<string, string>();
  for (const { datastore, place } of mounts) {
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

function withoutOf(
  loaded: LoadedSystem,
  services: readonly RevisionSpec[],
  service: string,
): { without?: string[] } {
  const spec = services.find((one) => one.service === service);
  if (spec === undefined) return {};
  const { withheld } = drillEnvironment(spec, drillOf(loaded).configuration[service] ?? {});
  return withheld.length === 0 ? {} : { without: withheld };
}

function programOf(
  loaded: LoadedSystem,
  spec: RevisionSpec,
): { program: RecoveredService; withheld: string[] } {
  const { service, version, health } = spec;
  const { command, directory, port, user } = processOf(spec, 'a drill starts');
  const changed = drillOf(loaded).configuration[service] ?? {};
  const { environment, withheld } = drillEnvironment(spec, changed);
  const ready = loaded.system.services[service]?.rollout.deadlines.ready ?? 0;
  const program = {
    ...{ service, version, command, directory, environment, port },
    ...(user !== undefined && { user }),
    health: { path: health.path, timeoutMs: health.timeout },
    deadlineMs: ready,
  };
  return { program, withheld };
}

function goldenRequest(query: GoldenQuery, services: readonly RevisionSpec[]): GoldenRequest {
  const { service, name, http: path, status, contains, timeout: timeoutMs } = query;
  // One that is asked and not started has a verdict of its own.
  const port = services.find((one) => one.service === service)?.program.port ?? 0;
  return {
    ...{ name, service, port, path, status, timeoutMs },
    ...(contains !== undefined && { contains }),
  };
}

interface DrillEnvironment {
  environment: Record<string, string>;
  /** Names of secret settings that are left out. */
  withheld: string[];
}

export function drillEnvironment(
  spec: RevisionSpec,
  changed: Readonly<Record<string, string | number | boolean>>,
): DrillEnvironment {
  const settings: [string, Setting][] = Object.entries({ ...spec.configuration, ...changed });
  const plain = settings.flatMap(([name, value]) =>
    typeof value === 'object' ? [] : [[name, String(value)] as const],
  );
  return {
    environment: {
      ...Object.fromEntries(plain),
      PORT: String(spec.program.port),
      HOST: '127.0.0.1',
      FAIRLEAD_SYSTEM: spec.system,
      FAIRLEAD_SERVICE: spec.service,
      FAIRLEAD_REVISION: spec.id,
      FAIRLEAD_VERSION: spec.version,
      FAIRLEAD_DRILL: 'true',
    },
    withheld: settings.flatMap(([name, value]) => (typeof value === 'object' ? [name] : [])),
  };
}
