// Replaces every replica of the revision that users are on, one after the other.
import type { Plan } from '../domain/operation/plan.ts';
import { finishServices, liveRevision, onlyService } from '../domain/rollout/whole-service.ts';
import {
  RANK,
  scopeOf,
  servicesAsked,
  type PlanInput,
  type Runbook,
  type World,
} from './runbook.ts';

const TYPE = 'restartService';

export const restartService: Runbook = {
  kind: TYPE,
  type: TYPE,
  title: 'Restart service',
  asks: { required: ['system', 'service'], optional: ['waitForWindow', 'hotfix'] },
  id: (request) => `restart/${scopeOf(request)}`,
  summary: (request) => `restart ${scopeOf(request)}`,
  rank: RANK.change,
  leases: 'services',
  goesForward: true,
  policy: { onFailure: 'undo', undone: 'failed' },
  reads: servicesAsked,
  plan: planRestart,
};

function planRestart(input: PlanInput, { services }: World): Plan {
  const { service, config, world } = onlyService(input, services);
  const live = liveRevision(input, service, world);
  return finishServices({ ...input, kind: TYPE, worlds: services }, [
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
