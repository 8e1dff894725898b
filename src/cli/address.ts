// Where Temporal is: the environment (or Temporal's own configuration file), else .fairlead/up.json of the
// nearest parent folder, else 127.0.0.1:7233.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { loadClientConnectConfig } from '@temporalio/envconfig';
import type { ConnectionOptions } from '@temporalio/client';
import { isRecord, textAt } from '../domain/json.ts';
import { dataFoldersUp } from './data-folder.ts';
import { EXIT, ExitError } from './exit.ts';

export interface Address {
  connection: ConnectionOptions & { address: string };
  namespace: string;
  taskQueue: string;
  /** For messages: where the address came from. */
  source: string;
}

export function findAddress(env: NodeJS.ProcessEnv, folder: string): Address {
  const config = configured();
  const { address } = config.connectionOptions;
  const queue = env['FAIRLEAD_TASK_QUEUE'];
  if (address === undefined) return embeddedAddress(env, folder, config.namespace);
  return {
    connection: { ...connectionOf(config.connectionOptions), address },
    namespace: config.namespace ?? 'default',
    taskQueue: queue ?? 'fairlead',
    source: "the environment or Temporal's configuration file",
  };
}

function embeddedAddress(
  env: NodeJS.ProcessEnv,
  folder: string,
  namespace: string | undefined,
): Address {
  const defaults = {
    address: '127.0.0.1:7233',
    namespace: 'default',
    taskQueue: 'fairlead',
    file: 'the default',
  };
  const up = nearestUp(env['FAIRLEAD_DATA'], folder) ?? defaults;
  return {
    connection: { address: up.address },
    namespace: namespace ?? up.namespace,
    taskQueue: env['FAIRLEAD_TASK_QUEUE'] ?? up.taskQueue,
    source: up.file,
  };
}

type EnvironmentConfig = ReturnType<typeof loadClientConnectConfig>;

function configured(): EnvironmentConfig {
  try {
    return loadClientConnectConfig();
  } catch (error) {
    const said = error instanceof Error ? error.message : String(error);
    throw new ExitError(
      EXIT.badInput,
      `reading the connection settings of Temporal (TEMPORAL_* or its configuration file): ${said}`,
    );
  }
}

function connectionOf(options: EnvironmentConfig['connectionOptions']): ConnectionOptions {
  const { tls, apiKey, metadata } = options;
  return {
    ...(tls !== undefined && { tls }),
    ...(apiKey !== undefined && { apiKey }),
    ...(metadata !== undefined && { metadata }),
  };
}

function nearestUp(data: string | undefined, folder: string) {
  const folders = data === undefined ? dataFoldersUp(folder) : [data];
  for (const one of folders) {
    const found = readUp(join(one, 'up.json'));
    if (found !== undefined) return found;
  }
  return undefined;
}

function readUp(file: string) {
  const content = contentOf(file);
  const address = textAt(content, 'address');
  if (address === undefined) return undefined;
  const namespace = textAt(content, 'namespace') ?? 'default';
  return { file, address, namespace, taskQueue: textAt(content, 'taskQueue') ?? 'fairlead' };
}

/** A file that is not there or half written is no address. */
function contentOf(file: string): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(readFileSync(file, 'utf8'));
    return isRecord(value) ? value : undefined;
  } catch {
    return undefined;
  }
}
