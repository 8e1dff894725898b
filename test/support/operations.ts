// Runs operations in a test: a worker of its own with in-memory ports (or others) on the shared Temporal server,
// with its own task queue and system names, so that files can run side by side.
import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Client, Connection, WorkflowFailedError, type WorkflowHandle } from '@temporalio/client';
import { ApplicationFailure } from '@temporalio/common';
import { DefaultLogger, NativeConnection, Runtime, type WorkerOptions } from '@temporalio/worker';
import type { ActivityPorts } from '../../src/activities/create.ts';
import { Failure } from '../../src/domain/failure.ts';
import type { LoadedSystem } from '../../src/domain/loaded-system.ts';
import type { Report, ReportSummary } from '../../src/domain/report.ts';
import type { OperationStatus } from '../../src/domain/status.ts';
import { createWorker } from '../../src/worker-assembly.ts';
import { memoryBackups, type MemoryVault } from './memory-backups.ts';
import { memoryCanaries, type MemoryBirds } from './memory-canaries.ts';
import { memoryEvidence } from './memory-evidence.ts';
import { memoryIsolation } from './memory-isolation.ts';
import { scriptedTargets, type MemoryTargets } from './memory-targets.ts';
import { memoryNotify, type MemoryNotify } from './memory-notify.ts';
import { memoryRecovery, type MemoryRecovery } from './memory-recovery.ts';
import { memorySigner } from './memory-signer.ts';
import { createMemoryPlatform } from './memory-platform.ts';
import type { MemoryWorld } from './memory-world.ts';

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

const converter = resolve(import.meta.dirname, '../../src/payload-converter.ts');

export interface MemoryPorts extends ActivityPorts {
  drills: MemoryRecovery['drills'];
  ledger: MemoryRecovery['ledger'];
  world: MemoryWorld;
  evidence: ReturnType<typeof memoryEvidence>;
  notify: MemoryNotify;
  signer: ReturnType<typeof memorySigner>;
  vault: MemoryVault;
  targets: MemoryTargets;
  birds: MemoryBirds;
}

/** Ports without an outside: `systems` are what there is; nothing is secret. */
export function memoryPorts(systems: LoadedSystem[]): MemoryPorts {
  const { workload, traffic, metrics, world } = createMemoryPlatform();
  const backups = memoryBackups();
  return {
    world,
    platforms: { local: { workload, traffic } },
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
    ...memoryCanaries(backups.vault),
    ...scriptedTargets(memoryIsolation()),
    ...memoryRecovery(),
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
  options: Partial<WorkerOptions> & { taskQueue?: string } = {},
): Promise<TestWorker> {
  const taskQueue = options.taskQueue ?? `test-${randomUUID()}`;
  const connection = await NativeConnection.connect({ address });
  const worker = await createWorker({
    connection,
    namespace: 'default',
    settings: { systems: 'systems', data: '.fairlead', taskQueue, logLevel: 'error' },
    ports,
    options: { ...workflowBundle(), ...options, taskQueue },
  });
  const running = worker.run();
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
      worker.shutdown();
      await running;
      await clientConnection.close();
      await connection.close();
    },
  };
}

/** The bundle that the build made, so that not every file makes one; else the sources. */
export function workflowBundle():
  { workflowBundle: { codePath: string } } | { workflowsPath: string } {
  const codePath = resolve(import.meta.dirname, '../../dist/workflow-bundle.js');
  if (existsSync(codePath)) return { workflowBundle: { codePath } };
  return { workflowsPath: resolve(import.meta.dirname, '../../src/workflows/index.ts') };
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
    const status = await handle.query<OperationStatus>('status');
    if (wanted(status)) return status;
    if (status.state === 'closed') assert.fail(`closed before: ${JSON.stringify(status)}`);
    await sleep(50);
  }
}

/** As the operation itself says now. */
export const reportOf = (handle: WorkflowHandle): Promise<Report> => handle.query<Report>('report');

/** Each step with its status: `backup-orders done`. */
export const statesOf = ({ steps }: Report): string[] =>
  steps.map(({ id, status }) => `${id} ${status}`);
