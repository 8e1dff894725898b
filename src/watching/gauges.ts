// The gauges of what is open: set anew every 15 s, so that also what no worker touches is seen. Every worker of a
// namespace shows the same; queries take the maximum of them.
import type { Client } from '@temporalio/client';
import type { MetricGauge, MetricMeter } from '@temporalio/common';
import { ENDED, ENDED_HELP, ENDINGS, OPEN_STATES } from '../domain/operation/watched.ts';
import { DEPLOY_TYPES, OPERATION_TYPES } from '../runbooks/index.ts';
import type { Log } from './log.ts';
import {
  gateOpenedAt,
  openOperations,
  queueStates,
  type OpenOperation,
  type QueueState,
} from './open-operations.ts';

export interface WatchInput {
  client: Client;
  taskQueue: string;
  meter: MetricMeter;
  log: Log;
}

const EVERY_MS = 15_000;
/** Milliseconds after which an operation is asked again for its gate: one may close and another one open between two looks. */
const KNOWN_FOR_MS = 60_000;
const LOOK_WITHIN_MS = 10_000;
/** Operations asked at the same time. */
const AT_ONCE = 10;

/** Looks now and every 15 s, until it is stopped; a look that goes on then is left alone. */
export function watchOperations(input: WatchInput): { stop: () => void } {
  startCounters(input.meter, input.client.options.namespace, input.taskQueue);
  const gauges = new OperationGauges(input);
  let looking: Promise<void> | undefined;
  const look = (): void => {
    looking ??= gauges.look().finally(() => {
      looking = undefined;
    });
  };
  look();
  const timer = setInterval(look, EVERY_MS);
  return {
    stop: () => {
      clearInterval(timer);
      gauges.stopped = true;
    },
  };
}

/** Counters of ended operations start at 0 under every label: else the first end of a kind would look like no increase. */
function startCounters(meter: MetricMeter, namespace: string, taskQueue: string): void {
  const counter = meter.createCounter(ENDED, undefined, ENDED_HELP);
  for (const kind of OPERATION_TYPES) {
    for (const outcome of ENDINGS) {
      counter.add(0, { namespace, taskQueue, workflowType: kind, kind, outcome });
    }
  }
}

class OperationGauges {
  readonly #input: WatchInput;
  readonly #open: MetricGauge;
  readonly #parked: MetricGauge;
  readonly #gateAge: MetricGauge;
  readonly #deployAge: MetricGauge;
  readonly #visible: MetricGauge;
  readonly #backlog: MetricGauge;
  readonly #pollers: MetricGauge;
  /** By run id: when the gate opened and when the operation was asked for it, in ms. */
  #gates = new Map<string, { openedAt: number; askedAt: number }>();
  /** What deploys were shown for: they go back to 0. */
  readonly #deployed = new Set<string>();
  #wasVisible = true;
  /** The worker is stopping: nobody answers for the operations any more, and nothing is shown. */
  stopped = false;

