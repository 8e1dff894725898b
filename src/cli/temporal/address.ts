// Where Temporal is: the environment (or Temporal's own configuration file), else .fairlead/up.json of the
// nearest parent folder, or of the data folder that FAIRLEAD_DATA names; where it names none, else 127.0.0.1:7233.
import { readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { loadClientConnectConfig } from '@temporalio/envconfig';
import type { ConnectionOptions } from '@temporalio/client';
import { isRecord, textAt } from '../../domain/json.ts';
import { distrustOf, listeningUser } from '../../machine/own-file.ts';
import { dataFoldersUp } from '../data-folder.ts';
import { EXIT, ExitError } from '../exit.ts';
import { progress } from '../output/print.ts';

export interface Address {
  connection: ConnectionOptions & { address: string };
  namespace: string;
  taskQueue: string;
  /** For messages: where the address came from. */
  source: string;
  /** The profile by which the private server of an `up` is reached. */
  profile?: string;
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
  const named = env['FAIRLEAD_DATA'] || undefined;
  const found = nearestUp(named, folder);
  if (found?.uiUrl !== undefined) requireItsServer(found);
  if (named !== undefined && found === undefined) throw nothingRuns(named);
  const up = found ?? defaults;
  return {
    ...shownAt(up),
    namespace: namespace ?? up.namespace,
    taskQueue: env['FAIRLEAD_TASK_QUEUE'] ?? up.taskQueue,
    source: up.file,
  };
}

/** How the server of an `up` is reached: a private one by its profile. */
function shownAt({
  address,
  profile,
}: {
  address: string;
  profile?: string | undefined;
}): Pick<Address, 'connection' | 'profile'> {
  if (profile === undefined) return { connection: { address } };
  const { connectionOptions } = configured(profile);
  return { connection: { ...connectionOf(connectionOptions), address }, profile };
}

/** Whoever named a data folder means its `up`, and not what somebody else may run at the default address. */
function nothingRuns(data: string): ExitError {
  return new ExitError(
    EXIT.noAnswer,
    `looking for Temporal: no "fairlead up" runs on ${data} (FAIRLEAD_DATA); start it there, or name a server in TEMPORAL_ADDRESS`,
  );
}

/** A server that `up` started: once that is killed, anybody may listen in its place. */
function requireItsServer({ file, address }: { file: string; address: string }): void {
  const user = listeningUser(Number(address.split(':').at(-1)));
  const trusted = [0, process.getuid?.(), statSync(file).uid];
  if (user === undefined || trusted.includes(user)) return;
  throw new ExitError(
    EXIT.noAnswer,
    `looking for Temporal at ${address}, as ${file} says: the server of that "fairlead up" is gone, and user ${user} listens there; start "fairlead up" again, or name a server in TEMPORAL_ADDRESS`,
  );
}

/** Where the Web UI of the nearest `up` is, or what FAIRLEAD_UI_URL says. Throws ExitError (2) where nobody says it. */
export function uiAddress(env: NodeJS.ProcessEnv, folder: string): string {
  const given = env['FAIRLEAD_UI_URL'] ?? nearestUp(env['FAIRLEAD_DATA'], folder)?.uiUrl;
  if (given !== undefined) return given.replace(/\/+$/, '');
  throw new ExitError(
    EXIT.badInput,
    'nobody says where Temporal\'s Web UI is: no "fairlead up" runs in this folder or a parent of it; name it in FAIRLEAD_UI_URL',
  );
}

type EnvironmentConfig = ReturnType<typeof loadClientConnectConfig>;

/** What the environment and Temporal's configuration file say; of `profile`, the file of an `up`, where that is named. */
function configured(profile?: string): EnvironmentConfig {
  try {
    return loadClientConnectConfig(
      profile === undefined ? {} : { configSource: { path: profile }, disableEnv: true },
    );
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
    const file = join(one, 'up.json');
    const distrust = distrustOf(file);
    // A folder that was named is the caller's choice; one that is found may be anybody's trap.
    if (data === undefined && distrust !== undefined) {
      if (distrust !== 'missing') progress(`not looking for Temporal as ${file} says: ${distrust}`);
      continue;
    }
    const found = readUp(file);
    if (found !== undefined) return found;
  }
  return undefined;
}

function readUp(file: string) {
  const content = contentOf(file);
  const address = textAt(content, 'address');
  if (address === undefined) return undefined;
  const namespace = textAt(content, 'namespace') ?? 'default';
  const taskQueue = textAt(content, 'taskQueue') ?? 'fairlead';
  const [uiUrl, profile] = [textAt(content, 'uiUrl'), textAt(content, 'profile')];
  return { file, address, namespace, taskQueue, uiUrl, profile };
}

/** What `.fairlead/up.json` says; undefined when the file is not there or half written. */
function contentOf(file: string): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(readFileSync(file, 'utf8'));
    return isRecord(value) ? value : undefined;
  } catch {
    return undefined;
  }
}
