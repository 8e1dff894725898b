// The worker's entry: `node dist/worker.js`, told everything by its environment. Says on stdout when it polls,
// and finishes what it is doing on SIGTERM or SIGINT. Exit codes: 0 stopped, 2 configuration, 5 no Temporal.
import { loadClientConnectConfig } from '@temporalio/envconfig';
import { DefaultLogger, NativeConnection, Runtime, type LogLevel } from '@temporalio/worker';
import { SettingsError, workerSettings } from './config/settings.ts';
import { createWorker, missingSearchAttributes, realPorts } from './worker-assembly.ts';

class Stop extends Error {
  readonly code: number;

  constructor(code: number, message: string) {
    super(message);
    this.code = code;
  }
}

async function main(): Promise<void> {
  const settings = workerSettings(process.env);
  const level = settings.logLevel.toUpperCase() as LogLevel;
  Runtime.install({ logger: new DefaultLogger(level === 'INFO' ? 'WARN' : level) });
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
    const ports = realPorts(settings);
    const worker = await createWorker({ connection, namespace, settings, ports });
    const running = worker.run();
    say({ ready: true, address, namespace, taskQueue: settings.taskQueue, pid: process.pid });
    await running;
  } finally {
    await connection.close();
  }
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

function say(line: Record<string, unknown>): void {
  process.stdout.write(`${JSON.stringify(line)}\n`);
}

try {
  await main();
} catch (error) {
  const known = error instanceof Stop || error instanceof SettingsError;
  process.stderr.write(`fairlead worker: ${known ? error.message : String(error)}\n`);
  process.exitCode = error instanceof Stop ? error.code : known ? 2 : 1;
}
