// Keeps an old revision for the insurance time, then removes it if it still has no traffic. Started by a deploy, which it
// outlives; a roll-back that wants the revision again calls it off.
import type { Plan, PlanStep } from '../domain/operation/plan.ts';
import { finishServices, onlyService } from '../domain/rollout/whole-service.ts';
import { findRevision } from '../domain/rollout/model.ts';
import { percentOf } from '../domain/traffic/weights.ts';
import {
  RANK,
  scopeOf,
  servicesAsked,
  type PlanInput,
  type Runbook,
  type World,
} from './runbook.ts';

const TYPE = 'retireRevision';

const TRY_AGAIN_MS = 30_000;
/** Twice as long each time up to this, so that days of waiting fit into one history. */
const LONGEST_MS = 3_600_000;

export const retireRevision: Runbook = {
  kind: TYPE,
  type: TYPE,
  title: 'Retire revision',
  asks: { required: ['system', 'service', 'version', 'revision'], optional: ['delay'] },
  id: (request) => `retire/${scopeOf(request)}/${request.version ?? ''}`,
  summary: (request) => `remove ${request.version ?? ''} of ${scopeOf(request)}`,
  rank: RANK.later,
  leases: 'services',
  goesForward: true,
  policy: { onFailure: 'undo', undone: 'failed' },
  waitsFirst: ({ delay = 0, version = '' }) =>
    delay > 0 ? { ms: delay, summary: `Keep ${version}` } : undefined,
  whenHeld: {
    waitsFor: () => true,
    delay: (tries, { delay = TRY_AGAIN_MS }) => {
      const first = Math.max(1000, Math.min(delay, TRY_AGAIN_MS));
      return Math.min(first * 2 ** Math.min(tries - 1, 20), LONGEST_MS);
    },
  },
  // Hours after its deploy, and called off by the next one: that it went wrong is all that anybody wants to hear.
  quiet: true,
  reads: servicesAsked,
  plan: planRetire,
};

function planRetire(input: PlanInput, { services }: World): Plan {
  const { service, world } = onlyService(input, services);
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
  return finishServices(
    { ...input, kind: TYPE, worlds: services },
    there && share === 0 ? steps : [],
    why,
  );
}
