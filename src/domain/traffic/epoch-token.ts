// Which change is too late. Pure: the highest epoch token seen of a service goes in, the next one comes out.
import { Failure } from '../failure.ts';
import type { EpochToken } from '../rollout/model.ts';

/** The highest (epoch, sequence) that changed a service, and whose it was. */
export interface SeenToken {
  epoch: number;
  sequence: number;
  operation: string;
}

/**
 * An older epoch, or an earlier change of the same epoch, throws Superseded with `{fence, found}`.
 * The same token again is a retry and passes.
 */
export function passToken(seen: SeenToken | null, token: EpochToken, what: string): SeenToken {
  const older =
    seen !== null &&
    (token.epoch < seen.epoch || (token.epoch === seen.epoch && token.sequence < seen.sequence));
  if (older) {
    throw new Failure(
      'Superseded',
      `${what} was asked by ${token.operation} (step ${token.step}, epoch ${said(token)}), but ` +
        `${seen.operation} has changed it since (epoch ${said(seen)}): nothing was done; look at the newer operation. ` +
        "If that epoch is still to come, the clock of Temporal's server was set back: set it right, or wait until then",
      { fence: token, found: seen },
    );
  }
  return { epoch: token.epoch, sequence: token.sequence, operation: token.operation };
}

/** An epoch is when its lease began (ms): people are told the time as well. */
function said({ epoch, sequence }: { epoch: number; sequence: number }): string {
  return `${epoch}, from ${new Date(epoch).toISOString()}, change ${sequence}`;
}

/** Of a store that keeps the newest token itself: what it says to an older one. `found`: what it has, as far as it was seen. */
export function superseded(
  what: string,
  token: EpochToken,
  found: Partial<Pick<EpochToken, 'epoch' | 'sequence'>>,
): Failure {
  const { operation, step, epoch, sequence } = token;
  const since =
    found.epoch === undefined ? '' : ` (epoch ${found.epoch}, change ${found.sequence ?? 0})`;
  return new Failure(
    'Superseded',
    `changing ${what} was asked by ${operation} (step ${step}, epoch ${epoch}, change ${sequence}), but a newer change was there first${since}`,
    { token, found },
  );
}
