// A service in memory under a virtual clock, and a call as an activity gets it: for activities without Temporal.
import type { Call } from '../../src/activities/boundary.ts';
import { Failure } from '../../src/domain/failure.ts';
import type { RevisionSpec, Weights } from '../../src/domain/model.ts';
import { fences, plainSpec, weightsOf } from './local-daemon.ts';
import { memoryEvidence } from './memory-evidence.ts';
import { createMemoryPlatform } from './memory-platform.ts';
import { memorySigner } from './memory-signer.ts';
import { createVirtualClock } from './virtual-clock.ts';

export const PLACE = { system: 'shop', service: 'api', platform: 'local' } as const;

export function createActivityWorld() {
  const { world, ...platform } = createMemoryPlatform();
  const clock = createVirtualClock();
  const fence = fences();
  /** What a retry goes on from: the last thing that was beaten. */
  let beaten: unknown;
  const call = (): Call => ({
    operation: 'deploy/shop/api/v2',
    step: 'step',
    run: { workflowId: 'deploy/shop/api/v2', runId: 'run' },
    urgent: false,
    attempt: 1,
    previous: beaten,
    signal: new AbortController().signal,
    beat: (progress) => {
      beaten = progress ?? beaten;
    },
    fence: () => Promise.resolve(fence()),
  });
  return {
    world,
    clock,
    call,
    ports: {
      platforms: { local: platform },
      clock,
      evidence: memoryEvidence(),
      signer: memorySigner(),
      systems: { load: () => Promise.reject(new Failure('NotFound', 'there is no system')) },
      redactor: { redact: <Value>(value: Value): Value => value, learn: () => Promise.resolve() },
    },
    /** A revision with one replica, in whatever state its version is in. */
    async revision(version: string): Promise<RevisionSpec> {
      const spec = plainSpec(PLACE, version, 8080);
      const { system, service } = PLACE;
      const there = { spec: { ...spec, system, service }, replicas: 1, fence: fence() };
      await platform.workload.ensure(there, call());
      return there.spec;
    },
    weights: (): Weights => world.weights(PLACE),
    share: weightsOf,
  };
}
