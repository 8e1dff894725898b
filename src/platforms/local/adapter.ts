// The local host as the worker sees it: the workload and traffic ports over its control socket. Where that lies is read from
// its file at each call.
import { join } from 'node:path';
import { readFile } from 'node:fs/promises';
import { request } from 'node:http';
import { text as readAll } from 'node:stream/consumers';
import { setTimeout as sleep } from 'node:timers/promises';
import type { z } from 'zod';
import type { Platform } from '../../ports/platform.ts';
import type { TrafficPort } from '../../ports/traffic.ts';
import type { Waiting } from '../../ports/waiting.ts';
import type { WorkloadPort } from '../../ports/workload.ts';
import { Failure } from '../../domain/failure.ts';
import { parsedJson } from '../../domain/json.ts';
import type { ServiceRef } from '../../domain/rollout/model.ts';
import { heaviest } from '../../domain/traffic/weights.ts';
import { localByHand } from './by-hand/commands.ts';
import { createIsolation, type IsolationOptions } from './isolation/isolation.ts';
import { requireOwn } from './control-socket.ts';
import { sendProbes } from './probes.ts';
import {
  errorSchema,
  hostFileSchema,
  hostPaths,
  PROBE_HEADER,
  REVISION_HEADER,
  verbs,
  type Verb,
  type VerbInput,
} from './protocol.ts';
import { readLogs } from './read-logs.ts';
import { local } from './settings.ts';

const CALL_TIMEOUT = 15_000;
const POLL = 100;

type Call = <V extends Verb>(
  verb: V,
  input: VerbInput<V>,
  waiting: Waiting,
) => Promise<z.output<(typeof verbs)[V]['output']>>;

export interface LocalPlatformInput {
  /** The data folder, absolute, in which the local host leaves where it listens, and its token. */
  data: string;
  isolation: IsolationOptions;
}

export function createLocalPlatform({ data, isolation }: LocalPlatformInput): Platform {
  return { ...localServices(data), isolation: createIsolation(isolation) };
}

/** The ports to the services of the local host whose data folder this is. */
export function localServices(data: string): Omit<Platform, 'isolation'> {
  const { host, logs } = hostPaths(data);
  const call = createCall(host);
  return {
    workload: workloadPort(call, logs),
    traffic: trafficPort(call),
    byHand: localByHand(data),
    capabilities: local.capabilities,
  };
}

function workloadPort(call: Call, logs: string): WorkloadPort {
  return {
    revisions: (service, waiting) => call('revisions', { service: refOf(service) }, waiting),
    history: (service, waiting) => call('history', { service: refOf(service) }, waiting),
    ensure: ({ spec, replicas, token }, waiting) =>
      call('ensure', { spec, replicas, token }, waiting),
    scale: (input, waiting) => call('scale', withRef(input), waiting),
    restart: (input, waiting) => call('restart', withRef(input), waiting),
    settle: ({ service }) =>
      Promise.reject(
        new Failure(
          'Unsupported',
          `settling ${service.system}/${service.service}: the local host keeps no object of its own beside the revisions`,
        ),
      ),
    remove: (input, waiting) => remove(call, withRef(input), waiting),
    obstacles: ({ spec }, waiting) => call('obstacles', { spec }, waiting),
    logs: ({ system, service }, since) => readLogs(join(logs, system, service), since),
  };
}

function trafficPort(call: Call): TrafficPort {
  const read: TrafficPort['read'] = (service, waiting) =>
    call('read', { service: refOf(service) }, waiting);
  const marks = (service: ServiceRef, count: number, waiting: Waiting): Promise<string[]> =>
    call('marks', { service: refOf(service), count }, waiting);
  const mark: TrafficPort['mark'] = async (service, waiting) => {
    const [one = ''] = await marks(service, 1, waiting);
    return { [PROBE_HEADER]: one };
  };
  return {
    read,
    mark,
    revisionHeader: REVISION_HEADER,
    set: (input, waiting) => call('set', withRef(input), waiting),
    stop: (input, waiting) => call('stop', withRef(input), waiting),
    admit: (input, waiting) => call('admit', withRef(input), waiting),
    async probe({ service, count }, waiting) {
      const { url, weights } = await read(service, waiting);
      if (url === '') {
        throw new Failure(
          'NotFound',
          `probing ${service.system}/${service.service}: it has no address here; deploy it first`,
        );
      }
      const revisions = await call('revisions', { service: refOf(service) }, waiting);
      const main = revisions.find((one) => one.spec.id === heaviest(weights)?.revision);
      const path = (main ?? revisions[0])?.spec.health.path ?? '/';
      const each = (await marks(service, count, waiting)).map((one) => ({ [PROBE_HEADER]: one }));
      return sendProbes(`${url}${path}`, each, waiting);
    },
  };
}

