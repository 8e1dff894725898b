// A Temporal workflow without Fairlead: so many activities one after the other, with the options that Fairlead's
// have. What a canary is compared with by overhead.ts; bundled by it, runs in the sandbox.
import { proxyActivities } from '@temporalio/workflow';

export interface BareActivities {
  touch: (input: { step: number }) => Promise<{ step: number }>;
}

const { touch } = proxyActivities<BareActivities>({
  startToCloseTimeout: '1m',
  heartbeatTimeout: '5s',
  retry: { initialInterval: '200ms', maximumInterval: '5s', maximumAttempts: 8 },
});

export async function bareWorkflow({ activities }: { activities: number }): Promise<number> {
  for (let step = 1; step <= activities; step += 1) await touch({ step });
  return activities;
}
