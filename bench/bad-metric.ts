// (e) From the moment a bad metric is visible until no traffic goes to the bad revision, in sampling intervals: a
// canary bakes at 5 % on in-memory ports, its new version turns bad at a random moment, the bake ends and is undone.
import { setTimeout as sleep } from 'node:timers/promises';
import { startTestWorker, endOf, type MemoryPorts } from '../test/support/operations.ts';
import { untilBaking } from '../test/support/shop.ts';
import { newSystem, startCanary, worldOf } from './canary-world.ts';
import { figure, type Measured, type Stage } from './figure.ts';

const INTERVAL_MS = 1000;
/** Side by side; few enough that they do not wait for each other. */
const LANES = 3;

export async function badMetric(stage: Stage): Promise<Measured[]> {
  const { address } = await stage.server();
  const ratios: number[] = [];
  const rounds = stage.rounds(8);
  const lane = async (): Promise<void> => {
    // Qualities are by version: each lane has a world of its own.
    const ports = worldOf({
      rollout: {
        canary: { steps: [{ weight: 5, bake: '10m' }], watch: '0s', analysis: 'errors' },
      },
      interval: `${INTERVAL_MS}ms`,
    });
    const worker = await startTestWorker(address, ports);
    try {
      for (let round = 0; round < rounds; round += 1) {
        ratios.push((await untilOff(worker, ports)) / INTERVAL_MS);
      }
    } finally {
      await worker.stop();
    }
  };
  await Promise.all(Array.from({ length: LANES }, lane));
  return [
    figure('bad metric visible → traffic off ÷ interval', 'ratio', ratios, {
      target: { atMost: 1.5, of: 'max' },
      notes: [
        `interval ${INTERVAL_MS} ms; it turns bad at a random moment of an interval, so half an interval goes by on average before anybody can see it`,
      ],
    }),
  ];
}

async function untilOff(
  worker: Awaited<ReturnType<typeof startTestWorker>>,
  ports: MemoryPorts,
): Promise<number> {
  ports.world.answer('v2', { errorRatio: 0 });
  const system = newSystem();
  const { traffic } = ports.platforms.local;
  const set = traffic.set.bind(traffic);
  const off = new Promise<number>((resolve) => {
    traffic.set = async (input, waiting) => {
      const state = await set(input, waiting);
      if (state.weights.every(({ version, percent }) => version !== 'v2' || percent === 0)) {
        resolve(performance.now());
      }
      return state;
    };
  });
  const handle = await startCanary(worker, system);
  await untilBaking(handle, 5);
  // The first measurement only begins to count; after that, at any moment.
  await sleep(1.5 * INTERVAL_MS + Math.random() * INTERVAL_MS);
  const bad = performance.now();
  ports.world.answer('v2', { errorRatio: 0.5 });
  const took = (await off) - bad;
  const { outcome, message } = await endOf(handle);
  traffic.set = set;
  if (outcome !== 'rolledBack') throw new Error(`${system}: ${outcome}: ${message}`);
  return took;
}
