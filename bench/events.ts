// (b) How many events of history a canary of four steps takes without approvals, and for which step.
import { z } from 'zod';
import { startTestWorker } from '../test/support/operations.ts';
import { FOUR_STEPS, startCanary, succeeded, worldOf, type HistoryEvent } from './canary-world.ts';
import { figure, type Measured, type Stage } from './figure.ts';

const envelopeSchema = z.looseObject({ step: z.string() });

export async function events(stage: Stage): Promise<Measured[]> {
  const { address } = await stage.server();
  const worker = await startTestWorker(address, worldOf(FOUR_STEPS));
  try {
    const histories: HistoryEvent[][] = [];
    for (let round = 0; round < stage.rounds(5); round += 1) {
      const handle = await startCanary(worker);
      await succeeded(handle);
      histories.push((await handle.fetchHistory()).events ?? []);
    }
    const counts = histories.map((one) => one.length);
    const usual = histories.find((one) => one.length === Math.min(...counts)) ?? [];
    return [
      figure('events of a canary of 4 steps', 'events', counts, {
        target: { atMost: 220, of: 'max' },
        notes: [
          'evidence is written by the activities of the steps themselves: it costs no event',
          "three more where the operation hears of its lease's end before the activity that waits for it has ended: a workflow task more",
        ],
        table: [
          ['step', 'events', 'activities', 'child workflows'],
          ...[...perStep(usual)].map(([step, one]) => [
            step,
            ...[one.events, one.activities, one.children].map(String),
          ]),
        ],
      }),
    ];
  } finally {
    await worker.stop();
  }
}

interface StepCount {
  events: number;
  activities: number;
  children: number;
}

/** An event belongs to the step that was begun last; what comes before the first one is the start. */
function perStep(history: readonly HistoryEvent[]): Map<string, StepCount> {
  const steps = new Map<string, StepCount>();
  let step = 'start';
  for (const event of history) {
    step = beginsStep(event) ?? step;
    const count = steps.get(step) ?? { events: 0, activities: 0, children: 0 };
    count.events += 1;
    if (event.activityTaskScheduledEventAttributes != null) count.activities += 1;
    if (event.startChildWorkflowExecutionInitiatedEventAttributes != null) count.children += 1;
    steps.set(step, count);
  }
  return steps;
}

function beginsStep(event: HistoryEvent): string | undefined {
  const child = event.startChildWorkflowExecutionInitiatedEventAttributes;
  if (child?.workflowType?.name === 'retireRevision') return 'retire-v1';
  const data = event.activityTaskScheduledEventAttributes?.input?.payloads?.[0]?.data;
  if (data == null) return undefined;
  return envelopeSchema.parse(JSON.parse(Buffer.from(data).toString())).step;
}
