// The workload and traffic ports in memory, with the same rules as the real local host and a `world` that a
// test reaches into: revisions that never become ready, repairs by hand, failures before or after an effect.
import type { MetricsPort, TrafficPort, WorkloadPort } from '../../src/activities/ports.ts';
import { Failure } from '../../src/domain/failure.ts';
import type {
  Fence,
  RevisionSpec,
  RevisionState,
  ServiceRef,
  TrafficState,
} from '../../src/domain/model.ts';
import { passFence } from '../../src/platforms/local/fence.ts';
import * as rules from '../../src/platforms/local/traffic-rules.ts';
import { RevisionCounters } from './memory-metrics.ts';
import {
  keyOf,
  MemoryWorld,
  type Change,
  type MemoryRevision,
  type MemoryService,
  type MemoryVerb,
} from './memory-world.ts';

export function createMemoryPlatform(): {
  workload: WorkloadPort;
  traffic: TrafficPort;
  metrics: MetricsPort;
  world: MemoryWorld;
} {
  const world = new MemoryWorld();
  return {
    world,
    workload: memoryWorkload(world),
    traffic: memoryTraffic(world),
    metrics: {
      scrape: async () => world.allMetrics(),
      query: () => Promise.reject(new Failure('Unavailable', 'there is no Prometheus here')),
    },
  };
}

function memoryWorkload(world: MemoryWorld): WorkloadPort {
  return {
    revisions: (ref) =>
      world.run('revisions', () =>
        [...world.service(ref).revisions.values()].map((one) => stateOf(world, one)),
      ),
    obstacles: (spec) => world.run('obstacles', () => missing(world, spec)),
    ensure: ({ spec, replicas, fence }) =>
      world.run('ensure', () => {
        const service = pass(world, spec, fence, `creating revision ${spec.id}`);
        const obstacles = missing(world, spec);
        if (obstacles.length > 0) throw new Failure('NotFound', obstacles.join('; '));
        const present = service.revisions.get(spec.id);
        const desired = Math.max(present?.desired ?? 0, replicas);
        const revision = {
          spec: structuredClone(spec),
          desired,
          crashes: present?.crashes ?? 0,
          counters: present?.counters ?? new RevisionCounters(),
        };
        service.revisions.set(spec.id, revision);
        service.url = `http://${spec.host}:${spec.port}`;
        note(world, 'ensure', spec, fence, { revision: spec.id, replicas });
        return stateOf(world, revision);
      }),
    scale: ({ service: ref, revision, replicas, fence }) =>
      world.run('scale', () => {
        const found = named(pass(world, ref, fence, `scaling ${revision}`), revision);
        found.desired = replicas;
        note(world, 'scale', ref, fence, { revision, replicas });
        return stateOf(world, found);
      }),
    restart: ({ service: ref, revision, fence }) =>
      world.run('restart', () => {
        const found = named(pass(world, ref, fence, `restarting ${revision}`), revision);
        note(world, 'restart', ref, fence, { revision });
        const state = stateOf(world, found);
        return { state, done: state.ready >= state.desired };
      }),
    remove: ({ service: ref, revision, fence }) =>
      world.run('remove', () => {
        const what = `removing ${revision}`;
        const service = pass(world, ref, fence, what);
        if (!service.revisions.has(revision)) return;
        service.traffic = rules.withoutRevision(service.traffic, what, revision);
        service.revisions.delete(revision);
        note(world, 'remove', ref, fence, { revision });
      }),
  };
}

function memoryTraffic(world: MemoryWorld): TrafficPort {
  const change = (
    verb: 'set' | 'stop' | 'admit',
    ref: ServiceRef,
    fence: Fence,
    decide: (service: MemoryService) => rules.TrafficRecord,
    more: Partial<Change>,
  ): Promise<TrafficState> =>
    world.run(verb, () => {
      const service = pass(world, ref, fence, `${verb} of ${keyOf(ref)}`);
      service.traffic = decide(service);
      service.rotation.reset();
      note(world, verb, ref, fence, { weights: service.traffic.weights, ...more });
      return { ...service.traffic, url: service.url };
    });
  return {
    read: (ref) =>
      world.run('read', () => ({ ...world.service(ref).traffic, url: world.service(ref).url })),
    set: ({ service: ref, weights, expect, fence }) => {
      const asked = { what: `setting the weights of ${keyOf(ref)}`, weights, expect };
      const decide = (service: MemoryService) =>
        rules.withWeights(
          service.traffic,
          { ...asked, by: fence.operation, now: new Date(0) },
          servable(world, service),
        );
      return change('set', ref, fence, decide, {});
    },
    stop: ({ service: ref, fence }) =>
      change('stop', ref, fence, (service) => rules.stopped(service.traffic), {}),
    admit: ({ service: ref, percent, fence }) => {
      const asked = { what: `admitting to ${keyOf(ref)}`, percent };
      const decide = (service: MemoryService) =>
        rules.admitted(service.traffic, asked, servable(world, service));
      return change('admit', ref, fence, decide, { percent });
    },
    probe: ({ service: ref, count }, waiting) =>
      world.run('probe', () => {
        waiting.beat();
        const service = world.service(ref);
        return Array.from({ length: count }, () => probe(world, service));
      }),
  };
}

function probe(world: MemoryWorld, service: MemoryService): { revision: string; status: number } {
  const ready = servable(world, service).filter((one) => one.ready > 0);
  const revision = service.rotation.next(
    service.traffic.weights.flatMap(({ revision: key, percent }) =>
      percent > 0 && ready.some((one) => one.spec.id === key)
        ? [{ key, weight: percent, value: key }]
        : [],
    ),
  );
  return revision === undefined ? { revision: '', status: 503 } : { revision, status: 200 };
}

function pass(world: MemoryWorld, ref: ServiceRef, fence: Fence, what: string): MemoryService {
  const service = world.service(ref);
  service.fence = passFence(service.fence, fence, what);
  return service;
}

function note(
  world: MemoryWorld,
  verb: MemoryVerb,
  ref: ServiceRef,
  fence: Fence,
  more: Partial<Change>,
): void {
  world.changes.push(structuredClone({ verb, service: keyOf(ref), fence, ...more }));
}

function named(service: MemoryService, revision: string): MemoryRevision {
  const found = service.revisions.get(revision);
  if (found) return found;
  throw new Failure('NotFound', `there is no revision ${revision} of ${keyOf(service.ref)}`);
}

function missing(world: MemoryWorld, spec: RevisionSpec): string[] {
  return spec.files
    .filter((file) => world.missingFiles.has(file))
    .map((file) => `missing file ${file}: put it there before the start`);
}

function servable(world: MemoryWorld, service: MemoryService): rules.Servable[] {
  return [...service.revisions.values()].map((one) => ({
    spec: one.spec,
    desired: one.desired,
    ready: stateOf(world, one).ready,
  }));
}

function stateOf(world: MemoryWorld, revision: MemoryRevision): RevisionState {
  const { spec, desired } = revision;
  const behaviour = world.behaviourOf(spec);
  const looping = behaviour === 'crashLoop';
  const condition = { good: 'ready', neverReady: 'starting', crashLoop: 'crashLoop' } as const;
  return {
    spec,
    condition: desired === 0 ? 'stopped' : condition[behaviour],
    desired,
    ready: behaviour === 'good' ? desired : 0,
    crashes: looping ? Math.max(5, revision.crashes) : revision.crashes,
    ...(looping && { problem: 'replica 1 exited with code 1' }),
    previewUrl: `http://preview.invalid/${spec.id}`,
    metricsUrl: 'http://metrics.invalid/metrics',
  };
}
