// Asks a worker what a system looks like now, for the catalogue of its backups, whether it is recoverable, for the
// schedules that system files ask for, or for the report of a run that it has the evidence of.
import { proxyActivities } from '@temporalio/workflow';
import type { Activities } from '../activities/create.ts';
import type { Inspected } from '../activities/inspect.ts';
import { describeValue } from '../domain/text/describe-value.ts';
import { parseInspection, type Inspection } from '../domain/operation/inspection.ts';
import { answered, singleEnvelope } from './steps/single-activity.ts';

/**
 * Input: `{system}`, `{system, report: {workflowId, runId}}`, `{system, backups: true}`, `{system, recovery: true}`,
 * `{system, start: {type, request}}`, `{system, commands: {type, request}}`, or `{system?, schedules: true}`.
 */
export async function inspectSystem(input: unknown): Promise<Inspected> {
  return answered(async () => inspect(parseInspection(input)));
}

async function inspect(input: Inspection): Promise<Inspected> {
  const { inspectSystem: look } = proxyActivities<Activities>({
    startToCloseTimeout: '30s',
    heartbeatTimeout: '5s',
    retry: { maximumAttempts: 3, initialInterval: '200ms' },
    summary:
      input.system === '' ? 'Look at every system' : `Look at ${describeValue(input.system)}`,
  });
  const { value } = await look(singleEnvelope(input, { system: input.system, step: 'inspect' }));
  return value;
}
