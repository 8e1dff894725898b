// Brings the platform's own object of a service (a Helm release, a Deployment that somebody else owns) to the revision that
// users are on, or back to what it stood on before.
import { Failure } from '../domain/failure.ts';
import type { ServiceTarget } from '../domain/rollout/service-target.ts';
import type { Clock } from '../ports/clock.ts';
import type { Call } from './call.ts';
import { trafficOf, workloadOf, type Platforms } from './platforms.ts';
import { readBack } from './traffic.ts';
import { lookUntil } from './workload.ts';

export interface SettleInput {
  place: ServiceTarget;
  revision: string;
  version: string;
  /** How long the object may take to get there (ms of observed time). */
  deadline: number;
  /** The way back: users are looked at by whoever sends the traffic back next, so that this holds nothing up. */
  back: boolean;
}

/** Throws NotReady with what is missing when the object has not got there in time. */
export async function settleService(
  { place, revision, version, deadline, back }: SettleInput,
  call: Call,
  { platforms, clock }: { platforms: Platforms; clock: Clock },
): Promise<{ detail: string }> {
  const token = await call.token();
  const workload = workloadOf(platforms, place);
  let missing = '';
  const settled = await lookUntil(deadline, call, clock, async () => {
    const { done, seen } = await workload.settle({ service: place, revision, token }, call);
    missing = seen;
    return done ? seen : undefined;
  });
  if (settled === undefined) {
    throw new Failure(
      'NotReady',
      `settling ${place.system}/${place.service} on ${version}: it was not there within ${deadline / 1000} s (${missing}); users stay on what has the traffic`,
    );
  }
  if (back) return { detail: settled };
  const { weights } = await trafficOf(platforms, place).read(place, call);
  const users = await readBack(place, weights, call, { platforms, clock });
  return { detail: `${settled}; users: ${users}` };
}