  constructor(input: WatchInput) {
    this.#input = input;
    const { namespace } = input.client.options;
    const meter = input.meter.withTags({ namespace });
    const gauge = (name: string, help: string, type: 'int' | 'float' = 'int') =>
      meter.createGauge(`fairlead_${name}`, type, undefined, help);
    this.#open = gauge('open_operations', 'Operations that are not over, by kind and state.');
    this.#parked = gauge('parked_operations', 'Operations that are parked at a problem.');
    this.#gateAge = gauge(
      'oldest_open_gate_age_seconds',
      'Age of the oldest gate that is open; 0 when none is.',
      'float',
    );
    this.#deployAge = gauge(
      'oldest_working_deploy_age_seconds',
      'Age of the oldest deploy of a target that is at work and waits for nobody; 0 when there is none.',
      'float',
    );
    this.#visible = gauge(
      'temporal_visible',
      '1 when Temporal answered the last look, else 0: the gauges are old then.',
    );
    this.#backlog = gauge(
      'task_queue_backlog',
      'Tasks of the task queue that no worker took yet, by type.',
    );
    this.#pollers = gauge(
      'task_queue_pollers',
      'Workers that polled the task queue in the last minutes, by type.',
    );
  }

  /** Sets the gauges. Never rejects: when Temporal does not answer, that is logged once and shows in a gauge. */
  async look(): Promise<void> {
    const { client, taskQueue } = this.#input;
    try {
      const [operations, queues] = await client.withDeadline(Date.now() + LOOK_WITHIN_MS, () =>
        Promise.all([openOperations(client), queueStates(client, taskQueue)]),
      );
      this.#show(operations, queues);
      this.#gateAge.set(await this.#oldestGate(operations));
      this.#see(true);
    } catch (error) {
      this.#see(false, error);
    }
  }

  #show(operations: readonly OpenOperation[], queues: readonly QueueState[]): void {
    for (const kind of OPERATION_TYPES) {
      for (const state of OPEN_STATES) {
        const some = operations.filter((one) => one.kind === kind && one.state === state);
        this.#open.set(some.length, { kind, state });
      }
    }
    this.#showDeploys(operations);
    const { taskQueue } = this.#input;
    this.#parked.set(operations.filter((one) => one.state === 'parked').length);
    for (const { type, backlog, pollers } of queues) {
      this.#backlog.set(backlog, { taskQueue, type });
      this.#pollers.set(pollers, { taskQueue, type });
    }
  }

  /** Those that wait for people, or are paused, are not at work. */
  #showDeploys(operations: readonly OpenOperation[]): void {
    const ages = new Map([...this.#deployed].map((target) => [target, 0]));
    for (const { kind, state, target, startedAt } of operations) {
      const isAtWork = state === 'running' || state === 'undoing';
      if (target === undefined || !isAtWork || !DEPLOY_TYPES.includes(kind)) continue;
      const age = Math.max(0, (Date.now() - startedAt) / 1000);
      ages.set(target, Math.max(age, ages.get(target) ?? 0));
    }
    for (const [target, age] of ages) {
      this.#deployed.add(target);
      this.#deployAge.set(age, { target });
    }
  }

  /** The age of the oldest open gate in seconds; 0 when none is open. */
  async #oldestGate(operations: readonly OpenOperation[]): Promise<number> {
    const waiting = operations.filter((one) => one.state === 'waiting');
    const runs = new Set(waiting.map((one) => one.runId));
    for (const runId of this.#gates.keys()) if (!runs.has(runId)) this.#gates.delete(runId);
    const stale = waiting.filter(
      ({ runId }) =>
        (this.#gates.get(runId)?.askedAt ?? -Infinity) < performance.now() - KNOWN_FOR_MS,
    );
    for (let at = 0; at < stale.length && !this.stopped; at += AT_ONCE) {
      await Promise.all(stale.slice(at, at + AT_ONCE).map((one) => this.#ask(one)));
    }
    const times = [...this.#gates.values()].map((one) => one.openedAt);
    return times.length === 0 ? 0 : Math.max(0, (Date.now() - Math.min(...times)) / 1000);
  }

  /** Asks one operation when its gate opened; without an answer what was known stays. */
  async #ask(operation: OpenOperation): Promise<void> {
    const { runId } = operation;
    try {
      const openedAt = await gateOpenedAt(this.#input.client, operation);
      if (openedAt === undefined) this.#gates.delete(runId);
      else this.#gates.set(runId, { openedAt, askedAt: performance.now() });
    } catch (error) {
      this.#input.log.write({
        level: 'debug',
        message: 'an open gate could not be asked for',
        fields: { ...operation, error },
      });
    }
  }

  #see(isVisible: boolean, error?: unknown): void {
    if (this.stopped) return;
    this.#visible.set(isVisible ? 1 : 0);
    if (isVisible === this.#wasVisible) return;
    this.#wasVisible = isVisible;
    this.#input.log.write(
      isVisible
        ? { level: 'info', message: 'Temporal answers again what is open' }
        : {
            level: 'warn',
            message: 'Temporal does not say what is open; metrics of it are old',
            fields: { reason: error instanceof Error ? error.message : String(error) },
          },
    );
  }
}
