// The plan of a recovery of a datastore whose own place is gone (`--lost --into PLACE`): restored there, asked about, bound;
// services are started anew on it and let users in step by step. A branch of recover-live.ts.
import { Failure } from '../domain/failure.ts';
import type { LoadedSystem } from '../domain/loaded-system.ts';
import type { PlanStep } from '../domain/operation/plan.ts';
import type { BoundPlace } from '../domain/recovery/binding.ts';
import {
  askStep,
  besideSteps,
  letGoStep,
  type Restoring,
} from '../domain/recovery/exchange-steps.ts';
import { bindStep, judgeMovedStep, lookLostStep } from '../domain/recovery/live/lost.ts';
import {
  servedBy,
  stopSteps,
  type AffectedService,
} from '../domain/recovery/live/service-steps.ts';
import { leftOutOf } from '../domain/recovery/live/reconcile.ts';
import { haltStep, otherWriters } from '../domain/recovery/live/writers.ts';
import { addressSteps, movedSystem, movingOf, onto, startSteps } from './moved-services.ts';
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

export function lostSteps(input: LostInput): PlanStep[] {
  const { loaded, restoring, place, affected, flushed, gate } = input;
  const { datastore, copy } = restoring;
  const around = { recovery: loaded.system.recovery, exchange: undefined, lost: true };
  const move = { datastore, place };
  const moved = movedSystem(loaded, input.operation, [move]);
  const moving = affected.back.flatMap((one) => movingOf(one, moved));
  const back = moving.map(({ one }) => one);
  return [
    lookLostStep({ datastore, place }),
    ...affected.stopped.flatMap(stopSteps),
    ...otherWriters(loaded.system.recovery).map(haltStep),
    ...besideSteps({ ...restoring, elsewhere: place }),
    askStep(gate, servedBy(affected.stopped), leftOutOf(restoring, around)),
    bindStep({ datastore, copy, place }),
    judgeMovedStep({ datastore, copy }),
    letGoStep({ datastore, copy }),
    ...usersBackSteps({
      ...{ loaded, back, flushed },
      started: [...back.flatMap((one) => addressSteps(one, move)), ...moving.flatMap(startSteps)],
      admitted: admitSteps(loaded, back).map((step) => onto(moving, step)),
    }),
  ];
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
