// Runs operations in a test: a worker of its own with in-memory ports (or others) on the shared Temporal server,
// with its own task queue and system names, so that files can run side by side.
import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import {
  Client,
  Connection,
  isGrpcDeadlineError,
  ServiceError,
  WorkflowFailedError,
  type WorkflowHandle,
} from '@temporalio/client';
import { ApplicationFailure } from '@temporalio/common';
import { DefaultLogger, NativeConnection, Runtime, type WorkerOptions } from '@temporalio/worker';
import type { ActivityPorts } from '../../src/activities/create.ts';
import { Failure } from '../../src/domain/failure.ts';
import type { LoadedSystem } from '../../src/domain/loaded-system.ts';
import type { Report, ReportSummary } from '../../src/domain/record/report.ts';
import type { OperationStatus } from '../../src/domain/operation/status.ts';
import { createIncidents } from '../../src/integrations/incidents.ts';
import { createKeptRemoval } from '../../src/integrations/kept-removal.ts';
import { createSnapshots } from '../../src/integrations/snapshots.ts';
import { createWatchWorker, createWorker, type WorkerInput } from '../../src/worker-assembly.ts';
import { memoryBackups, type MemoryVault } from './memory/memory-backups.ts';
import { memorySteps, type MemorySteps } from './memory/memory-steps.ts';
import { memoryHeartbeats, type MemoryHeartbeats } from './memory/memory-heartbeats.ts';
import { memoryExchanges, type MemoryExchanges } from './memory/memory-exchanges.ts';
import { memoryEvidence } from './memory/memory-evidence.ts';
import { memoryIsolation } from './memory/memory-isolation.ts';
import { scriptedTargets, type MemoryTargets } from './memory/memory-targets.ts';
import { createMemoryObjects } from './memory/memory-objects.ts';
import { memoryNotify, type MemoryNotify } from './memory/memory-notify.ts';
import { memoryRecovery, type MemoryRecovery } from './memory/memory-recovery.ts';
import { memorySigner } from './memory/memory-signer.ts';
import { createDouble, type Double } from './memory/doubles.ts';
import type { MemoryWorld } from './memory/memory-world.ts';

/** Between two questions to a run (ms). */
const ASK_EVERY_MS = 100;

/** Everything that workers of this process log; what is an error is printed too. */
export const logged: string[] = [];

Runtime.install({
  logger: new DefaultLogger('INFO', (entry) => {
    const line = JSON.stringify(entry, (_, value: unknown) =>
      typeof value === 'bigint' ? String(value) : value instanceof Error ? value.stack : value,
    );
    logged.push(line);
    if (entry.level === 'ERROR') process.stderr.write(`${line}\n`);
  }),
  telemetryOptions: { logging: { forward: {}, filter: 'ERROR,temporalio=WARN' } },
});

/** The code of workflows, once it has been read. */
let bundle: string | undefined;

const converter = resolve(import.meta.dirname, '../../src/payload-converter.ts');

export interface MemoryPorts extends ActivityPorts {
  platforms: ActivityPorts['platforms'] & Required<Pick<ActivityPorts['platforms'], 'local'>>;
  drills: MemoryRecovery['drills'];
  epochs: MemoryRecovery['epochs'];
  ledger: MemoryRecovery['ledger'];
  scheduled: MemoryRecovery['scheduled'];
  world: MemoryWorld;
  evidence: ReturnType<typeof memoryEvidence>;
  notify: MemoryNotify;
  signer: ReturnType<typeof memorySigner>;
  vault: MemoryVault;
  steps: MemorySteps['steps'];
  targets: MemoryTargets;
  beats: MemoryHeartbeats;
  exchanged: MemoryExchanges;
  /** Where systems and plans are kept. */
  objects: ReturnType<typeof createMemoryObjects>;
}

/** Ports without an outside: `systems` are what there is; nothing is secret. */
export function memoryPorts(systems: LoadedSystem[], double: Double = 'memory'): MemoryPorts {
  const { isolation, targets } = scriptedTargets(memoryIsolation());
  const { metrics, world, ...platform } = createDouble(double, isolation);
  const backups = memoryBackups();
  const objects = createMemoryObjects();
  return {
    world,
    platforms: { local: platform },
    metrics,
    evidence: memoryEvidence(),
    systems: {
      names: async () => systems.map(({ name }) => name).sort(),
      load: async (name) => {
        const found = systems.find((one) => one.name === name);
        if (found === undefined) throw new Failure('NotFound', `there is no system ${name}`);
        return found;
      },
    },
    redactor: { redact: (value) => value, learn: async () => undefined },
    notify: memoryNotify(),
    signer: memorySigner(),
    ...backups,
    ...memorySteps(),
    ...memoryHeartbeats(backups.vault),
    ...memoryExchanges(backups.vault),
    targets,
    byHand: { datastore: async () => ({}) },
    ...memoryRecovery(),
    snapshots: createSnapshots(objects),
    keptRemoval: createKeptRemoval(objects),
    incidents: createIncidents(objects),
    objects,
    machine: 'here',
    checks: { run: async ({ check }) => `${check.name} is fine` },
    clock: { now: () => Date.now(), sleep: (ms, signal) => sleep(ms, undefined, { signal }) },
  };
}

/** A system name that no other test uses. */
export function freshName(prefix = 'shop'): string {
  return `${prefix}-${randomUUID().slice(0, 8)}`;
}

