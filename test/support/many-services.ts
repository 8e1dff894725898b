// A system of many services, of which some have traffic, with a worker on in-memory ports.
import { systemSchema } from '../../src/config/system.ts';
import { digestOf } from '../../src/domain/digest.ts';
import type { LoadedSystem } from '../../src/domain/loaded-system.ts';
import {
  freshName,
  memoryPorts,
  startTestWorker,
  type MemoryPorts,
  type TestWorker,
} from './operations.ts';
import { seed } from './shop.ts';
import { testServer } from './temporal-server.ts';

export interface ManyServices {
  system: string;
  services: string[];
  ports: MemoryPorts;
  worker: TestWorker;
  /** Services that have traffic now. */
  open: () => string[];
}

/** `s0`, `s1` ...: the first `live` of them have v1 at 100 %. */
export async function manyServices(
  count: number,
  live: number,
  address?: string,
): Promise<ManyServices> {
  const services = Array.from({ length: count }, (_, index) => `s${index}`);
  const loaded = systemOf(services);
  const ports = memoryPorts([loaded]);
  for (const service of services.slice(0, live)) seed(ports, loaded, 'v1', service);
  const server = address ?? (await testServer()).address;
  const worker = await startTestWorker(server, ports);
  const isOpen = (service: string): boolean =>
    ports.world.weights({ system: loaded.name, service }).some(({ percent }) => percent > 0);
  return { system: loaded.name, services, ports, worker, open: () => services.filter(isOpen) };
}

function systemOf(services: readonly string[]): LoadedSystem {
  const parsed = systemSchema.parse({
    system: freshName('many'),
    services: Object.fromEntries(
      services.map((service, index) => [
        service,
        {
          platform: 'local',
          command: ['node', 'versions/{version}.mjs'],
          port: 10_000 + index,
          rollout: {
            canary: { steps: [{ weight: 5, bake: '1h' }], watch: '0s' },
            deadlines: { preempt: '20s' },
          },
        },
      ]),
    ),
  });
  const digest = digestOf(parsed);
  return { name: parsed.system, directory: '/systems/many', digest, system: parsed };
}
