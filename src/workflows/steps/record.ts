// Writing the record of an operation: each entry with the hash of the one before, and a line in the worker's log.
import { workflowInfo } from '@temporalio/workflow';
import { chain } from '../../domain/record/evidence-chain.ts';
import type { EvidenceBody } from '../../domain/record/evidence.ts';
import type { Weights } from '../../domain/rollout/model.ts';
import { shown } from '../../domain/traffic/weights.ts';
import { logEntry } from './logged.ts';
import { now, type Run } from './run.ts';

/**
 * Adds an entry to the record, and a line to the log; it is written with the next activity. What comes beside the main course
 * while the record is closed (a watch whose worker died, a freeze that somebody ends) is in the log only: its end is chained to what was there.
 */
export function record(run: Run, body: EvidenceBody, at = now()): void {
  if (run.record.isClosing !== true) {
    run.record.entries.push(chain(run.record.entries.at(-1), at, body));
  }
  logEntry(run, body);
}

/** The traffic of a service as it was read back, or as people take it. */
export function recordWeights(run: Run, service: string, weights: Weights): void {
  run.traffic.weights[service] = weights;
  run.traffic.attempted.delete(service);
  record(run, { type: 'weights', service, versions: shown(weights) });
}

/** The first entry: what the operation is, who asked for it, and why. */
export function recordOpening(run: Run): void {
  const { workflowId, runId } = workflowInfo();
  record(run, {
    type: 'opened',
    operation: run.operation,
    kind: run.runbook.type,
    system: run.request.system,
    systemDigest: run.basis.loaded?.digest ?? '',
    workflowId,
    runId,
    requestedBy: run.request.requestedBy ?? null,
    reason: run.basis.reason,
  });
}
