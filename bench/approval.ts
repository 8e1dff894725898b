// (c) From the moment an approval is sent (an update, as the command line sends it) until the weights of the next
// step are set: a canary with an approval at each of its first three steps, on in-memory ports.
import type { WorkflowHandle } from '@temporalio/client';
import { startTestWorker, untilStatus } from '../test/support/operations.ts';
import { newSystem, startCanary, succeeded, worldOf } from './canary-world.ts';
import { figure, type Measured, type Stage } from './figure.ts';

const GATES = ['weight-5', 'weight-25', 'weight-50'];

export async function approval(stage: Stage): Promise<Measured[]> {
  const { address } = await stage.server();
  const ports = worldOf({
    rollout: {
      canary: {
        steps: [
          { weight: 5, approval: 'promote' },
          { weight: 25, approval: 'promote' },
          { weight: 50, approval: 'promote' },
          { weight: 100 },
        ],
        watch: '0s',
      },
    },
  });
  let weightsWereSet = (): void => undefined;
  const { traffic } = ports.platforms.local;
  const set = traffic.set.bind(traffic);
  traffic.set = async (input, waiting) => {
    const state = await set(input, waiting);
    weightsWereSet();
    return state;
  };
  const worker = await startTestWorker(address, ports);
  const times: number[] = [];
  try {
    for (let round = 0; round < stage.rounds(10) + 1; round += 1) {
      const handle = await startCanary(worker, newSystem());
      for (const gate of GATES) {
        await untilStatus(handle, ({ gates }) => gates.some(({ id }) => id === gate));
        const changed = new Promise<void>((resolve) => {
          weightsWereSet = resolve;
        });
        const took = await approved(handle, gate, changed);
        // The first operation warms the worker up.
        if (round > 0) times.push(took);
      }
      await succeeded(handle);
    }
  } finally {
    await worker.stop();
  }
  return [
    figure('approval sent → next weights set', 'ms', times, {
      target: { atMost: 150, of: 'median' },
      notes: [
        'sent as an update; between the two lie one workflow task and the look at what is ready',
      ],
    }),
  ];
}

async function approved(
  handle: WorkflowHandle,
  gate: string,
  changed: Promise<void>,
): Promise<number> {
  const sent = performance.now();
  const answered = handle.executeUpdate('approve', { args: [{ actor: 'ana', gate }] });
  await changed;
  const took = performance.now() - sent;
  await answered;
  return took;
}
