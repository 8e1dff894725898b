// Who is turned away from a service, and with which answer.
import { STATUS_CODES, type ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { admits, type TrafficRecord } from '../../../domain/traffic/traffic-rules.ts';

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
