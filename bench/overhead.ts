// (a) What Fairlead adds to Temporal: the wall time of a canary of four steps without bakes on in-memory ports ÷ that
// of a bare workflow with an activity for each thing that the canary does; one after the other, on one server, with the same
// worker settings.
import { resolve } from 'node:path';
import { bundleWorkflowCode, DefaultLogger } from '@temporalio/worker';
import { startTestWorker, type TestWorker } from '../test/support/operations.ts';
import type { BareActivities } from './bare-workflow.ts';
import { FOUR_STEPS, startCanary, succeeded, worldOf, type HistoryEvent } from './canary-world.ts';
import { figure, type Measured, type Stage } from './figure.ts';
import { median, rounded } from './statistics.ts';

const WARM_UP = 3;
/** What a canary of four steps has to do, each by an activity of its own. */
const BARE = 12;

const activities: BareActivities = { touch: async ({ step }) => ({ step }) };

export async function overhead(stage: Stage): Promise<Measured[]> {
  const { address } = await stage.server();
  const workflowsPath = resolve(import.meta.dirname, 'bare-workflow.ts');
  const logger = new DefaultLogger('ERROR');
  const workflowBundle = await bundleWorkflowCode({ workflowsPath, logger });
  const ports = worldOf(FOUR_STEPS);
  const fairlead = await startTestWorker(address, ports);
  const bare = await startTestWorker(address, ports, { workflowBundle, activities });
  try {
    const count = await activitiesOf(fairlead);
    for (let round = 0; round < WARM_UP; round += 1) {
      await timeCanary(fairlead);
      await timeBare(bare, BARE);
    }
    const canaries: number[] = [];
    const bares: number[] = [];
    for (let round = 0; round < stage.rounds(20); round += 1) {
      // Who comes first changes, so that neither always finds the server warm.
      const both = [
        async () => canaries.push(await timeCanary(fairlead)),
        async () => bares.push(await timeBare(bare, BARE)),
      ];
      for (const one of round % 2 === 0 ? both : both.reverse()) await one();
    }
    const ratios = canaries.map((ms, index) => ms / (bares[index] ?? Number.NaN));
    const ms = (values: number[]): string => `${rounded(median(values))} ms`;
    return [
      figure('canary of 4 steps ÷ bare workflow', 'ratio', ratios, {
        target: { atMost: 1.2, of: 'median' },
        notes: [
          `${BARE} activities of the bare workflow, ${count} of the canary, which does the same in fewer: ${ms(canaries)} against ${ms(bares)} (medians)`,
          'the canary also starts two child workflows: its lease and the retirement of v1',
        ],
      }),
    ];
  } finally {
    await fairlead.stop();
    await bare.stop();
  }
}

async function activitiesOf(worker: TestWorker): Promise<number> {
  const handle = await startCanary(worker);
  await succeeded(handle);
  const { events } = await handle.fetchHistory();
  const isActivity = (one: HistoryEvent): boolean =>
    one.activityTaskScheduledEventAttributes != null;
  return (events ?? []).filter(isActivity).length;
}

async function timeCanary(worker: TestWorker): Promise<number> {
  const started = performance.now();
  await succeeded(await startCanary(worker));
  return performance.now() - started;
}

async function timeBare(worker: TestWorker, count: number): Promise<number> {
  const started = performance.now();
  const handle = await worker.start('bareWorkflow', { activities: count });
  await handle.result();
  return performance.now() - started;
}
