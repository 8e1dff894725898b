// The steps of a recovery in the place of the live data on services: users are kept out, services are started anew on what is
// live now, checked, fill what was emptied, and let users in step by step.
import type { Datastore } from '../../../config/datastores.ts';
import type { Service } from '../../../config/system.ts';
import type { Served } from '../../backup/backup.ts';
import type { PlanStep } from '../../operation/plan.ts';
import { checkStep } from '../../operation/plan-steps.ts';
import {
  findRevision,
  type RevisionSpec,
  type ServiceWorld,
  type Weight,
} from '../../rollout/model.ts';
import { NO_UNDO } from '../../text/plan-words.ts';
import { describeWeights, heaviest, normalised } from '../../traffic/weights.ts';

/** A service that needs what is exchanged, as it was found. */
export interface AffectedService {
  service: string;
  config: Service;
  world: ServiceWorld;
}

/** The step that asks which version of a service serves on a backup of another structure. */
export function versionStep(service: string): string {
  return `version-${service}`;
}

/** None for a service without users: it stays as it is until users are let in. */
export function stopSteps({ service, world: { traffic } }: AffectedService): PlanStep[] {
  if (traffic.stopped || normalised(traffic.weights).length === 0) return [];
  const { weights, admitPercent: back } = traffic;
  return [
    {
      id: `stop-${service}`,
      title: `Stop traffic of ${service} (${describeWeights(weights)}): 503 with Retry-After`,
      undo: `let ${back} % of the clients in again, where nothing was exchanged`,
      action: { kind: 'stop', service, back },
      weights: [],
    },
  ];
}

/** Every revision that has users, or had before the stop. */
export function sharesOf({ world: { traffic } }: AffectedService): Weight[] {
  return normalised(traffic.stopped ? traffic.beforeStop : traffic.weights);
}

/** The versions of these services that have users, or had before the stop. */
export function servedBy(affected: readonly AffectedService[]): Served {
  return Object.fromEntries(
    affected.map((one) => [
      one.service,
      [...new Set(sharesOf(one).map(({ version }) => version))].sort(),
    ]),
  );
}

/** The step's id for one of the revisions that had users, which may be of one version with other settings. */
function idFor(
  what: string,
  service: string,
  { revision, version }: Weight,
  shares: Weight[],
): string {
  if (shares.length === 1) return `${what}-${service}`;
  const alike = shares.filter((one) => one.version === version).length;
  return `${what}-${service}-${alike === 1 ? version : revision}`;
}

/** What had users is left without a replica, or with one where the platform can do with none; of services that are stopped. */
export function scaleDownSteps(one: AffectedService): PlanStep[] {
  const least = one.world.platform.scaleToZero ? 0 : 1;
  return scaleSteps(one, 'scale-down', (before) => [before, least]);
}

/** Back to what it was, until all of them are ready. */
export function scaleUpSteps(one: AffectedService): PlanStep[] {
  const least = one.world.platform.scaleToZero ? 0 : 1;
  const { service, config } = one;
  const up = scaleSteps(one, 'scale-up', (before) => [least, before]);
  const shares = sharesOf(one);
  const ready = shares.map((share): PlanStep => ({
    id: idFor('ready', service, share, shares),
    title: `Wait until all replicas of ${share.version} of ${service} are ready`,
    undo: NO_UNDO,
    action: {
      ...({ kind: 'ready', service, revision: share.revision } as const),
      deadline: config.rollout.deadlines.ready,
    },
  }));
  return up.length === 0 ? [] : [...up, ...ready];
}

function scaleSteps(
  one: AffectedService,
  what: string,
  counts: (desired: number) => readonly [from: number, to: number],
): PlanStep[] {
  const { service, world } = one;
  const shares = sharesOf(one);
  return shares.flatMap((share): PlanStep[] => {
    const { revision, version } = share;
    const desired = findRevision(world, revision)?.desired ?? 0;
    const [before, replicas] = counts(desired);
    if (before === replicas || world.platform.replicas === 'elastic') return [];
    return [
      {
        id: idFor(what, service, share, shares),
        title: `Scale ${version} of ${service} from ${before} to ${replicas} replicas`,
        undo: `back to ${desired}`,
        action: { kind: 'scale', service, revision, replicas, before: desired },
      },
    ];
  });
}

/** Nothing of what a replica read before stays in it. */
export function restartSteps(one: AffectedService): PlanStep[] {
  const { service, config, world } = one;
  if (!world.platform.restart) return [];
  const shares = sharesOf(one);
  return shares.map((share) => ({
    id: idFor('restart', service, share, shares),
    title: `Restart ${share.version} of ${service} on what is live now`,
    undo: 'none: users are kept out',
    action: {
      ...({ kind: 'restart', service, revision: share.revision } as const),
      deadline: config.rollout.deadlines.ready,
    },
  }));
}

/** While there is no user yet. */
export function smokeSteps(one: AffectedService): PlanStep[] {
  const { service, config, world } = one;
  const count = config.checks.smoke.length;
  if (count === 0) return [];
  const shares = sharesOf(one);
  return shares.flatMap((share) => {
    const { revision, version } = share;
    const spec: RevisionSpec | undefined = world.revisions.find(
      (found) => found.spec.id === revision,
    )?.spec;
    if (spec === undefined) return [];
    return [
      {
        ...checkStep('smoke', service, count, spec),
        id: idFor('smoke', service, share, shares),
        action: { kind: 'check', point: 'smoke', service, revision, version },
      },
    ];
  });
}

/** What fills a derived datastore is asked while there is no user yet; of services that have a revision to ask. */
export function warmLiveSteps(
  datastore: string,
  { warm = [] }: Pick<Datastore, 'warm'>,
  affected: readonly AffectedService[],
): PlanStep[] {
  return affected.flatMap((one) => {
    const { service } = one;
    const paths = warm.filter((request) => request.service === service).map(({ http }) => http);
    const judged = heaviest(sharesOf(one));
    if (paths.length === 0 || judged === undefined) return [];
    const { revision, version } = judged;
    return [
      {
        id: `warm-${datastore}-${service}`,
        title: `Warm ${datastore}: ask ${version} of ${service} for ${paths.join(', ')}`,
        undo: 'none: it is filled by use',
        action: { kind: 'warmLive', datastore, service, revision, version },
      },
    ];
  });
}

/** One share of the clients of a service; what users get is judged before the next share. */
export function admitStep(one: AffectedService, percent: number): PlanStep[] {
  const { service, config } = one;
  const shares = sharesOf(one);
  const judged = heaviest(shares);
  if (judged === undefined) return [];
  const { strategy, canary, blueGreen } = config.rollout;
  const how = strategy === 'canary' ? canary : blueGreen;
  const ms = how?.watch ?? 0;
  return [
    {
      id: `admit-${percent}-${service}`,
      title: `Let ${percent} % of the clients of ${service} in (${describeWeights(shares)})`,
      undo: 'none: users have written by then; "fairlead stop" keeps them out again',
      action: { kind: 'admit', service, percent },
      ...(ms > 0 && {
        bake: { ms, analyses: how?.analysis ?? [], revision: judged.revision, checks: true },
      }),
    },
  ];
}
