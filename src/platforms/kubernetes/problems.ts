// Why replicas of a revision are not ready, in one sentence that names pod, container and what Kubernetes says. Pure.
import type { ContainerStatus, Deployment, Pod } from './shapes.ts';

/** What is no problem of its own: it is on its way. */
const PASSING = new Set(['ContainerCreating', 'PodInitializing']);

export function problemOf({ status }: Deployment, pods: readonly Pod[]): string | undefined {
  const ofPods = pods.flatMap((one) => podProblem(one) ?? []);
  const failing = (status.conditions ?? []).find(
    ({ type, status: holds }) => type === 'ReplicaFailure' && holds === 'True',
  );
  const late = (status.conditions ?? []).find(
    ({ type, reason }) => type === 'Progressing' && reason === 'ProgressDeadlineExceeded',
  );
  if (failing?.message !== undefined) return `no pod can be made: ${failing.message}`;
  return ofPods[0] ?? late?.message;
}

function podProblem({ metadata, status }: Pod): string | undefined {
  const what = `pod ${metadata.name}`;
  const unplaced = (status.conditions ?? []).find(
    ({ type, status: holds }) => type === 'PodScheduled' && holds === 'False',
  );
  if (unplaced?.message !== undefined) return `${what} has no node: ${unplaced.message}`;
  const containers = [...(status.initContainerStatuses ?? []), ...(status.containerStatuses ?? [])];
  const said = containers.flatMap((one) => containerProblem(one) ?? []);
  if (said[0] !== undefined) return `${what}, ${said[0]}`;
  if (status.phase !== 'Failed') return undefined;
  return `${what} failed: ${status.reason ?? ''} ${status.message ?? ''}`.trim();
}

function containerProblem(one: ContainerStatus): string | undefined {
  const { name, ready, state } = one;
  const what = `container ${name}`;
  const ended = exitOf(one);
  const { reason, message } = state.waiting ?? {};
  if (reason !== undefined && !PASSING.has(reason)) {
    const said = message === undefined ? '' : ` (${message})`;
    return `${what}: ${reason}${said}${ended === undefined ? '' : `; it ${ended}`}`;
  }
  if (ended !== undefined) return `${what} ${ended}`;
  if (state.running !== undefined && ready === false) {
    return `${what} runs and does not answer its readiness probe`;
  }
  return undefined;
}

/** How it ended the last time; undefined for one that never did. */
function exitOf({ state, lastState, restartCount = 0 }: ContainerStatus): string | undefined {
  const ended = state.terminated ?? lastState.terminated;
  if (ended === undefined) return undefined;
  const { exitCode = '?', reason = 'no reason given' } = ended;
  return `ended with code ${exitCode} (${reason}), ${restartCount} restarts`;
}
