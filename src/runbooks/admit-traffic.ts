// Lets users in again, `percent` of them, of one service or of all.
import { Failure } from '../domain/failure.ts';
import type { Plan, PlanStep } from '../domain/operation/plan.ts';
import type { ServiceWorld } from '../domain/rollout/model.ts';
import { refuseRevision } from '../domain/rollout/quarantine.ts';
import { finishServices } from '../domain/rollout/whole-service.ts';
import { commandText } from '../domain/text/command-text.ts';
import { describeWeights, normalised } from '../domain/traffic/weights.ts';
import {
  RANK,
  scopeOf,
  trafficAsked,
  type PlanInput,
  type Runbook,
  type World,
} from './runbook.ts';

const TYPE = 'admitTraffic';

export const admitTraffic: Runbook = {
  kind: TYPE,
  type: TYPE,
  title: 'Admit traffic',
  asks: { required: ['system'], optional: ['service', 'percent'] },
  id: (request) => `admit/${scopeOf(request)}`,
  summary: (request) => `admit ${request.percent ?? 100} % of users to ${scopeOf(request)}`,
  rank: RANK.wayBack,
  leases: 'services',
  policy: { onFailure: 'continue', undone: 'failed' },
  needsNoFile: true,
  laterWord: true,
  reads: trafficAsked,
  plan: planAdmit,
};

function planAdmit(input: PlanInput, { services }: World): Plan {
  const percent = input.request.percent ?? 100;
  const closed = Object.entries(services).filter(
    ([, { traffic }]) => traffic.stopped || traffic.admitPercent !== percent,
  );
  for (const [, { traffic, revisions }] of closed) {
    const shares = traffic.stopped ? traffic.beforeStop : traffic.weights;
    for (const { spec } of revisions) {
      const isServed = shares.some(({ revision }) => revision === spec.id);
      if (isServed) refuseRevision(spec, input.loaded.places ?? {});
    }
  }
  if (percent > 0) for (const [service, world] of closed) refuseEmpty(input, service, world);
  const steps = closed.map(([service, { traffic }]): PlanStep => ({
    id: `admit-${service}`,
    title: `Let ${percent} % of the clients of ${service} in (${describeWeights(traffic.stopped ? traffic.beforeStop : traffic.weights)})`,
    undo: 'none: fairlead stop closes it again',
    action: { kind: 'admit', service, percent },
  }));
  return finishServices(
    { ...input, kind: TYPE, worlds: services },
    steps,
    `every service lets ${percent} % in already`,
  );
}

/** Throws Refused where users would come to what has no replica. */
function refuseEmpty(
  { loaded: { name, system } }: PlanInput,
  service: string,
  { traffic, revisions, platform }: ServiceWorld,
): void {
  const shares = normalised(traffic.stopped ? traffic.beforeStop : traffic.weights);
  const empty = revisions.find(
    ({ spec, desired }) => desired === 0 && shares.some(({ revision }) => revision === spec.id),
  );
  if (empty === undefined || platform.replicas === 'elastic') return;
  const target = `${name}/${service}`;
  const count = system.services[service]?.replicas ?? 1;
  throw new Failure(
    'Refused',
    `letting users of ${target} in: ${empty.spec.version} has no replica; scale it first: ${commandText('scale', target, String(count))}`,
  );
}
