// The workload and traffic ports in memory, with the same rules as the real local host and a `world` that a
// test reaches into: revisions that never become ready, repairs by hand, failures before or after an effect.
import { exposed } from './memory-metrics.ts';
import type { MetricsPort } from '../../../src/ports/metrics.ts';
import type { PlatformCapabilities } from '../../../src/domain/capabilities.ts';
import type { IsolationPort } from '../../../src/ports/isolation.ts';
import type { TrafficPort } from '../../../src/ports/traffic.ts';
import type { WorkloadPort } from '../../../src/ports/workload.ts';
import { Failure } from '../../../src/domain/failure.ts';
import type {
  EpochToken,
  RevisionSpec,
  RevisionState,
  ServiceRef,
  TrafficState,
} from '../../../src/domain/rollout/model.ts';
import { local } from '../../../src/platforms/local/settings.ts';
import { passToken } from '../../../src/domain/traffic/epoch-token.ts';
import * as rules from '../../../src/domain/traffic/traffic-rules.ts';
import { memoryIsolation } from './memory-isolation.ts';
import { RevisionCounters } from './memory-metrics.ts';
import {
  keyOf,
  MemoryWorld,
  type Change,
  type MemoryRevision,
  type MemoryService,
  type MemoryVerb,
} from './memory-world.ts';

export function createMemoryPlatform(isolation: IsolationPort = memoryIsolation()): {
  workload: WorkloadPort;
  traffic: TrafficPort;
  isolation: IsolationPort;
  capabilities: PlatformCapabilities;
  metrics: MetricsPort;
  world: MemoryWorld;
} {
  const world = new MemoryWorld();
  return {
    world,
    isolation,
    capabilities: local.capabilities,
    workload: memoryWorkload(world),
    traffic: memoryTraffic(world),
    metrics: {
      scrape: async () => exposed(world.allMetrics()),
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
    history: (ref) => world.run('history', () => world.service(ref).traffic.served),
    obstacles: ({ spec }) =>
      world.run('obstacles', () => ({ missing: missing(world, spec), taken: [] })),
    ensure: ({ spec, replicas, token }) =>
      world.run('ensure', () => {
        const service = pass(world, spec, token, `creating revision ${spec.id}`);
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
        service.url = `http://127.0.0.1:${spec.program.port}`;
        note(world, 'ensure', spec, token, { revision: spec.id, replicas });
        return stateOf(world, revision);
      }),
    scale: ({ service: ref, revision, replicas, token }) =>
      world.run('scale', () => {
        const found = named(pass(world, ref, token, `scaling ${revision}`), revision);
        found.desired = replicas;
        note(world, 'scale', ref, token, { revision, replicas });
        return stateOf(world, found);
      }),
    restart: ({ service: ref, revision, token }) =>
      world.run('restart', () => {
        const found = named(pass(world, ref, token, `restarting ${revision}`), revision);
        note(world, 'restart', ref, token, { revision });
        const state = stateOf(world, found);
        return { state, done: state.ready >= state.desired };
      }),
    settle: () => Promise.reject(new Failure('Unsupported', 'there is nothing to settle here')),
    remove: ({ service: ref, revision, token }) =>
      world.run('remove', () => {
        const what = `removing ${revision}`;
        const service = pass(world, ref, token, what);
        if (!service.revisions.has(revision)) return;
        service.traffic = rules.withoutRevision(service.traffic, what, revision);
        service.revisions.delete(revision);
        note(world, 'remove', ref, token, { revision });
      }),
  };
}

function memoryTraffic(world: MemoryWorld): TrafficPort {
  const change = (
    verb: 'set' | 'stop' | 'admit',
    ref: ServiceRef,
    token: EpochToken,
    decide: (service: MemoryService) => rules.TrafficRecord,
    more: Partial<Change>,
  ): Promise<TrafficState> =>
    world.run(verb, () => {
      const service = pass(world, ref, token, `${verb} of ${keyOf(ref)}`);
      service.traffic = decide(service);
      service.rotation.reset();
      note(world, verb, ref, token, { weights: service.traffic.weights, ...more });
      return rules.trafficState(service.traffic, service.url);
    });
  return {
    read: (ref) =>
      world.run('read', () => {
        const { traffic, url } = world.service(ref);
        return rules.trafficState(traffic, url);
      }),
    mark: () => Promise.resolve({}),
    set: ({ service: ref, weights, expect, token }) => {
      const asked = { what: `setting the weights of ${keyOf(ref)}`, weights, expect };
      const decide = (service: MemoryService) =>
        rules.withWeights(
          service.traffic,
          { ...asked, by: token, now: new Date() },
          servable(world, service),
        );
      return change('set', ref, token, decide, {});
    },
    stop: ({ service: ref, token }) =>
      change('stop', ref, token, (service) => rules.stopped(service.traffic), {}),
    admit: ({ service: ref, percent, to, token }) => {
      const asked = { what: `admitting to ${keyOf(ref)}`, percent, to };
      const decide = (service: MemoryService) =>
        rules.admitted(service.traffic, asked, servable(world, service));
      return change('admit', ref, token, decide, { percent });
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

function pass(world: MemoryWorld, ref: ServiceRef, token: EpochToken, what: string): MemoryService {
  const service = world.service(ref);
  service.token = passToken(service.token, token, what);
  return service;
}

function note(
  world: MemoryWorld,
  verb: MemoryVerb,
  ref: ServiceRef,
  token: EpochToken,
  more: Partial<Change>,
): void {
  world.changes.push(structuredClone({ verb, service: keyOf(ref), token, ...more }));
}

function named(service: MemoryService, revision: string): MemoryRevision {
  const found = service.revisions.get(revision);
  if (found) return found;
  throw new Failure('NotFound', `there is no revision ${revision} of ${keyOf(service.ref)}`);
}

function missing(world: MemoryWorld, spec: RevisionSpec): string[] {
  if (spec.program.kind !== 'process') return [];
  return spec.program.files
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
