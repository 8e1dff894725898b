// The plan of a recovery of a datastore whose own place is gone (`--lost --into PLACE`): restored there, asked about, bound;
// services are started anew on it and let users in step by step. A branch of recover-live.ts.
import { Failure } from '../domain/failure.ts';
import type { LoadedSystem } from '../domain/loaded-system.ts';
import type { PlanStep } from '../domain/operation/plan.ts';
import { ensureStep, readyStep } from '../domain/operation/plan-steps.ts';
import type { BindingRecord, BoundPlace } from '../domain/recovery/binding.ts';
import {
  askStep,
  besideSteps,
  letGoStep,
  type Restoring,
} from '../domain/recovery/exchange-steps.ts';
import {
  askMovedStep,
  bindStep,
  judgeMovedStep,
  lookLostStep,
} from '../domain/recovery/live/lost.ts';
import {
  sharesOf,
  stopSteps,
  type AffectedService,
} from '../domain/recovery/live/service-steps.ts';
import { haltStep, otherWriters } from '../domain/recovery/live/writers.ts';
import { revisionSpec } from '../domain/rollout/revision.ts';
import type { RevisionSpec, Weights } from '../domain/rollout/model.ts';
import { admitSteps, usersBackSteps } from './users-back.ts';

export interface LostInput {
  operation: string;
  loaded: LoadedSystem;
  restoring: Restoring;
  place: BoundPlace;
  /** In the order in which they are stopped, and in which they come back. */
  affected: { stopped: AffectedService[]; back: AffectedService[] };
  flushed: string[];
  gate: string;
}

/** A service on the revisions that it has at the new place. */
interface Moving {
  one: AffectedService;
  revisions: RevisionSpec[];
  to: Weights;
}

export function lostSteps(input: LostInput): PlanStep[] {
  const { loaded, restoring, place, affected, flushed, gate } = input;
  const { datastore, copy } = restoring;
  const moved = movedSystem(input);
  const moving = affected.back.flatMap((one) => movingOf(one, moved));
  const back = moving.map(({ one }) => one);
  return [
    lookLostStep({ datastore, place }),
    ...affected.stopped.flatMap(stopSteps),
    ...otherWriters(loaded.system.recovery).map(haltStep),
    ...besideSteps({ ...restoring, elsewhere: place }),
    askStep(gate),
    bindStep({ datastore, copy, place }),
    judgeMovedStep({ datastore, copy }),
    letGoStep({ datastore, copy }),
    ...usersBackSteps({
      ...{ loaded, back, flushed },
      started: [...back.flatMap((one) => addressSteps(one, input)), ...moving.flatMap(startSteps)],
      admitted: admitSteps(loaded, back).map((step) => onto(moving, step)),
    }),
  ];
}

/** As the system will be once the record is there: what its revisions are bound to is part of what they are. */
function movedSystem({ operation, loaded, restoring, place }: LostInput): LoadedSystem {
  const { datastore } = restoring;
  const whole = { ...loaded.places?.[datastore]?.place, ...place };
  const by: BindingRecord = {
    ...{ schema: 'fairlead/binding/v1', system: loaded.name, datastore, place },
    ...{ epoch: 0, since: new Date(0).toISOString(), operation },
  };
  return { ...loaded, places: { ...loaded.places, [datastore]: { place: whole, by } } };
}

/** None for a service without users. Smoke checks and shares are of the new revisions. */
function movingOf(one: AffectedService, moved: LoadedSystem): Moving[] {
  const shares = sharesOf(one);
  if (shares.length === 0) return [];
  const { service, world } = one;
  const specs = shares.map(({ version }) => revisionSpec(moved, service, version));
  const to = shares.map((share, index) => ({ ...share, revision: specs[index]?.id ?? '' }));
  const revisions = [
    ...world.revisions,
    ...specs
      .filter(({ id }) => !world.revisions.some(({ spec }) => spec.id === id))
      .map((spec) => ({ ...PLANNED, spec })),
  ];
  const traffic = { ...world.traffic, stopped: true, beforeStop: to };
  return [{ one: { ...one, world: { ...world, revisions, traffic } }, revisions: specs, to }];
}

/** A revision that is still to be made. */
const PLANNED = {
  ...({ condition: 'starting', desired: 0, ready: 0, crashes: 0 } as const),
  ...{ previewUrl: '', metricsUrl: '' },
};

function startSteps({ one, revisions }: Moving): PlanStep[] {
  const { service, config, world } = one;
  return revisions.flatMap((spec) => {
    const there = {
      ...world,
      revisions: world.revisions.filter(({ previewUrl }) => previewUrl !== ''),
    };
    const id = revisions.length === 1 ? service : `${service}-${spec.version}`;
    return [
      { ...ensureStep(service, spec, config.replicas, there), id: `start-${id}` },
      { ...readyStep(service, spec, config.rollout.deadlines.ready), id: `ready-${id}` },
    ];
  });
}

/** Where its configuration does not say where the datastore is, somebody has to. */
function addressSteps(
  { service, config }: AffectedService,
  { restoring, place }: LostInput,
): PlanStep[] {
  const { datastore } = restoring;
  const told = Object.values(config.configuration).some(
    (value) => typeof value === 'string' && value.includes(`{{binding.${datastore}.`),
  );
  return told || !config.datastores.includes(datastore)
    ? []
    : [askMovedStep(service, datastore, place)];
}

/** Users are let in on the revisions of their service that are at the new place. */
function onto(moving: readonly Moving[], step: PlanStep): PlanStep {
  const { action } = step;
  if (action.kind !== 'admit') return step;
  const to = moving.find(({ one }) => one.service === action.service)?.to;
  return to === undefined ? step : { ...step, action: { ...action, to } };
}

/** Throws BadInput where it is not said where to, or where from. */
export function refuseHalf({
  lost,
  into,
  adopt,
}: {
  lost?: boolean;
  into?: string;
  adopt?: string;
}): void {
  if ((lost === true) === (into !== undefined) && !(lost === true && adopt !== undefined)) return;
  const message =
    adopt === undefined
      ? 'lost and into go together: what held the data is gone, and they are restored into another place'
      : 'lost and adopt say both what becomes of what is live; adopt what was restored beside it, or restore a backup elsewhere';
  throw new Failure('BadInput', `recovering: ${message}`);
}
