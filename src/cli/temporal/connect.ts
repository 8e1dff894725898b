// The connection to Temporal that a command works with; closed when the command is done.
import { once } from 'node:events';
import { connect as connectTo } from 'node:net';
import { Client, Connection } from '@temporalio/client';
import { defaultFailureConverter, type LoadedDataConverter } from '@temporalio/common';
import { payloadConverter } from '../../payload-converter.ts';
import { type Address, findAddress } from './address.ts';
import { EXIT, ExitError } from '../exit.ts';

export interface Temporal {
  client: Client;
  namespace: string;
  taskQueue: string;
  address: string;
}

// A server that listens may be slow on a busy machine; a closed port is known at once.
const LISTENING_WITHIN_MS = 5_000;
const CONNECT_TIMEOUT = '20s';

/** Loaded already: by its path it would bring in a second copy of the SDK beside the bundled one. */
const dataConverter: LoadedDataConverter = {
  payloadConverter,
  failureConverter: defaultFailureConverter,
  payloadCodecs: [],
};

/** Connects, runs `work`, closes. Throws ExitError (5) when Temporal does not answer. */
export async function withTemporal<T>(
  actor: string,
  run: (temporal: Temporal) => Promise<T>,
): Promise<T> {
  return await withTemporalAt(findAddress(process.env, process.cwd()), actor, run);
}

export async function withTemporalAt<T>(
  found: Address,
  actor: string,
  run: (temporal: Temporal) => Promise<T>,
): Promise<T> {
  const connection = await reach(found);
  try {
    const client = new Client({
      connection,
      namespace: found.namespace,
      identity: actor,
      dataConverter: dataConverter,
    });
    return await run({
      client,
      namespace: found.namespace,
      taskQueue: found.taskQueue,
      address: found.connection.address,
    });
  } finally {
    await connection.close();
  }
}

async function reach(found: Address): Promise<Connection> {
  try {
    await listening(found.connection.address);
    return await Connection.connect({ ...found.connection, connectTimeout: CONNECT_TIMEOUT });
  } catch (error) {
    const said = error instanceof Error ? error.message : String(error);
    throw new ExitError(
      EXIT.noAnswer,
      `connecting to Temporal at ${found.connection.address} (from ${found.source}): ${said}. Start it with "fairlead up", or say where it is: FAIRLEAD_DATA is the data folder of a running one, TEMPORAL_ADDRESS any server.`,
    );
  }
}

/** Rejects with what the system says when nothing listens at `host:port`. */
async function listening(address: string): Promise<void> {
  const { hostname, port } = new URL(`tcp://${address}`);
  const host = hostname.replace(/^\[|\]$/g, '');
  const socket = connectTo({ host, port: Number(port || '7233') });
  try {
    await once(socket, 'connect', { signal: AbortSignal.timeout(LISTENING_WITHIN_MS) });
  } finally {
    socket.destroy();
  }
}

/** Does a worker poll the task queue? Workers that died count for some minutes. */
export async function hasWorker(temporal: Temporal): Promise<boolean> {
  // Without a kind and a type of task queue the server means the workflow tasks of a plain one.
  const answer = await temporal.client.workflowService.describeTaskQueue({
    namespace: temporal.namespace,
    taskQueue: { name: temporal.taskQueue },
  });
  return answer.pollers.length > 0;
}

export function noWorker(temporal: Temporal): string {
  return `no worker polls the task queue "${temporal.taskQueue}" of ${temporal.address}: start one with "fairlead up" or "fairlead worker"`;
}

/** Does Temporal itself answer, whatever workers do? */
export async function isReachable(temporal: Temporal): Promise<boolean> {
  try {
    const { client } = temporal;
    await client.withDeadline(Date.now() + 2_000, () => client.workflowService.getSystemInfo({}));
    return true;
  } catch {
    return false;
  }
}
