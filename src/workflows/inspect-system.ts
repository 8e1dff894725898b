// Asks a worker what a system looks like now, for the catalogue of its backups, whether it is recoverable, or for the report of a run that it has the evidence of.
import { ApplicationFailure } from '@temporalio/common';
import { proxyActivities, workflowInfo } from '@temporalio/workflow';
import type { Activities } from '../activities/create.ts';
import type { Inspected, InspectInput } from '../activities/inspect.ts';
import { describeValue } from '../domain/describe-value.ts';
import { Failure } from '../domain/failure.ts';
import { parseInspection } from '../domain/inspection.ts';
import { failureOf } from './steps/call.ts';

/** Input: `{system}`, `{system, report: {workflowId, runId}}` or `{system, backups: true}` or `{system, recovery: true}`. */
export async function inspectSystem(input: unknown): Promise<Inspected> {
  try {
    return await inspect(parseInspection(input));
  } catch (error) {
    const known = error instanceof Failure ? error : failureOf(error);
    if (known === undefined) throw error;
    const failure = ApplicationFailure.create({
      type: 'failed',
      message: known.message,
      nonRetryable: true,
      details: [null, { kind: known.kind }],
    });
    failure.stack = '';
    throw failure;
  }
}

async function inspect(input: InspectInput): Promise<Inspected> {
  const { inspectSystem: look } = proxyActivities<Activities>({
    startToCloseTimeout: '30s',
    heartbeatTimeout: '5s',
    retry: { maximumAttempts: 3, initialInterval: '200ms' },
    summary: `Look at ${describeValue(input.system)}`,
  });
  const { value } = await look({
    input,
    operation: workflowInfo().workflowId,
    system: input.system,
    step: 'inspect',
    sequence: 0,
    entries: [],
    secrets: null,
    aliveAt: Date.now(),
    resumeWithin: Number.MAX_SAFE_INTEGER,
  });
  return value;
}
