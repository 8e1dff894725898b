// A platform as tests call it: a service is named by system and service alone, and a verb that is given no deadline has
// one of 30 s.
import type { RevisionSpec, ServiceRef } from '../../src/domain/rollout/model.ts';
import type { ServiceTarget } from '../../src/domain/rollout/service-target.ts';
import type { PlatformCapabilities } from '../../src/domain/capabilities.ts';
import type { TrafficPort } from '../../src/ports/traffic.ts';
import type { Waiting } from '../../src/ports/waiting.ts';
import type { WorkloadPort } from '../../src/ports/workload.ts';
import { ROOT } from './entry.ts';
import { PATIENCE_MS } from './patience.ts';

/** A service on the local platform, in the folder of this repository. */
export function targetOf({ system, service }: ServiceRef): ServiceTarget {
  const platform = { kind: 'local', directory: '.', host: '127.0.0.1' } as const;
  return { system, service, directory: ROOT, platform };
}

export function waiting(): Waiting {
  return { signal: AbortSignal.timeout(PATIENCE_MS), beat: () => undefined };
}

type Input<Verb> = Verb extends (input: infer Given, waiting: Waiting) => unknown
  ? Omit<Given, 'service'>
  : never;
type OfRef<Verb> = Input<Verb> & { service: ServiceRef };

/** The verbs of both ports. `at`: the target that a service is. */
export function calledByName(
  {
    workload,
    traffic,
    capabilities,
  }: {
    workload: WorkloadPort;
    traffic: TrafficPort;
    capabilities: PlatformCapabilities;
  },
  at: (service: ServiceRef) => ServiceTarget = targetOf,
) {
  const full = <One extends { service: ServiceRef }>(input: One) => ({
    ...input,
    service: at(input.service),
  });
  return {
    capabilities,
    workload: {
      revisions: (ref: ServiceRef, by = waiting()) => workload.revisions(at(ref), by),
      history: (ref: ServiceRef, by = waiting()) => workload.history(at(ref), by),
      ensure: (input: Input<WorkloadPort['ensure']>, by = waiting()) =>
        workload.ensure({ ...input, service: at(input.spec) }, by),
      scale: (input: OfRef<WorkloadPort['scale']>, by = waiting()) =>
        workload.scale(full(input), by),
      restart: (input: OfRef<WorkloadPort['restart']>, by = waiting()) =>
        workload.restart(full(input), by),
      settle: (input: OfRef<WorkloadPort['settle']>, by = waiting()) =>
        workload.settle(full(input), by),
      remove: (input: OfRef<WorkloadPort['remove']>, by = waiting()) =>
        workload.remove(full(input), by),
      obstacles: (spec: RevisionSpec, by = waiting()) =>
        workload.obstacles({ service: at(spec), spec }, by),
    },
    traffic: {
      read: (ref: ServiceRef, by = waiting()) => traffic.read(at(ref), by),
      mark: (ref: ServiceRef, by = waiting()) => traffic.mark(at(ref), by),
      set: (input: OfRef<TrafficPort['set']>, by = waiting()) => traffic.set(full(input), by),
      probe: (input: OfRef<TrafficPort['probe']>, by = waiting()) => traffic.probe(full(input), by),
      stop: (input: OfRef<TrafficPort['stop']>, by = waiting()) => traffic.stop(full(input), by),
      admit: (input: OfRef<TrafficPort['admit']>, by = waiting()) => traffic.admit(full(input), by),
    },
  };
}

export type CalledPlatform = ReturnType<typeof calledByName>;
