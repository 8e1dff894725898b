// What an activity knows of the call that it answers.
import type { RunRef } from '../domain/operation/operation.ts';
import type { EpochToken } from '../domain/rollout/model.ts';
import type { Waiting } from '../ports/waiting.ts';

/** The call of an activity: what it is made for, and how the work says that it is alive and may still change things. */
export interface Call extends Waiting {
  operation: string;
  step: string;
  run: RunRef;
  /** Digest of the system that the operation loaded; null until it is loaded. */
  kept: string | null;
  urgent: boolean;
  /** From 1. */
  attempt: number;
  /** What an earlier attempt last beat, if one did. */
  previous: unknown;
  /** The operation wants it no more; false when it is the worker that stops, and another one goes on. */
  givenUp: () => boolean;
  /** Throws LeaseLost, Outage or Cancelled; call it right before each change. */
  token: () => Promise<EpochToken>;
}
