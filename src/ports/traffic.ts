// The port to who gets the requests of a service on one platform. Every verb throws `Failure`.
import type { ProbeAnswer, TrafficState, Weights } from '../domain/rollout/model.ts';
import type { ServiceTarget } from '../domain/rollout/service-target.ts';
import type { Waiting } from './waiting.ts';
import type { ServiceChange } from './workload.ts';

/** Who gets a service's requests. */
export interface TrafficPort {
  read(service: ServiceTarget, waiting: Waiting): Promise<TrafficState>;
  /**
   * Sets the weights, if they are what `expect` says; already as asked is fine.
   * Throws WorldChanged with `{expected, found}`, Superseded with `{fence, found}`.
   */
  set(
    input: ServiceChange & { weights: Weights; expect: Weights },
    waiting: Waiting,
  ): Promise<TrafficState>;
  /** Sends `count` marked requests the way users go and says which revision answered each. */
  probe(input: { service: ServiceTarget; count: number }, waiting: Waiting): Promise<ProbeAnswer[]>;
  /** All weights 0; users get 503 with Retry-After. Idempotent. */
  stop(input: ServiceChange, waiting: Waiting): Promise<TrafficState>;
  /** Brings the weights from before a stop back, or `to` instead of them, and lets `percent` of the clients in (sticky per client). */
  admit(
    input: ServiceChange & { percent: number; to?: Weights },
    waiting: Waiting,
  ): Promise<TrafficState>;
  /** The header of an answer to a marked request in which the platform says which revision gave it, where it does. */
  readonly revisionHeader?: string;
  /** Headers that mark a request to an address of this service as Fairlead's own; they are sent nowhere else. */
  mark(service: ServiceTarget, waiting: Waiting): Promise<Record<string, string>>;
}
