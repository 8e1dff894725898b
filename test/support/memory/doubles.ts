// The platforms in memory that suites of workflows run on: one with the rules of the local host, and one that is unlike it.
import type { MetricsPort } from '../../../src/ports/metrics.ts';
import type { IsolationPort } from '../../../src/ports/isolation.ts';
import type { Platform } from '../../../src/ports/platform.ts';
import { createMemoryPlatform } from './memory-platform.ts';
import type { MemoryWorld } from './memory-world.ts';
import { createUnlikePlatform } from './unlike-platform.ts';

export type Double = 'memory' | 'unlike';

export const DOUBLES: readonly Double[] = ['memory', 'unlike'];

/** How a suite on a double is called. */
export const ON: Readonly<Record<Double, string>> = {
  memory: 'on a platform like the local host',
  unlike: 'on a platform that is unlike the local host',
};

/** Until users of the unlike platform see a change: long enough that nothing goes well by looking once. */
const LAG_MS = 300;

export function createDouble(
  double: Double,
  isolation: IsolationPort,
): Platform & { metrics: MetricsPort; world: MemoryWorld } {
  switch (double) {
    case 'memory':
      return createMemoryPlatform(isolation);
    case 'unlike':
      return createUnlikePlatform({ clock: { now: () => Date.now() }, lag: LAG_MS, isolation });
  }
}
