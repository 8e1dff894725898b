// Users get 503 with Retry-After, of one service or of all. Stops what it can; what it could not stop is left over.
import type { Plan, PlanStep } from '../domain/operation/plan.ts';
import type { TrafficState } from '../domain/rollout/model.ts';
import { finishServices } from '../domain/rollout/whole-service.ts';
import { describeWeights, total } from '../domain/traffic/weights.ts';
import {
  RANK,
  scopeOf,
  trafficAsked,
  type PlanInput,
  type Runbook,
  type World,
} from './runbook.ts';

const TYPE = 'stopTraffic';

export const stopTraffic: Runbook = {
  kind: TYPE,
  type: TYPE,
  title: 'Stop traffic',
  asks: { required: ['system'], optional: ['service'] },
  id: (request) => `stop/${scopeOf(request)}`,
  summary: (request) => `stop traffic of ${scopeOf(request)}`,
  rank: RANK.traffic,
  leases: 'services',
  policy: { onFailure: 'continue', undone: 'failed' },
  savesUsers: true,
  needsNoFile: true,
  waitsForNoLease: true,
  reads: trafficAsked,
  plan: planStop,
};

/** Whether there is anything to stop: what never had traffic is left alone. */
export function isServed({ stopped, weights }: Pick<TrafficState, 'stopped' | 'weights'>): boolean {
  return !stopped && total(weights) > 0;
}

function planStop(input: PlanInput, { services }: World): Plan {
  const open = Object.entries(services).filter(([, { traffic }]) => isServed(traffic));
  const steps = open.map(([service, { traffic }]): PlanStep => ({
    id: `stop-${service}`,
    title: `Stop traffic of ${service} (${describeWeights(traffic.weights)}): 503 with Retry-After`,
    undo: 'none: a stop is ended by fairlead admit',
    action: { kind: 'stop', service },
    weights: [],
  }));
  return finishServices(
    { ...input, kind: TYPE, worlds: services },
    steps,
    'no service has traffic',
  );
}
