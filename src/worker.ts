// The worker's entry: `node dist/worker.js`, told everything by its environment. Says on stdout when it polls,
// and finishes what it is doing on SIGTERM or SIGINT. Exit codes: 0 stopped, 2 configuration, 5 no Temporal.
import { loadClientConnectConfig } from '@temporalio/envconfig';
import { Client } from '@temporalio/client';
import { hostInUrl } from './machine/host-in-url.ts';
import { closeToOthers } from './machine/own-umask.ts';
import { NativeConnection, Runtime } from '@temporalio/worker';
import { SettingsError, workerSettings, type WorkerSettings } from './config/environment.ts';
import { watchOperations } from './watching/gauges.ts';
import type { ActivityPorts } from './activities/create.ts';
import { createLog, type Log } from './watching/log.ts';
import { watchRecovery } from './watching/recovery-gauges.ts';
import { watchScheduled } from './watching/scheduled-gauges.ts';
import {
  installRuntime,
  MetricsAddressError,
  type MetricsAddress,
  type MetricsWanted,
} from './watching/runtime.ts';
import { workerIdentity, withOtherStores } from './integrations/store-id.ts';
import {
  createWatchWorker,
  createWorker,
  missingSearchAttributes,
  openStore,
  realPorts,
} from './worker-assembly.ts';

class Stop extends Error {
  readonly code: number;

  constructor(code: number, message: string) {
    super(message);
    this.code = code;
  }
}

async function main(): Promise<void> {
  closeToOthers();
  const settings = workerSettings(process.env);
  const ports = realPorts(settings);
  const log = createLog({
    level: settings.logLevel,
    redact: (value, names) => ports.redactor.redact(value, names),
  });
  const metrics = await installRuntime(log, settings.logLevel, metricsWanted(settings));
  const { connectionOptions, namespace = 'default' } = loadClientConnectConfig();
  const address = connectionOptions.address ?? '127.0.0.1:7233';
  const connection = await connect({ ...connectionOptions, address });
  try {
    const missing = await missingSearchAttributes(connection, namespace);
    if (missing.length > 0) {
      throw new Stop(
        2,
        `the namespace ${namespace} lacks search attributes; create them:\n${missing.join('\n')}`,
      );
    }
    const { taskQueue } = settings;
    const identity = await requireSharedStore(connection, namespace, settings);
    const input = { connection, namespace, settings, ports, options: { identity } };
    const workers = [await createWorker(input), await createWatchWorker(input)];
    const running = Promise.all(workers.map((worker) => worker.run()));
    const client = new Client({ connection, namespace });
    const watching = metrics && watch({ client, namespace, taskQueue, ports, log });
    const where = metrics && { metrics: urlOf(metrics) };
    say({ ready: true, address, namespace, taskQueue, pid: process.pid, ...where });
    try {
      await running;
    } finally {
      watching?.stop();
    }
  } finally {
    await connection.close();
  }
}

/** What is open, and what is known of recoverability and of schedules, as gauges. */
function watch({
  client,
  namespace,
  taskQueue,
  ports,
  log,
}: {
  client: Client;
  namespace: string;
  taskQueue: string;
  ports: ActivityPorts;
  log: Log;
}): { stop: () => void } {
  const meter = Runtime.instance().metricMeter;
  const operations = watchOperations({ client, taskQueue, meter, log });
  const recovery = watchRecovery({ list: () => ports.ledger.list(), meter, namespace, log });
  const scheduled = watchScheduled({ list: () => ports.scheduled.list(), meter, namespace, log });
  return {
    stop: () => {
      operations.stop();
      recovery.stop();
      scheduled.stop();
    },
  };
}

/**
 * What one worker began another one goes on with, and reads what it kept: all workers of a task queue need one object
 * store. Answers what this worker is called, by which the next one sees its store.
 */
async function requireSharedStore(
  connection: NativeConnection,
  namespace: string,
  settings: WorkerSettings,
): Promise<string> {
  const { taskQueue } = settings;
  const { store, folder } = await openStore(settings, {
    clusterId: (await connection.workflowService.getClusterInfo({})).clusterId,
    namespace,
  }).catch((error: unknown) => {
    const why = error instanceof Error ? error.message : String(error);
    throw new Stop(2, `the object store, where records and backups lie, cannot be used: ${why}`);
  });
  const { pollers } = await connection.workflowService.describeTaskQueue({
    namespace,
    taskQueue: { name: taskQueue },
  });
  const seen = pollers.map(({ identity, lastAccessTime }) => ({
    identity: identity ?? '',
    seenAt: Number(lastAccessTime?.seconds ?? 0) * 1000,
  }));
  const others = withOtherStores(seen, store, Date.now());
  if (others.length === 0) return workerIdentity(store);
  throw new Stop(
    2,
    `the object store of this worker is ${folder} (store ${store}), and the task queue ${taskQueue} has workers with another one: ${others.join('; ')}. All workers of a task queue need the same object store (FAIRLEAD_OBJECTS), or a task queue of their own (FAIRLEAD_TASK_QUEUE). If those are stopped, wait a minute.`,
  );
}

async function connect(
  options: Parameters<typeof NativeConnection.connect>[0] & { address: string },
): Promise<NativeConnection> {
  try {
    return await NativeConnection.connect(options);
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    throw new Stop(5, `Temporal at ${options.address} does not answer: ${why}`);
  }
}

function metricsWanted(settings: WorkerSettings): MetricsWanted | undefined {
  const { metricsHost: host, metricsPort: port, allowedHosts: names } = settings;
  return port === undefined ? undefined : { host, port, names };
}

function urlOf({ host, port }: MetricsAddress): string {
  return `http://${hostInUrl(host)}:${port}/metrics`;
}

function say(line: Record<string, unknown>): void {
  process.stdout.write(`${JSON.stringify(line)}\n`);
}

try {
  await main();
} catch (error) {
  const known =
    error instanceof Stop || error instanceof SettingsError || error instanceof MetricsAddressError;
  process.stderr.write(`fairlead worker: ${known ? error.message : String(error)}\n`);
  process.exitCode = error instanceof Stop ? error.code : known ? 2 : 1;
}