export interface TestWorker {
  client: Client;
  taskQueue: string;
  /** Starts an operation by type with one argument. */
  start: (type: string, input: unknown, workflowId?: string) => Promise<WorkflowHandle>;
  stop: () => Promise<void>;
}

export async function startTestWorker(
  address: string,
  ports: ActivityPorts,
  {
    unwatched = false,
    ...options
  }: Partial<WorkerOptions> & { taskQueue?: string; unwatched?: boolean } = {},
): Promise<TestWorker> {
  const taskQueue = options.taskQueue ?? `test-${randomUUID()}`;
  const connection = await NativeConnection.connect({ address });
  const input: WorkerInput = {
    connection,
    namespace: 'default',
    settings: {
      systems: 'systems',
      data: '.fairlead',
      taskQueue,
      logLevel: 'error',
      uiHost: '127.0.0.1',
      allowedHosts: [],
      metricsHost: '127.0.0.1',
    },
    ports,
    options: { ...workflowBundle(), ...options, taskQueue },
  };
  const workers = await Promise.all([
    createWorker(input),
    ...(unwatched ? [] : [createWatchWorker(input)]),
  ]).catch(async (error: unknown) => {
    // Left open, it would keep the process of the tests from ending.
    await connection.close();
    throw error;
  });
  const running = Promise.all(workers.map((worker) => worker.run()));
  const clientConnection = await Connection.connect({ address });
  const client = new Client({
    connection: clientConnection,
    dataConverter: { payloadConverterPath: converter },
  });
  return {
    client,
    taskQueue,
    start: (type, input, workflowId = `${type}-${randomUUID()}`) =>
      client.workflow.start(type, {
        workflowId,
        taskQueue,
        workflowTaskTimeout: '5s',
        args: input === undefined ? [] : [input],
      }),
    stop: async () => {
      for (const worker of workers) worker.shutdown();
      await running;
      await clientConnection.close();
      await connection.close();
    },
  };
}

/**
 * The bundle that the build made, so that not every file makes one; else the sources. The SDK writes down a stack for each
 * promise of a workflow, a sixth of a worker's processor time: in tests, which never ask for stacks, it finds no frames.
 */
export function workflowBundle(): { workflowBundle: { code: string } } | { workflowsPath: string } {
  const codePath = resolve(import.meta.dirname, '../../dist/workflow-bundle.js');
  if (!existsSync(codePath)) {
    return { workflowsPath: resolve(import.meta.dirname, '../../src/workflows/index.ts') };
  }
  bundle ??= `Error.stackTraceLimit = 0; ${readFileSync(codePath, 'utf8')}`;
  return { workflowBundle: { code: bundle } };
}

export interface Ended {
  outcome: string;
  message: string;
  summary: ReportSummary | null;
  kind: string | null;
}

/** How an operation ended, whether it completed or failed; anything but an outcome fails the test. */
export async function endOf(handle: WorkflowHandle): Promise<Ended> {
  try {
    const summary = (await handle.result()) as ReportSummary;
    return {
      outcome: String(summary.outcome),
      message: String(summary.message),
      summary,
      kind: null,
    };
  } catch (error) {
    assert.ok(error instanceof WorkflowFailedError, String(error));
    const { cause } = error;
    assert.ok(cause instanceof ApplicationFailure, String(cause));
    const [summary, more] = (cause.details ?? []) as [
      ReportSummary | null,
      { kind: string | null }?,
    ];
    return {
      outcome: cause.type ?? '',
      message: cause.message,
      summary: summary ?? null,
      kind: more?.kind ?? null,
    };
  }
}

/** Asks for the status again and again until it is as wanted; the test's own time-out is the deadline. */
export async function untilStatus(
  handle: WorkflowHandle,
  wanted: (status: OperationStatus) => boolean,
): Promise<OperationStatus> {
  for (;;) {
    const { answer: status, pause } = await askedGently(handle, 'status');
    if (status !== undefined && wanted(status)) return status;
    if (status?.state === 'closed') assert.fail(`closed before: ${JSON.stringify(status)}`);
    await sleep(pause);
  }
}

/** By query. */
interface Answers {
  report: Report;
  status: OperationStatus;
}

/**
 * What a query brought, undefined where no worker came to it in time, and how long (ms) to wait before the next: who is slow to
 * answer is asked less often, for queries are work too.
 */
export async function askedGently<Query extends keyof Answers>(
  handle: WorkflowHandle,
  query: Query,
): Promise<{ answer: Answers[Query] | undefined; pause: number }> {
  const began = performance.now();
  const answer = await handle.query<Answers[Query]>(query).catch((error: unknown) => {
    if (error instanceof ServiceError && isGrpcDeadlineError(error.cause)) return undefined;
    throw error;
  });
  return { answer, pause: Math.max(ASK_EVERY_MS, performance.now() - began) };
}

/** Until an activity of the operation has begun and said so. */
export async function untilBeating(handle: WorkflowHandle, activity: string): Promise<void> {
  for (;;) {
    const { pendingActivities } = (await handle.describe()).raw;
    const found = pendingActivities?.find(({ activityType }) => activityType?.name === activity);
    if (found?.heartbeatDetails != null) return;
    await sleep(20);
  }
}

/** As the operation itself says now. */
export const reportOf = (handle: WorkflowHandle): Promise<Report> => handle.query<Report>('report');

/** Each step with its status: `backup-orders done`. */
export const statesOf = ({ steps }: Report): string[] =>
  steps.map(({ id, status }) => `${id} ${status}`);
