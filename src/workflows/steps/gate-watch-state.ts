// The gate watch of a run, as the run keeps it and as status shows it.
import type { GateWatchEnd, GateWatchStatus } from '../../domain/analysis/gate-watch.ts';
import type { PlanStep } from '../../domain/operation/plan.ts';

export interface GateWatch extends WaitingFor {
  step: PlanStep;
  /** ms */
  since: number;
  cancel: () => void;
  end?: GateWatchEnd;
}

/** What people are waited for, and what a fail comes to meanwhile. */
export interface WaitingFor {
  at: 'gate' | 'pause' | 'park';
  /** As a clause: `weight-50 waited for approval`. */
  during: string;
  /** It is undone; else people are told. */
  undoes: boolean;
}

/** What status shows of a gate watch; what it saw so far is in the heartbeat of its activity. */
export function gateWatchOf(watch: GateWatch | undefined): { watch?: GateWatchStatus } {
  if (watch === undefined) return {};
  const { judged = null, bakes = 0, unobserved: blind } = watch.end ?? {};
  const status: GateWatchStatus = {
    step: watch.step.id,
    since: isoOf(watch.since),
    ...(judged !== null && { judged: { ...judged, at: isoOf(judged.at), bakes } }),
    ...(blind !== undefined && { notObserved: { ...blind, since: isoOf(blind.since) } }),
  };
  return { watch: status };
}

export function isoOf(ms: number): string {
  return new Date(ms).toISOString();
}
