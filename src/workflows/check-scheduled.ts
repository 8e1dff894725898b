// How do the runbooks on a system's schedule stand? Started by the schedule `scheduled/<system>`, or by hand; it takes no lease and
// leaves no record. Metrics and notices come of it.
import { proxyActivities, setCurrentDetails } from '@temporalio/workflow';
import type { Activities } from '../activities/create.ts';
import type { CheckedScheduled } from '../activities/scheduled/check-scheduled.ts';
import { parseSystemOnly } from '../domain/operation/inspection.ts';
import { answered, singleEnvelope } from './steps/single-activity.ts';

/** Input: `{system}`. Completes whatever it finds; fails when it cannot be worked out. */
export async function checkScheduled(input: unknown): Promise<CheckedScheduled> {
  return answered(async () => {
    const system = parseSystemOnly('checkScheduled', input);
    const { checkScheduled: look } = proxyActivities<Activities>({
      startToCloseTimeout: '2m',
      heartbeatTimeout: '5s',
      retry: { maximumAttempts: 5, initialInterval: '2s', maximumInterval: '10s' },
      summary: `Look at the runbooks on the schedule of ${system}`,
    });
    const { value } = await look(singleEnvelope({ system }, { system, step: 'scheduled' }));
    const lines = value.runbooks.map(({ operation, text }) => `- \`${operation}\` ${text}`);
    setCurrentDetails(lines.join('\n'));
    return value;
  });
}
