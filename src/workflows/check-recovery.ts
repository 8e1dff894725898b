// Is a system recoverable, as far as anybody can show? Started by the schedule `check/<system>`, or by hand; it takes no
// lease and leaves no record. Metrics and notices come of it.
import { proxyActivities, setCurrentDetails } from '@temporalio/workflow';
import type { CheckedRecovery } from '../activities/data/check-recovery.ts';
import type { Activities } from '../activities/create.ts';
import { parseSystemOnly } from '../domain/operation/inspection.ts';
import { answered, singleEnvelope } from './steps/single-activity.ts';

/** Input: `{system}`. Completes whatever it finds; fails when it cannot be worked out. */
export async function checkRecovery(input: unknown): Promise<CheckedRecovery> {
  return answered(async () => {
    const checked = await check(parseSystemOnly('checkRecovery', input));
    setCurrentDetails(lines(checked).join('\n'));
    return checked;
  });
}

async function check(system: string): Promise<CheckedRecovery> {
  const { checkRecovery: look } = proxyActivities<Activities>({
    startToCloseTimeout: '5m',
    heartbeatTimeout: '5s',
    retry: { maximumAttempts: 5, initialInterval: '2s', maximumInterval: '10s' },
    summary: `Work out whether ${system} is recoverable`,
  });
  const { value } = await look(singleEnvelope({ system }, { system, step: 'check' }));
  return value;
}

function lines({ system, recovery, told, notTold }: CheckedRecovery): string[] {
  if (recovery === null)
    return [`${system} has no primary datastores: there is nothing to recover`];
  return [
    `**${system} is ${recovery.state}**`,
    '',
    ...recovery.why.map((reason) => `- ${reason}`),
    ...(told.length === 0 ? [] : ['', `Told: ${told.join(', ')}`]),
    ...notTold.map(({ channel, reason }) => `Could not tell ${channel}: ${reason}`),
  ];
}
