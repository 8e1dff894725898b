// Stands in for a worker that opens a target and starts a service in it, and is killed then: `open-target JSON`.
import { setTimeout as sleep } from 'node:timers/promises';
import { z } from 'zod';
import type { IsolationPort, ServiceStart } from '../../../src/ports/isolation.ts';
import { createIsolation } from '../../../src/platforms/local/isolation/isolation.ts';
import { PATIENCE_MS } from '../patience.ts';

const input = z
  .object({
    folder: z.string(),
    data: z.string(),
    opening: z.custom<Parameters<IsolationPort['open']>[0]>(),
    start: z.custom<ServiceStart>(),
  })
  .parse(JSON.parse(process.argv[2] ?? ''));

const waiting = { signal: AbortSignal.timeout(PATIENCE_MS), beat: () => undefined };
const isolation = createIsolation({
  folder: input.folder,
  hide: [input.data],
  copies: `${input.data}/copies`,
  clock: { now: () => Date.now(), sleep: (ms, signal) => sleep(ms, undefined, { signal }) },
});
await isolation.open(input.opening, waiting);
await isolation.start(input.start, waiting);
process.stdout.write('started\n');
await sleep(60_000);
