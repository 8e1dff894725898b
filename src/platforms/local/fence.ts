// Which change is too late. Pure: the highest fence seen of a service goes in, the next one comes out.
import { Failure } from '../../domain/failure.ts';
import type { Fence } from '../../domain/model.ts';

/** The highest (epoch, sequence) that changed a service, and whose it was. */
export interface SeenFence {
  epoch: number;
  sequence: number;
  operation: string;
}

/**
 * An older epoch, or an earlier change of the same epoch, throws Superseded with `{fence, found}`.
 * The same one again is a retry and passes.
 */
export function passFence(seen: SeenFence | null, fence: Fence, what: string): SeenFence {
  const older =
    seen !== null &&
    (fence.epoch < seen.epoch || (fence.epoch === seen.epoch && fence.sequence < seen.sequence));
  if (older) {
    throw new Failure(
      'Superseded',
      `${what} was asked by ${fence.operation} (step ${fence.step}, epoch ${said(fence)}), but ` +
        `${seen.operation} has changed it since (epoch ${said(seen)}): nothing was done; look at the newer operation. ` +
        "If that epoch is still to come, the clock of Temporal's server was set back: set it right, or wait until then",
      { fence, found: seen },
    );
  }
  return { epoch: fence.epoch, sequence: fence.sequence, operation: fence.operation };
}

/** An epoch is when its lease began (ms): people are told the time as well. */
function said({ epoch, sequence }: { epoch: number; sequence: number }): string {
  return `${epoch}, from ${new Date(epoch).toISOString()}, change ${sequence}`;
}
