// Writes canary records into the datastores of a system: no record, no lease, started by the schedule `canary/<system>`.
import { proxyActivities } from '@temporalio/workflow';
import type { Activities } from '../activities/create.ts';
import { problemOf, type HeartbeatRound } from '../domain/backup/heartbeat-round.ts';
import { Failure } from '../domain/failure.ts';
import { parseSystemOnly } from '../domain/operation/inspection.ts';
import { answered, singleEnvelope } from './steps/single-activity.ts';

/** Input: `{system}`. Fails, with what went wrong where, after it has tried every one. */
export async function writeCanary(input: unknown): Promise<HeartbeatRound> {
  return answered(async () => {
    const round = await write(parseSystemOnly('writeCanary', input));
    const problem = problemOf(round);
    if (problem !== undefined) throw new Failure('CheckFailed', problem);
    return round;
  });
}

async function write(system: string): Promise<HeartbeatRound> {
  const { writeHeartbeats } = proxyActivities<Activities>({
    startToCloseTimeout: '1m',
    heartbeatTimeout: '5s',
    // The next one is due soon, and says more than a late one.
    retry: { maximumAttempts: 2, initialInterval: '200ms' },
    summary: `Write canary records into the datastores of ${system}`,
  });
  const { value } = await writeHeartbeats(singleEnvelope({ system }, { system, step: 'canary' }));
  return value;
}
