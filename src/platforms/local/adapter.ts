// The local host as the worker sees it: the workload and traffic ports over its control interface. Where it
// listens is read from its file at each call, since it may have been restarted on another port.
import { readFile } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import type { z } from 'zod';
import type { TrafficPort, Waiting, WorkloadPort } from '../../activities/ports.ts';
import { Failure } from '../../domain/failure.ts';
import type { ServiceRef } from '../../domain/model.ts';
import { heaviest } from '../../domain/weights.ts';
import { sendProbes } from './probes.ts';
import { errorSchema, hostFileSchema, verbs, type Verb, type VerbInput } from './protocol.ts';

const CALL_TIMEOUT = 15_000;
const POLL = 100;

export interface LocalPlatformInput {
  /** `<data>/host/host.json` and `<data>/token`. */
  hostFile: string;
  tokenFile: string;
}

type Call = <V extends Verb>(
  verb: V,
  input: VerbInput<V>,
  signal?: AbortSignal,
) => Promise<z.output<(typeof verbs)[V]['output']>>;

export function createLocalPlatform(input: LocalPlatformInput): {
  workload: WorkloadPort;
  traffic: TrafficPort;
} {
  const call = createCall(input);
  return { workload: workloadPort(call), traffic: trafficPort(call, input) };
}

function workloadPort(call: Call): WorkloadPort {
  return {
    revisions: (service) => call('revisions', { service: refOf(service) }),
    ensure: (input, waiting) => call('ensure', input, waiting.signal),
    scale: (input) => call('scale', { ...input, service: refOf(input.service) }),
    restart: (input) => call('restart', { ...input, service: refOf(input.service) }),
    remove: (input, waiting) => remove(call, input, waiting),
    obstacles: (spec) => call('obstacles', { spec }),
  };
}

function trafficPort(call: Call, files: LocalPlatformInput): TrafficPort {
  const read: TrafficPort['read'] = (service) => call('read', { service: refOf(service) });
  return {
    read,
    set: (input) => call('set', { ...input, service: refOf(input.service) }),
    stop: (input) => call('stop', { ...input, service: refOf(input.service) }),
    admit: (input) => call('admit', { ...input, service: refOf(input.service) }),
    async probe({ service, count }, waiting) {
      const { url, weights } = await read(service);
      if (url === '') {
        throw new Failure(
          'NotFound',
          `probing ${service.system}/${service.service}: it has no address here; deploy it first`,
        );
      }
      const revisions = await call('revisions', { service: refOf(service) }, waiting.signal);
      const main = revisions.find((one) => one.spec.id === heaviest(weights)?.revision);
      const path = (main ?? revisions[0])?.spec.health.path ?? '/';
      const token = await readToken(files.tokenFile);
      return sendProbes({ url: `${url}${path}`, token, count }, waiting);
    },
  };
}

/** Callers may hand over objects with more in them; the host takes exactly these two. */
function refOf({ system, service }: ServiceRef): ServiceRef {
  return { system, service };
}

async function remove(
  call: Call,
  input: Parameters<WorkloadPort['remove']>[0],
  waiting: Waiting,
): Promise<void> {
  for (;;) {
    const body = { ...input, service: refOf(input.service) };
    const { done } = await call('remove', body, waiting.signal);
    if (done) return;
    waiting.beat();
    await sleep(POLL, undefined, { signal: waiting.signal });
  }
}

function createCall(files: LocalPlatformInput): Call {
  return async (verb, input, signal) => {
    const answer = await post(files, verb, input, signal);
    const value: unknown = await answer.json().catch(() => undefined);
    if (!answer.ok) throw failureFrom(verb, answer.status, value);
    const parsed = verbs[verb].output.safeParse(value);
    if (parsed.success) return parsed.data as z.output<(typeof verbs)[typeof verb]['output']>;
    throw new Failure(
      'Broken',
      `asking the local host to ${verb}: its answer is not what this version understands (${parsed.error.message.slice(0, 300)}); end the local host and start it anew`,
    );
  };
}

/** Every verb may be sent twice, so a host that was just restarted is asked once more at its new address. */
async function post(
  files: LocalPlatformInput,
  verb: Verb,
  input: unknown,
  signal: AbortSignal | undefined,
): Promise<Response> {
  let last = '';
  for (let attempt = 0; attempt < 2; attempt += 1) {
    signal?.throwIfAborted();
    const url = await readUrl(files.hostFile);
    const token = await readToken(files.tokenFile);
    const limits = [AbortSignal.timeout(CALL_TIMEOUT), ...(signal ? [signal] : [])];
    try {
      return await fetch(`${url}/v1/${verb}`, {
        method: 'POST',
        headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
        body: JSON.stringify(input),
        signal: AbortSignal.any(limits),
      });
    } catch (error) {
      signal?.throwIfAborted();
      const cause = error instanceof Error ? (error.cause ?? error) : error;
      last = `${url}: ${String(cause)}`;
    }
  }
  throw new Failure(
    'Unavailable',
    `asking the local host to ${verb}: no answer from ${last}; see whether it runs (fairlead up starts it)`,
  );
}

async function readUrl(path: string): Promise<string> {
  try {
    return hostFileSchema.parse(JSON.parse(await readFile(path, 'utf8'))).url;
  } catch {
    throw new Failure(
      'Unavailable',
      `looking for the local host: ${path} cannot be read; start it (fairlead up does)`,
    );
  }
}

async function readToken(path: string): Promise<string> {
  try {
    return (await readFile(path, 'utf8')).trim();
  } catch {
    throw new Failure(
      'Unavailable',
      `looking for the local host's token: ${path} cannot be read; start the host (fairlead up does)`,
    );
  }
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
