// Writes canary records into the datastores of a system: no record, no lease, started by the schedule `canary/<system>`.
import { ApplicationFailure } from '@temporalio/common';
import { proxyActivities, workflowInfo } from '@temporalio/workflow';
import type { Activities } from '../activities/create.ts';
import { parseCanaryRequest, problemOf, type CanaryRound } from '../domain/canary-round.ts';
import { Failure } from '../domain/failure.ts';
import { failureOf } from './steps/call.ts';

/** Input: `{system}`. Fails, with what went wrong where, after it has tried every one. */
export async function writeCanary(input: unknown): Promise<CanaryRound> {
  try {
    const round = await write(parseCanaryRequest(input).system);
    const problem = problemOf(round);
    if (problem !== undefined) throw new Failure('CheckFailed', problem);
    return round;
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

async function write(system: string): Promise<CanaryRound> {
  const { writeCanaries } = proxyActivities<Activities>({
    startToCloseTimeout: '1m',
    heartbeatTimeout: '5s',
    // The next one is due soon, and says more than a late one.
    retry: { maximumAttempts: 2, initialInterval: '200ms' },
    summary: `Write canary records into the datastores of ${system}`,
  });
  const { value } = await writeCanaries({
    input: { system },
    operation: workflowInfo().workflowId,
    system,
    step: 'canary',
    sequence: 0,
    entries: [],
    secrets: null,
    aliveAt: Date.now(),
    resumeWithin: Number.MAX_SAFE_INTEGER,
  });
  return value;
}
