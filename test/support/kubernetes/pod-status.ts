// What a pod's status says of its one container. Conditions keep the time of their last turn, for Kubernetes counts from it.
import type { Container, ContainerState } from './container.ts';

export interface PodSeen {
  name: string;
  image: string;
  address: string;
  /** Of its node. */
  host: string;
  startedAt: string;
  /** Why there is no container yet. */
  waiting: ContainerState;
  container: Container | undefined;
  /** What its readiness probe says; true without one. */
  isReady: boolean;
}

export class Conditions {
  readonly #since = new Map<string, { isTrue: boolean; at: string }>();

  /** For a patch that merges: what is not there any more is null. */
  of(type: string, isTrue: boolean, reason: string): object {
    const before = this.#since.get(type);
    const at = before?.isTrue === isTrue ? before.at : new Date().toISOString();
    this.#since.set(type, { isTrue, at });
    const status = isTrue ? 'True' : 'False';
    return { type, status, reason: isTrue ? null : reason, lastTransitionTime: at };
  }
}

export function statusOf(seen: PodSeen, conditions: Conditions): object {
  const { name, image, address, host, startedAt } = seen;
  const { state, restarts, last } = seen.container ?? {
    state: seen.waiting,
    restarts: 0,
    last: undefined,
  };
  const isRunning = 'running' in state;
  const ready = isRunning && seen.isReady;
  const phase = phaseOf(state, restarts);
  const reason = phase === 'Succeeded' ? 'PodCompleted' : 'ContainersNotReady';
  return {
    phase,
    hostIP: host,
    podIP: address,
    podIPs: [{ ip: address }],
    startTime: startedAt,
    conditions: [
      conditions.of('Initialized', true, ''),
      conditions.of('ContainersReady', ready, reason),
      conditions.of('Ready', ready, reason),
    ],
    containerStatuses: [
      {
        ...{ name, image, imageID: '', ready, started: isRunning },
        restartCount: restarts,
        state: { running: null, waiting: null, terminated: null, ...state },
        lastState: last === undefined ? {} : { terminated: last },
      },
    ],
  };
}

function phaseOf(state: ContainerState, restarts: number): string {
  if ('terminated' in state) return state.terminated.exitCode === 0 ? 'Succeeded' : 'Failed';
  return 'running' in state || restarts > 0 ? 'Running' : 'Pending';
}
