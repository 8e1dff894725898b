// Sends one request (or a WebSocket) to one replica. Says of a failure whether the request may have reached the replica:
// the router decides with that whether another one may have it.
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { carriesBody } from '../../../machine/http/http-fields.ts';
import { forward, ForwardAgent, type Forwarded } from '../../../machine/http/http-forward.ts';
import { forwardUpgrade } from '../../../machine/http/http-upgrade.ts';
import { forwardedFields, saysWhoAsked, type TrustedProxies } from './forwarded-fields.ts';
import { PROBE_HEADER, REVISION_HEADER } from '../protocol.ts';
import type { Replica } from '../replica.ts';

/** Requests of these methods may be sent twice (RFC 9110, 9.2.2). */
const IDEMPOTENT = new Set(['GET', 'HEAD', 'OPTIONS', 'PUT', 'DELETE', 'TRACE']);

const kept = new ForwardAgent(true);
const fresh = new ForwardAgent(false);

export type Sent = 'answered' | 'clientLeft' | 'broken' | 'tryAnother' | 'failed';

export interface Sending {
  request: IncomingMessage;
  replica: Replica;
  trusted: TrustedProxies;
  /** The revision, where the client may know which one answers. */
  shown: string | undefined;
  /** The head of its answer is out. */
  begun?: (answer: IncomingMessage) => void;
}

/** Resolves when the answer is through, or when there will be none from this replica. */
export async function send(sending: Sending, response: ServerResponse): Promise<Sent> {
  const { request } = sending;
  const input = { ...fieldsOf(sending), response };
  // A kept connection may be dead without our knowing: what must not be sent twice gets a new one.
  const first = await forward({ ...input, agent: isRepeatable(request) ? kept : fresh });
  if (first.end !== 'failed' || !first.reused) return sentBy(first, request);
  return sentBy(await forward({ ...input, agent: fresh }), request);
}

function sentBy(result: Forwarded, request: IncomingMessage): Sent {
  if (result.end !== 'failed') return result.end;
  return isRepeatable(request) || !result.connected ? 'tryAnother' : 'failed';
}

/** The status that is counted for what became of a request. */
export function codeOf(sent: Exclude<Sent, 'tryAnother'>, response: ServerResponse): number {
  if (sent === 'answered') return response.statusCode;
  if (sent !== 'clientLeft') return 502;
  // Whoever leaves a stream had an answer; who leaves before its head had none.
  return response.headersSent ? response.statusCode : 499;
}

/** As `forwardUpgrade`: undefined when the replica gave no answer. */
export function sendUpgrade(
  sending: Sending,
  { socket, head }: { socket: Socket; head: Buffer },
): ReturnType<typeof forwardUpgrade> {
  return forwardUpgrade({ ...fieldsOf(sending), agent: fresh, socket, head });
}

function fieldsOf({ request, replica, trusted, shown, begun }: Sending) {
  return {
    request,
    ...(begun !== undefined && { begun }),
    target: replica.address,
    without: (name: string) => name === PROBE_HEADER || saysWhoAsked(name),
    more: forwardedFields(request, trusted),
    answerWithout: (name: string) => name === REVISION_HEADER,
    answerMore: shown === undefined ? [] : [REVISION_HEADER, shown],
  };
}

function isRepeatable(request: IncomingMessage): boolean {
  return !carriesBody(request) && IDEMPOTENT.has(request.method ?? '');
}