/** The host is one for all services: of a target it takes exactly these two. */
function refOf({ system, service }: ServiceRef): ServiceRef {
  return { system, service };
}

function withRef<Input extends { service: ServiceRef }>(
  input: Input,
): Omit<Input, 'service'> & { service: ServiceRef } {
  return { ...input, service: refOf(input.service) };
}

async function remove(call: Call, input: VerbInput<'remove'>, waiting: Waiting): Promise<void> {
  for (;;) {
    const { done, left } = await call('remove', input, waiting);
    if (done && left.length === 0) return;
    if (done) {
      throw new Failure(
        'Broken',
        `removing revision ${input.revision} of ${input.service.system}/${input.service.service}: it is gone, and ${left.join(', ')}, which it started, is not and could not be ended; end that by hand`,
      );
    }
    waiting.beat();
    await sleep(POLL, undefined, { signal: waiting.signal });
  }
}

function createCall(hostFile: string): Call {
  return async (verb, input, { signal }) => {
    const { status, text } = await post(hostFile, verb, input, signal);
    const value = parsedJson(text);
    if (status !== 200) throw failureFrom(verb, status, value);
    const parsed = verbs[verb].output.safeParse(value);
    if (parsed.success) return parsed.data as z.output<(typeof verbs)[typeof verb]['output']>;
    throw new Failure(
      'Broken',
      `asking the local host to ${verb}: its answer is not what this version understands (${parsed.error.message.slice(0, 300)}); end the local host and start it anew`,
    );
  };
}

/** Every verb may be sent twice, so a host that was just restarted is asked once more. */
async function post(
  hostFile: string,
  verb: Verb,
  input: unknown,
  signal: AbortSignal,
): Promise<HostAnswer> {
  let last = '';
  for (let attempt = 0; attempt < 2; attempt += 1) {
    signal.throwIfAborted();
    const socket = await socketOf(hostFile);
    await requireOwn(socket);
    try {
      return await send(socket, verb, JSON.stringify(input), signal);
    } catch (error) {
      signal.throwIfAborted();
      last = `${socket}: ${String(error)}`;
    }
  }
  throw new Failure(
    'Unavailable',
    `asking the local host to ${verb}: no answer from ${last}; see whether it runs (fairlead up starts it)`,
  );
}

interface HostAnswer {
  status: number;
  text: string;
}

function send(
  socketPath: string,
  verb: Verb,
  body: string,
  signal: AbortSignal,
): Promise<HostAnswer> {
  return new Promise((done, failed) => {
    const outgoing = request({
      ...{ socketPath, method: 'POST', path: `/v1/${verb}` },
      headers: { 'content-type': 'application/json' },
      signal: AbortSignal.any([AbortSignal.timeout(CALL_TIMEOUT), signal]),
    });
    outgoing.once('error', failed);
    outgoing.once('response', (response) => {
      const status = response.statusCode ?? 0;
      readAll(response).then((text) => {
        done({ status, text });
      }, failed);
    });
    outgoing.end(body);
  });
}

async function socketOf(path: string): Promise<string> {
  const file = hostFileSchema.safeParse(parsedJson(await readFile(path, 'utf8').catch(() => '')));
  if (file.data?.socket !== undefined) return file.data.socket;
  const why = file.success
    ? `it is of an earlier version (process ${file.data.pid}); end it, then start it`
    : `${path} cannot be read; start it`;
  throw new Failure('Unavailable', `looking for the local host: ${why} (fairlead up does)`);
}

function failureFrom(verb: Verb, status: number, value: unknown): Failure {
  const parsed = errorSchema.safeParse(value);
  if (parsed.success)
    return new Failure(parsed.data.kind, parsed.data.message, parsed.data.details);
  return new Failure(
    'Broken',
    `asking the local host to ${verb}: HTTP ${status} with a body that is no failure of it; look at its log`,
  );
}
