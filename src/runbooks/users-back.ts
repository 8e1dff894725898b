// What recoveries of live data have in common once the data are there: services are started on them and checked, users let in
// step by step, writers started, and people asked what nobody else can see.
import { datastoreIn } from '../domain/backup/rung-steps.ts';
import type { LoadedSystem } from '../domain/loaded-system.ts';
import type { PlanStep } from '../domain/operation/plan.ts';
import { concludeExchangeStep, flushStep } from '../domain/recovery/exchange-steps.ts';
import {
  admitStep,
  smokeSteps,
  warmLiveSteps,
  type AffectedService,
} from '../domain/recovery/live/service-steps.ts';
import {
  migrateSteps,
  otherWriters,
  outsideStep,
  resumeStep,
} from '../domain/recovery/live/writers.ts';
import { ADMIT_SHARES } from '../domain/recovery/recovery-defaults.ts';
import type { World } from './runbook.ts';
import { beside, type Then } from './versions-then.ts';

export interface UsersBack {
  loaded: LoadedSystem;
  /** In the order in which they come back. */
  back: readonly AffectedService[];
  /** Names of derived datastores that are emptied. */
  flushed: readonly string[];
  /** What brings services onto the data. */
  started: PlanStep[];
  /** What lets users in. */
  admitted: PlanStep[];
  /** Services that may come back in the version of then. */
  then?: readonly Then[];
}

export function usersBackSteps({
  loaded,
  back,
  flushed,
  started,
  admitted,
  then = [],
}: UsersBack): PlanStep[] {
  const { recovery } = loaded.system;
  return [
    ...migrateSteps(recovery),
    ...flushed.map(flushStep),
    ...started,
    ...back.flatMap(beside(then, smokeSteps)),
    ...flushed.flatMap((name) =>
      back.flatMap(beside(then, (one) => warmLiveSteps(name, datastoreIn(loaded, name), [one]))),
    ),
    ...admitted,
    ...otherWriters(recovery).toReversed().map(resumeStep),
    ...(recovery?.outside ?? []).map(outsideStep),
    concludeExchangeStep(),
  ];
}

/** Nobody gets the next share before all services have had theirs. */
export function admitSteps(
  { system }: LoadedSystem,
  affected: readonly AffectedService[],
  then: readonly Then[] = [],
): PlanStep[] {
  const shares = system.recovery?.admit ?? ADMIT_SHARES;
  return shares.flatMap((percent) =>
    affected.flatMap(beside(then, (one) => admitStep(one, percentFor(one, percent)))),
  );
}

/** A platform that cannot let a part of the clients in lets all of them in. */
function percentFor({ world }: AffectedService, percent: number): number {
  return world.platform.partialAdmission === 'none' ? 100 : percent;
}

/** Services as they were found; a name that the system or the world does not have is left out. */
export function affectedIn(
  services: readonly string[],
  loaded: LoadedSystem,
  world: World,
): AffectedService[] {
  return services.flatMap((service) => {
    const config = loaded.system.services[service];
    const found = world.services[service];
    return config === undefined || found === undefined ? [] : [{ service, config, world: found }];
  });
}
