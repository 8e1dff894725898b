// A service in memory under a virtual clock, and a call as an activity gets it: for activities without Temporal.
import type { Call } from '../../src/activities/call.ts';
import { Failure } from '../../src/domain/failure.ts';
import type { RevisionSpec, Weights } from '../../src/domain/rollout/model.ts';
import { calledByName, targetOf } from './called-platform.ts';
import { tokens, plainSpec, weightsOf } from './local-daemon.ts';
import { memoryEvidence } from './memory/memory-evidence.ts';
import { createMemoryPlatform } from './memory/memory-platform.ts';
import { memorySigner } from './memory/memory-signer.ts';
import { createVirtualClock } from './virtual-clock.ts';

export const PLACE = targetOf({ system: 'shop', service: 'api' });

export function createActivityWorld() {
  const { world, ...platform } = createMemoryPlatform();
  const clock = createVirtualClock();
  const nextToken = tokens();
  /** What a retry goes on from: the last thing that was beaten. */
  let beaten: unknown;
  const call = (): Call => ({
    operation: 'deploy/shop/api/v2',
    step: 'step',
    run: { workflowId: 'deploy/shop/api/v2', runId: 'run' },
    kept: null,
    urgent: false,
    attempt: 1,
    previous: beaten,
    signal: new AbortController().signal,
    beat: (progress) => {
      beaten = progress ?? beaten;
    },
    givenUp: () => false,
    token: () => Promise.resolve(nextToken()),
  });
  return {
    world,
    clock,
    call,
    ports: {
      platforms: { local: platform },
      metrics: platform.metrics,
      clock,
      evidence: memoryEvidence(),
      signer: memorySigner(),
      systems: {
        load: () => Promise.reject(new Failure('NotFound', 'there is no system')),
        names: () => Promise.resolve([]),
      },
      runbooks: {
        load: () => Promise.reject(new Failure('NotFound', 'there is no runbook')),
      },
      redactor: { redact: <Value>(value: Value): Value => value, learn: () => Promise.resolve() },
    },
    /** A revision with one replica, in whatever state its version is in. */
    async revision(version: string): Promise<RevisionSpec> {
      const spec = plainSpec(PLACE, version, 8080);
      const { system, service } = PLACE;
      const there = { spec: { ...spec, system, service }, replicas: 1, token: nextToken() };
      await calledByName(platform).workload.ensure(there, call());
      return there.spec;
    },
    weights: (): Weights => world.weights(PLACE),
    share: weightsOf,
  };
}
