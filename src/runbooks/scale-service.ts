// Changes the number of replicas of the revision that users are on.
import type { Plan, PlanStep } from '../domain/operation/plan.ts';
import { NO_UNDO } from '../domain/text/plan-words.ts';
import { finishServices, liveRevision, onlyService } from '../domain/rollout/whole-service.ts';
import { findRevision } from '../domain/rollout/model.ts';
import {
  RANK,
  scopeOf,
  servicesAsked,
  type PlanInput,
  type Runbook,
  type World,
} from './runbook.ts';

const TYPE = 'scaleService';

export const scaleService: Runbook = {
  kind: TYPE,
  type: TYPE,
  title: 'Scale service',
  asks: { required: ['system', 'service', 'replicas'], optional: ['waitForWindow', 'hotfix'] },
  id: (request) => `scale/${scopeOf(request)}`,
  summary: (request) => `scale ${scopeOf(request)} to ${request.replicas ?? '?'} replicas`,
  rank: RANK.change,
  leases: 'services',
  goesForward: true,
  policy: { onFailure: 'undo', undone: 'failed' },
  reads: servicesAsked,
  plan: planScale,
};

function planScale(input: PlanInput, { services }: World): Plan {
  const { service, config, world } = onlyService(input, services);
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
      undo: NO_UNDO,
      action: {
        kind: 'ready',
        service,
        revision: live.revision,
        deadline: config.rollout.deadlines.ready,
      },
    },
  ];
  return finishServices(
    { ...input, kind: TYPE, worlds: services },
    before === replicas ? [] : steps,
    `${service} has ${before} replicas already`,
  );
}
