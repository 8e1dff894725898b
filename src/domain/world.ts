// What is read of the outside world before a plan is made.
import type { RevisionSpec, RevisionState, TrafficState } from './model.ts';

/** A service as it was read, before a plan is made. */
export interface ServiceWorld {
  traffic: TrafficState;
  revisions: RevisionState[];
}

export function findRevision(world: ServiceWorld, id: string): RevisionState | undefined {
  return world.revisions.find((one) => one.spec.id === id);
}

/** A revision's spec, whether it still runs or only once carried everything. */
export function findSpec(
  world: ServiceWorld,
  wanted: (spec: RevisionSpec) => boolean,
): RevisionSpec | undefined {
  const specs = [
    ...world.traffic.served.map((one) => one.spec),
    ...world.revisions.map((one) => one.spec),
  ];
  return specs.find(wanted);
}
