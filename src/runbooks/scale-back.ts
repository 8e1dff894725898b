// Waits for the end of more replicas, and goes back to as many as there were. Started by a scale that was to last for a time,
// which it outlives; a later one takes its place. It takes back what was asked for: neither a freeze nor a closed window holds it.
import { retireRevision } from './retire-revision.ts';
import { RANK, scopeOf, servicesAsked, type Runbook } from './runbook.ts';
import { planScale } from './scale-service.ts';

const TYPE = 'scaleBack';

export const scaleBack: Runbook = {
  kind: TYPE,
  type: TYPE,
  title: 'Scale back',
  asks: { required: ['system', 'service', 'replicas'], optional: ['delay'] },
  id: (request) => `scale-back/${scopeOf(request)}`,
  summary: (request) => `scale ${scopeOf(request)} back to ${request.replicas ?? '?'} replicas`,
  rank: RANK.later,
  leases: 'services',
  policy: { onFailure: 'undo', undone: 'failed' },
  replacesEarlier: true,
  asksAgain: { first: '1m', longest: '1h', times: 10 },
  waitsFirst: ({ delay = 0, replicas = 0 }) =>
    delay > 0 ? { ms: delay, summary: `Until back to ${replicas} replicas` } : undefined,
  ...(retireRevision.whenHeld && { whenHeld: retireRevision.whenHeld }),
  quiet: true,
  reads: servicesAsked,
  plan: (input, world) => planScale({ ...input, kind: TYPE }, world),
};
