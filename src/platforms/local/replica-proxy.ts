// Sends one request (or an upgrade) to one replica and streams the answer back. Says of a failure whether the
// request may have reached the replica: the router decides with that whether another one may have it.
import { Agent, type IncomingMessage, type ServerResponse } from 'node:http';
import type { Duplex } from 'node:stream';
import { PassThrough, Readable } from 'node:stream';
import { createProxyServer } from 'httpxy';
import { REVISION_HEADER } from './protocol.ts';
import type { Replica } from './replica.ts';

/** Requests of these methods may be sent twice (RFC 9110, 9.2.2). */
const IDEMPOTENT = new Set(['GET', 'HEAD', 'OPTIONS', 'PUT', 'DELETE', 'TRACE']);

const NOT_PASSED_ON = new Set(['connection', 'keep-alive', REVISION_HEADER]);

interface Attempt {
  /** From here on the replica may have seen the request, and its body is being read. */
  connected: boolean;
  /** It went over a kept connection: a failure may be that connection's, and says nothing of the replica. */
  reused: boolean;
  /** The answer ended before it was whole, and not because the client left. */
  broken: boolean;
  body: PassThrough | null;
}

export type Sent = 'answered' | 'clientLeft' | 'broken' | 'tryAnother' | 'failed';

export class ReplicaProxy {
  readonly #agent = new Agent({ keepAlive: true, maxFreeSockets: 256 });
  readonly #proxy = createProxyServer({ xfwd: true });
  readonly #attempts = new WeakMap<IncomingMessage, Attempt>();

  constructor() {
    this.#proxy.on('proxyReq', (outgoing, request) => {
      const attempt = this.#attempts.get(request);
      if (attempt) attempt.reused = outgoing.reusedSocket;
      const connected = (): void => {
        if (!attempt) return;
        attempt.connected = true;
        if (attempt.body) request.pipe(attempt.body);
      };
      // The body is read only once there is a connection: a refused one has lost nothing of it.
      if (outgoing.socket?.connecting) outgoing.socket.once('connect', connected);
      else connected();
    });
    this.#proxy.on('proxyRes', (answer, request, response) => {
      // Theirs is the connection between host and replica, not the client's.
      answer.headers = Object.fromEntries(
        Object.entries(answer.headers).filter(([name]) => !NOT_PASSED_ON.has(name)),
      );
      const attempt = this.#attempts.get(request);
      const ended = (): void => {
        if (attempt && !answer.complete && !response.destroyed) attempt.broken = true;
      };
      answer.once('error', ended);
      answer.once('close', ended);
    });
  }

  /** Resolves when the answer is through, or when there will be none from this replica. */
  async send(request: IncomingMessage, response: ServerResponse, replica: Replica): Promise<Sent> {
    // Node answers `Expect: 100-continue` itself.
    delete request.headers.expect;
    // A kept connection may be dead without our knowing: what must not be sent twice gets a new one.
    const agent = isRepeatable(request) ? this.#agent : false;
    const sent = await this.#attempt(request, response, replica, agent);
    if (sent !== 'again') return sent;
    const fresh = await this.#attempt(request, response, replica, false);
    return fresh === 'again' ? 'tryAnother' : fresh;
  }

  /** `again`: only a kept connection has failed, and the replica itself may be well. */
  async #attempt(
    request: IncomingMessage,
    response: ServerResponse,
    replica: Replica,
    agent: Agent | false,
  ): Promise<Sent | 'again'> {
    const body = carriesBody(request) ? new PassThrough() : null;
    const attempt: Attempt = { connected: false, reused: false, broken: false, body };
    this.#attempts.set(request, attempt);
    try {
      await this.#proxy.web(request, response, {
        target: replica.address,
        agent,
        buffer: body ?? Readable.from([]),
      });
    } catch {
      if (!response.headersSent && !response.destroyed) {
        if (attempt.reused) return 'again';
        return isRepeatable(request) || !attempt.connected ? 'tryAnother' : 'failed';
      }
    }
    return howItEnded(attempt, response);
  }

  /** Resolves when the upgraded connection is closed; false when it never came about. */
  async upgrade(
    request: IncomingMessage,
    socket: Duplex,
    head: Buffer,
    replica: Replica,
  ): Promise<boolean> {
    try {
      await this.#proxy.ws(request, request.socket, { target: replica.address }, head);
      return true;
    } catch {
      socket.destroy();
      return false;
    }
  }
}

function isRepeatable(request: IncomingMessage): boolean {
  return !carriesBody(request) && IDEMPOTENT.has(request.method ?? '');
}

function howItEnded(attempt: Attempt, response: ServerResponse): Sent {
  if (attempt.broken) return 'broken';
  return response.writableFinished ? 'answered' : 'clientLeft';
}

function carriesBody(request: IncomingMessage): boolean {
  const length = request.headers['content-length'];
  return (
    request.headers['transfer-encoding'] !== undefined || (length !== undefined && length !== '0')
  );
}
