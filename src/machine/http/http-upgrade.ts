// Offers to speak another protocol on a connection. A WebSocket's goes on to the server; any other one is ignored, as
// RFC 9110, 7.8 allows: the request is read again without it, and answered over HTTP/1.1.
import {
  request as newRequest,
  ServerResponse,
  type IncomingMessage,
  type Server,
} from 'node:http';
import { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { carriesBody, endToEnd, originForm } from './http-fields.ts';
import { headOf, passAnswer, type Forward } from './http-forward.ts';

/** Node gives every offer to whoever listens for `upgrade`, and reads no body of it. */
export function onWebSocket(
  server: Server,
  open: (request: IncomingMessage, socket: Socket, head: Buffer) => void,
): void {
  server.on('upgrade', (request, socket, head) => {
    if (socket instanceof Socket && isWebSocket(request)) open(request, socket, head);
    else readWithoutOffer(server, request, socket, head);
  });
}

function isWebSocket(request: IncomingMessage): boolean {
  const offered = (request.headers.upgrade ?? '').toLowerCase().split(',');
  const isOffered = offered.some((one) => one.trim() === 'websocket');
  return request.method === 'GET' && isOffered && !carriesBody(request);
}

function readWithoutOffer(
  server: Server,
  request: IncomingMessage,
  socket: Duplex,
  head: Buffer,
): void {
  const { method = '', url = '', httpVersion, rawHeaders } = request;
  const fields: string[] = [];
  for (let i = 0; i < rawHeaders.length; i += 2) {
    const [name = '', value = ''] = rawHeaders.slice(i, i + 2);
    const kept = /^connection$/i.test(name) ? withoutUpgrade(value) : value;
    if (!/^(upgrade|http2-settings)$/i.test(name) && kept !== '') fields.push(name, kept);
  }
  const again = headOf(`${method} ${url} HTTP/${httpVersion}`, fields);
  socket.unshift(Buffer.concat([Buffer.from(again, 'latin1'), head]));
  server.emit('connection', socket);
}

function withoutUpgrade(connection: string): string {
  const tokens = connection.split(',').map((one) => one.trim());
  return tokens.filter((one) => !/^(upgrade|http2-settings)$/i.test(one)).join(', ');
}

export type Upgrade = Omit<Forward, 'response'> & { socket: Socket; head: Buffer };

/**
 * Resolves with the status that went out (101: both directions are open now), and with when the connection ends; with
 * undefined when the server gave no answer, and then nothing went out.
 */
export function forwardUpgrade(
  input: Upgrade,
): Promise<{ code: number; closed: Promise<unknown> } | undefined> {
  const { request, socket, head, target, agent, without, more, answerWithout, answerMore } = input;
  const { path, host = `${target.host}:${target.port}` } = originForm(request);
  const headers = [
    'host',
    host,
    ...endToEnd(request.rawHeaders, (name) => name === 'host' || without(name)),
  ];
  headers.push(...more, 'connection', 'Upgrade', 'upgrade', 'websocket');
  if (socket.destroyed) return Promise.resolve({ code: 499, closed: Promise.resolve() });
  const closed = new Promise((gone) => socket.once('close', gone));
  const stopLooking = destroyedWhenLeft(socket);
  return new Promise((done) => {
    const outgoing = newRequest({ ...target, agent, method: 'GET', path, headers });
    void closed.then(() => outgoing.destroy());
    outgoing.on('error', () => {
      stopLooking();
      done(socket.destroyed ? { code: 499, closed } : undefined);
    });
    outgoing.once('upgrade', (answer, other, first) => {
      if (answer.headers.upgrade?.toLowerCase() !== 'websocket') {
        other.destroy();
        done(undefined);
        return;
      }
      stopLooking();
      const fields = [...endToEnd(answer.rawHeaders, answerWithout), ...answerMore];
      fields.push('connection', 'Upgrade', 'upgrade', 'websocket');
      socket.write(headOf('HTTP/1.1 101 Switching Protocols', fields), 'latin1');
      join(socket, other, [head, first]);
      done({ code: 101, closed });
    });
    outgoing.once('response', (answer) => {
      stopLooking();
      const response = new ServerResponse(request);
      response.assignSocket(socket);
      response.shouldKeepAlive = false;
      response.once('finish', () => socket.end());
      void passAnswer({ ...input, response }, outgoing, answer);
      if (response.headersSent) done({ code: answer.statusCode ?? 502, closed });
      else {
        response.detachSocket(socket);
        done(undefined);
      }
    });
    outgoing.end();
  });
}

/** Nothing is read of a connection that waits for its answer, and without reading nobody sees that its client has left. */
function destroyedWhenLeft(socket: Socket): () => void {
  const look = (): void => {
    // What it sent already stays for whoever reads it.
    if (socket.readableLength === 0) socket.read();
  };
  const left = (): void => {
    socket.destroy();
  };
  socket.on('readable', look).once('end', left);
  return () => {
    socket.off('readable', look).off('end', left);
  };
}

function join(client: Socket, server: Duplex, [fromClient, fromServer]: [Buffer, Buffer]): void {
  for (const [one, other] of [
    [client, server],
    [server, client],
  ] as const) {
    one.on('error', () => other.destroy());
    one.once('close', () => other.destroy());
  }
  client.setTimeout(0);
  client.setNoDelay(true);
  if (fromClient.length > 0) server.write(fromClient);
  if (fromServer.length > 0) client.write(fromServer);
  client.pipe(server).pipe(client);
}
