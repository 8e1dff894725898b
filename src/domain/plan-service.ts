// The short operations as plans: stop, admit, scale, restart, retire.
import type { Service } from '../config/system.ts';
import { Failure } from './failure.ts';
import type { LoadedSystem } from './loaded-system.ts';
import type { OperationKind, Plan, PlanStep } from './plan.ts';
import { finishPlan } from './plan-steps.ts';
import type { OperationRequest } from './request.ts';
import { describeWeights, heaviest, normalised, percentOf, total } from './weights.ts';
import { findRevision, type ServiceWorld } from './world.ts';

export interface ServicePlanInput {
  operation: string;
  kind: OperationKind;
  loaded: LoadedSystem;
  request: OperationRequest;
  /** Every service that the operation is about. */
  worlds: Record<string, ServiceWorld>;
}

export function planStop(input: ServicePlanInput): Plan {
  const open = Object.entries(input.worlds).filter(
    ([, { traffic }]) => !traffic.stopped && total(traffic.weights) > 0,
  );
  const steps = open.map(([service, { traffic }]): PlanStep => ({
    id: `stop-${service}`,
    title: `Stop traffic of ${service} (${describeWeights(traffic.weights)}): 503 with Retry-After`,
    undo: 'none: a stop is ended by fairlead admit',
    action: { kind: 'stop', service },
    weights: [],
  }));
  return finish(input, steps, 'no service has traffic');
}

export function planAdmit(input: ServicePlanInput): Plan {
  const percent = input.request.percent ?? 100;
  const closed = Object.entries(input.worlds).filter(
    ([, { traffic }]) => traffic.stopped || traffic.admitPercent !== percent,
  );
  const steps = closed.map(([service, { traffic }]): PlanStep => ({
    id: `admit-${service}`,
    title: `Let ${percent} % of the clients of ${service} in (${describeWeights(traffic.stopped ? traffic.beforeStop : traffic.weights)})`,
    undo: 'none: fairlead stop closes it again',
    action: { kind: 'admit', service, percent },
  }));
  return finish(input, steps, `every service lets ${percent} % in already`);
}

export function planScale(input: ServicePlanInput): Plan {
  const { service, config, world } = only(input);
  const live = liveRevision(input, service, world);
  const replicas = input.request.replicas ?? config.replicas;
  const before = findRevision(world, live.revision)?.desired ?? config.replicas;
  const steps: PlanStep[] = [
    {
      id: 'scale',
      title: `Scale ${live.version} of ${service} from ${before} to ${replicas} replicas`,
      undo: `back to ${before}`,
      action: { kind: 'scale', service, revision: live.revision, replicas, before },
    },
    {
      id: 'ready',
      title: 'Wait until all of them are ready',
      undo: 'none: it changes nothing',
      action: {
        kind: 'ready',
        service,
        revision: live.revision,
        deadline: config.rollout.deadlines.ready,
      },
    },
  ];
  return finish(
    input,
    before === replicas ? [] : steps,
    `${service} has ${before} replicas already`,
  );
}

export function planRestart(input: ServicePlanInput): Plan {
  const { service, config, world } = only(input);
  const live = liveRevision(input, service, world);
  return finish(input, [
    {
      id: 'restart',
      title: `Restart ${live.version} of ${service}, one replica after the other`,
      undo: 'none: a restart cannot be taken back',
      action: {
        kind: 'restart',
        service,
        revision: live.revision,
        deadline: config.rollout.deadlines.ready,
      },
    },
  ]);
}

export function planRetire(input: ServicePlanInput): Plan {
  const { service, world } = only(input);
  const { revision = '', version = '' } = input.request;
  const share =
    percentOf(world.traffic.weights, revision) + percentOf(world.traffic.beforeStop, revision);
  const there = findRevision(world, revision) !== undefined;
  const steps: PlanStep[] = [
    {
      id: 'remove',
      title: `Remove ${version} of ${service}, which has no traffic`,
      undo: 'none: fairlead rollback --to starts it again',
      action: { kind: 'remove', service, revision },
    },
  ];
  const why = there ? `${version} carries ${share} % again` : `${version} is gone already`;
  return finish(input, there && share === 0 ? steps : [], why);
}

function only(input: ServicePlanInput): { service: string; config: Service; world: ServiceWorld } {
  const [entry] = Object.entries(input.worlds);
  const config = entry === undefined ? undefined : input.loaded.system.services[entry[0]];
  if (entry === undefined || config === undefined) {
    throw new Failure('Broken', `a plan for ${input.kind} without its service`);
  }
  return { service: entry[0], config, world: entry[1] };
}

function liveRevision(
  input: ServicePlanInput,
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

function finish(input: ServicePlanInput, steps: PlanStep[], why = 'nothing to do'): Plan {
  const before: Plan['before'] = {};
  for (const [service, { traffic }] of Object.entries(input.worlds)) {
    before[service] = { weights: traffic.weights, stopped: traffic.stopped };
  }
  return finishPlan({
    operation: input.operation,
    kind: input.kind,
    loaded: input.loaded,
    ...(input.request.service !== undefined && { service: input.request.service }),
    steps,
    before,
    ...(steps.length === 0 && { nothingToDo: why }),
  });
}
