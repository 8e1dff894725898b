// What the short operations on services have in common: each is one or two steps on a service as a whole.
import type { Service } from '../../config/system.ts';
import { Failure } from '../failure.ts';
import type { LoadedSystem } from '../loaded-system.ts';
import type { Plan, PlanStep } from '../operation/plan.ts';
import { finishPlan } from '../operation/plan-steps.ts';
import type { OperationRequest } from '../operation/request.ts';
import { describeWeights, heaviest, normalised } from '../traffic/weights.ts';
import type { ServiceWorld } from './model.ts';

export interface ServicesInput {
  operation: string;
  loaded: LoadedSystem;
  request: OperationRequest;
}

/** By service: every one that the operation is about. */
export type Worlds = Readonly<Record<string, ServiceWorld>>;

/** The one service that the operation is about. */
export function onlyService(
  input: ServicesInput,
  worlds: Worlds,
): { service: string; config: Service; world: ServiceWorld } {
  const [entry] = Object.entries(worlds);
  const config = entry === undefined ? undefined : input.loaded.system.services[entry[0]];
  if (entry === undefined || config === undefined) {
    throw new Failure('Broken', `planning ${input.operation} without its service`);
  }
  return { service: entry[0], config, world: entry[1] };
}

/** What all users are on. Throws Refused when nobody is, or they are on several. */
export function liveRevision(
  input: ServicesInput,
  service: string,
  world: ServiceWorld,
): { revision: string; version: string } {
  const live = heaviest(world.traffic.weights);
  if (live?.percent === 100) return live;
  const found =
    normalised(world.traffic.weights).length === 0 ? 'nothing has traffic' : 'its traffic is split';
  throw new Failure(
    'Refused',
    `${input.loaded.name}/${service} cannot be changed as a whole: ${found} (${describeWeights(world.traffic.weights)})`,
  );
}

/** `why`: there is nothing to do, if there are no steps. */
export function finishServices(
  input: ServicesInput & { kind: string; worlds: Worlds },
  steps: PlanStep[],
  why = 'nothing to do',
): Plan {
  return finishPlan({
    operation: input.operation,
    kind: input.kind,
    loaded: input.loaded,
    ...(input.request.service !== undefined && { service: input.request.service }),
    steps,
    worlds: input.worlds,
    ...(steps.length === 0 && { nothingToDo: why }),
  });
}
