// Who is turned away at a service's door, with which answer; and of whom the requests were that came to it.
import { hash } from 'node:crypto';
import { STATUS_CODES, type ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import type { TrafficState } from '../../domain/rollout/model.ts';
import { admits, type TrafficRecord } from '../../domain/traffic/traffic-rules.ts';

export interface Refusal {
  code: number;
  retryAfter: number;
  text: string;
}

const STOPPED_RETRY = 5;

export const BROKE_OFF: Refusal = {
  code: 502,
  retryAfter: 1,
  text: 'The replica that had this request broke off.',
};
export const NONE_READY: Refusal = {
  code: 503,
  retryAfter: 1,
  text: 'No replica of this service is ready.',
};
const STOPPED: Refusal = {
  code: 503,
  retryAfter: STOPPED_RETRY,
  text: 'This service is stopped at the moment.',
};
const PARTLY: Refusal = {
  code: 503,
  retryAfter: STOPPED_RETRY,
  text: 'This service admits a part of its clients only.',
};

/** `client`: undefined for a probe, which a stop alone keeps out. `salt` is the service. */
export function refusalOf(
  { stopped, admitPercent }: Pick<TrafficRecord, 'stopped' | 'admitPercent'>,
  client: string | undefined,
  salt: string,
): Refusal | null {
  if (stopped) return STOPPED;
  return client === undefined || admits(client, admitPercent, salt) ? null : PARTLY;
}

export function refuse(response: ServerResponse, { code, retryAfter, text }: Refusal): number {
  response.writeHead(code, {
    'content-type': 'text/plain; charset=utf-8',
    'retry-after': String(retryAfter),
  });
  response.end(`${text}\n`);
  return code;
}

export function refuseUpgrade(socket: Socket, { code, retryAfter }: Refusal): number {
  socket.end(
    `HTTP/1.1 ${code} ${STATUS_CODES[code] ?? ''}\r\nRetry-After: ${retryAfter}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n`,
  );
  return code;
}

/** A share of 1 % of the clients needs a hundred. */
const MOST_KNOWN = 128;

/** Whose requests came since it was decided last who is let in. Who they are is not kept: hashes of at most 128 clients are. */
export class SeenClients {
  readonly #clients = new Distinct();
  readonly #addresses = new Distinct();
  #requests = 0;
  #letIn = 0;

  note(client: string, address: string, isLetIn: boolean): void {
    this.#requests += 1;
    if (isLetIn) this.#letIn += 1;
    this.#clients.add(client);
    this.#addresses.add(address);
  }

  /** Nothing before the first request. */
  get state(): Pick<TrafficState, 'clients'> {
    const [requests, letIn] = [this.#requests, this.#letIn];
    if (requests === 0) return {};
    const [clients, addresses] = [this.#clients.size, this.#addresses.size];
    return { clients: { requests, letIn, clients, addresses, atMost: MOST_KNOWN } };
  }
}

class Distinct {
  readonly #hashes = new Set<string>();
  #last: string | undefined;

  add(text: string): void {
    if (text === this.#last || this.#hashes.size >= MOST_KNOWN) return;
    this.#last = text;
    this.#hashes.add(hash('sha256', text, 'base64').slice(0, 12));
  }

  get size(): number {
    return this.#hashes.size;
  }
}
