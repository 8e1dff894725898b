// The canary that most measurements run: four steps, no bake, no analysis, on in-memory ports, from a v1 that has
// everything. Every system that is asked for is there, so that no two operations meet.
import { randomUUID } from 'node:crypto';
import type { WorkflowHandle } from '@temporalio/client';
import {
  endOf,
  memoryPorts,
  type MemoryPorts,
  type TestWorker,
} from '../test/support/operations.ts';
import { seed, shopSystem, type ShopFile } from '../test/support/shop.ts';

export type HistoryEvent = NonNullable<
  Awaited<ReturnType<WorkflowHandle['fetchHistory']>>['events']
>[number];

export const FOUR_STEPS: ShopFile = {
  rollout: {
    canary: {
      steps: [{ weight: 5 }, { weight: 25 }, { weight: 50 }, { weight: 100 }],
      watch: '0s',
    },
  },
};

/** In-memory ports with a system of this kind under every name, v1 live in each. */
export function worldOf(file: ShopFile): MemoryPorts {
  const ports = memoryPorts([]);
  const seen = new Set<string>();
  ports.systems = {
    names: async () => [...seen],
    load: async (name) => {
      const loaded = shopSystem(name, file);
      if (!seen.has(name)) seed(ports, loaded, 'v1');
      seen.add(name);
      return loaded;
    },
  };
  return ports;
}

export function newSystem(): string {
  return `bench-${randomUUID().slice(0, 8)}`;
}

export function startCanary(
  worker: Pick<TestWorker, 'start'>,
  system = newSystem(),
): Promise<WorkflowHandle> {
  const input = { system, service: 'api', version: 'v2', requestedBy: 'ci' };
  return worker.start('canaryDeploy', input, `deploy/${system}/api/v2`);
}

/** Its end, which must be a success: what went wrong is no figure. */
export async function succeeded(handle: WorkflowHandle): Promise<void> {
  const { outcome, message } = await endOf(handle);
  if (outcome !== 'succeeded') throw new Error(`${handle.workflowId}: ${outcome}: ${message}`);
}
