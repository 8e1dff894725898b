// Which versions had users when a backup was made: what its tables are like goes with them.
import type { Served } from '../../domain/backup/backup.ts';
import { Failure } from '../../domain/failure.ts';
import type { ServiceTarget } from '../../domain/rollout/service-target.ts';
import { normalised } from '../../domain/traffic/weights.ts';
import type { Call } from '../call.ts';
import { trafficOf, type Platforms } from '../platforms.ts';

/** A backup is made also where the platform does not answer: then nobody says what served. */
export async function servedNow(
  services: readonly ServiceTarget[],
  platforms: Platforms | undefined,
  call: Call,
): Promise<{ served?: Served }> {
  if (platforms === undefined) return {};
  const found: Served = {};
  try {
    for (const target of services) {
      const { stopped, beforeStop, weights } = await trafficOf(platforms, target).read(
        target,
        call,
      );
      const shares = normalised(stopped ? beforeStop : weights);
      found[target.service] = [...new Set(shares.map(({ version }) => version))].sort();
    }
  } catch (error) {
    if (error instanceof Failure) return {};
    throw error;
  }
  return { served: found };
}
