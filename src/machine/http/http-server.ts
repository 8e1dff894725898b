// Servers that pass requests on. A request that two readers could understand in two ways goes to neither, and whoever sent
// what cannot be read is told so before the connection is closed.
import {
  createServer,
  STATUS_CODES,
  type IncomingMessage,
  type RequestListener,
  type Server,
  type ServerOptions,
  type ServerResponse,
} from 'node:http';
import type { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { textAt } from '../../domain/json.ts';
import { onWebSocket } from './http-upgrade.ts';

/** How long (ms) is read on from a client that was told that its request cannot be read. */
const LINGER = 10_000;
/** How long (ms) a connection is silent before the kernel asks whether its other end is still there. */
const KEEP_ALIVE_AFTER = 60_000;

export interface Answers {
  request: RequestListener;
  upgrade: (request: IncomingMessage, socket: Socket, head: Buffer) => void;
}

export function newHttpServer({ request, upgrade }: Answers, options: ServerOptions = {}): Server {
  const exchanges = new WeakMap<Duplex, Exchange>();
  const answer: RequestListener = (incoming, response) => {
    exchanges.set(incoming.socket, { incoming, response });
    const code = faultOf(incoming);
    if (code === undefined) {
      request(incoming, response);
      return;
    }
    // Whatever is read of this connection from here on was answered with that.
    told.add(incoming.socket);
    response.writeHead(code, { 'content-length': 0, connection: 'close' });
    response.end();
  };
  // Who vanished without a word (no power, another network) would keep a WebSocket open for ever.
  const alive = { keepAlive: true, keepAliveInitialDelay: KEEP_ALIVE_AFTER };
  const server = createServer({ ...alive, ...options }, answer).on('checkContinue', answer);
  // The head's size is its limit: fields after the 2000th were left out without a word.
  server.maxHeadersCount = 0;
  onWebSocket(server, (incoming, socket, head) => {
    const code = faultOf(incoming);
    if (code === undefined) upgrade(incoming, socket, head);
    else socket.on('error', () => socket.destroy()).end(closing(code));
  });
  // Nobody is led on to another server from here; without an answer the client would take the connection for broken.
  server.on('connect', (incoming: IncomingMessage, socket: Duplex) => {
    turnBack(socket, howFar(exchanges.get(socket)), faultOf(incoming) ?? 501);
  });
  server.on('clientError', (error, socket) => {
    refuse(error, socket, howFar(exchanges.get(socket)));
  });
  return server;
}

/** The status for a request that is whole, but not one that everybody reads alike (RFC 9112, 2.3, 3.2 and 6.1). */
function faultOf({ httpVersion, headers, headersDistinct }: IncomingMessage): number | undefined {
  if (httpVersion !== '1.1' && httpVersion !== '1.0') return 505;
  if ((headersDistinct['host'] ?? []).length > 1) return 400;
  const coding = headers['transfer-encoding'];
  if (coding === undefined) return undefined;
  if (httpVersion === '1.0') return 400;
  return coding.toLowerCase() === 'chunked' ? undefined : 501;
}

const told = new WeakSet<Duplex>();

/** The newest request of a connection, and what is answered to it. */
interface Exchange {
  incoming: IncomingMessage;
  response: ServerResponse;
}

type HowFar = 'unanswered' | 'amid' | 'answered';

/** Whether a request that cannot be read on has an answer already, or the beginning of one. */
function howFar(exchange: Exchange | undefined): HowFar {
  if (exchange?.response.headersSent !== true) return 'unanswered';
  if (!exchange.response.writableFinished) return 'amid';
  // What came after a request that was whole is another request.
  return exchange.incoming.complete ? 'unanswered' : 'answered';
}

function refuse(error: Error, socket: Duplex, far: HowFar): void {
  if (told.has(socket)) return;
  if (textAt(error, 'code') === 'ECONNRESET') socket.destroy();
  else turnBack(socket, far, statusOf(error));
}

/** A connection that is closed with something unread is reset, and takes the answer from the client: it is read and dropped. */
function turnBack(socket: Duplex, far: HowFar, code: number): void {
  told.add(socket);
  if (!socket.writable || far === 'amid') {
    socket.destroy();
    return;
  }
  socket.on('error', () => socket.destroy()).resume();
  const timer = setTimeout(() => socket.destroy(), LINGER).unref();
  socket.once('close', () => {
    clearTimeout(timer);
  });
  socket.once('end', () => socket.destroy());
  socket.end(far === 'answered' ? '' : closing(code));
}

function statusOf(error: Error): number {
  const code = textAt(error, 'code');
  if (code === 'HPE_HEADER_OVERFLOW') return 431;
  if (code === 'HPE_CHUNK_EXTENSIONS_OVERFLOW') return 413;
  return code === 'ERR_HTTP_REQUEST_TIMEOUT' ? 408 : 400;
}

function closing(code: number): string {
  return `HTTP/1.1 ${code} ${STATUS_CODES[code] ?? ''}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n`;
}
