// Somebody removes what an exchange kept of live data, before the janitor does. It takes no lease: what is removed is live nowhere.
import { proxyActivities } from '@temporalio/workflow';
import type { RemovedQuarantine } from '../activities/data/remove-quarantined.ts';
import type { Activities } from '../activities/create.ts';
import {
  parseRemoveQuarantined,
  type RemoveQuarantinedRequest,
} from '../domain/operation/remove-quarantined-request.ts';
import { answered, singleEnvelope } from './steps/single-activity.ts';

/** Input: `{system, datastore, name, requestedBy}`. */
export async function removeQuarantined(input: unknown): Promise<RemovedQuarantine> {
  return answered(async () => remove(parseRemoveQuarantined(input)));
}

async function remove(request: RemoveQuarantinedRequest): Promise<RemovedQuarantine> {
  const { system, datastore, name } = request;
  const { removeQuarantined: work } = proxyActivities<Activities>({
    startToCloseTimeout: '10m',
    heartbeatTimeout: '5s',
    retry: { maximumAttempts: 5, initialInterval: '200ms' },
    summary: `Remove ${name} of ${system}/${datastore}, which an exchange kept`,
  });
  const { value } = await work(singleEnvelope(request, { system, step: 'remove' }));
  return value;
}
