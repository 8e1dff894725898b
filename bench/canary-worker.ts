// A worker in a process of its own, with in-memory ports, that says what it has used when it is asked. Started by
// many.ts, so that its CPU and memory are counted and nothing else's. Arguments: address, task queue.
import { startTestWorker } from '../test/support/operations.ts';
import { FOUR_STEPS, worldOf } from './canary-world.ts';
import type { Usage } from './worker-process.ts';

const [address = '', taskQueue = ''] = process.argv.slice(2);
const worker = await startTestWorker(address, worldOf(FOUR_STEPS), { taskQueue });

let peak = 0;
const watching = setInterval(() => {
  peak = Math.max(peak, process.memoryUsage.rss());
}, 100);

process.on('message', (message) => {
  if (message === 'stop') void stop();
  else answer();
});
process.once('disconnect', () => process.exit(1));
process.send?.('ready');

/** The peak is counted anew from each question on. */
function answer(): void {
  const { user, system } = process.cpuUsage();
  const usage: Usage = {
    cpuMs: (user + system) / 1000,
    rss: process.memoryUsage.rss(),
    peakRss: peak,
  };
  peak = usage.rss;
  process.send?.(usage);
}

async function stop(): Promise<void> {
  clearInterval(watching);
  await worker.stop();
  process.exit(0);
}
