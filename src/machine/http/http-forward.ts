// Passes one HTTP request on to a server of this machine and its answer back, as RFC 9110 asks of an intermediary:
// interim answers (1xx), trailers, and an answer that comes before the body was read. What belongs to one connection stays there.
import { Agent, request as newRequest, type ClientRequest } from 'node:http';
import type { ClientRequestArgs, IncomingMessage, ServerResponse } from 'node:http';
import { Socket, type NetConnectOpts } from 'node:net';
import { carriesBody, endToEnd, originForm, trailersOf } from './http-fields.ts';

/** How long (ms) the rest of a body is read for a client that already has its answer. */
const LINGER = 10_000;
/** How long (ms) a client that asked for `100 Continue` waits for a server that says nothing. */
const CONTINUE_AFTER = 1000;

/** A server of this machine: at a port, or at a socket, where host and port are what it is called. */
export interface HttpTarget {
  host: string;
  port: number;
  socketPath?: string;
}

export interface Forward {
  request: IncomingMessage;
  response: ServerResponse;
  target: HttpTarget;
  agent: ForwardAgent;
  /** Fields of the request that are left out, by their names in lower case with `_` as `-`. */
  without: (name: string) => boolean;
  /** Names and values in turn that are sent besides. */
  more: readonly string[];
  /** Fields of the answer that are left out, and those that are sent besides, said as those of the request are. */
  answerWithout: (name: string) => boolean;
  answerMore: readonly string[];
  /** The head of the final answer is out. */
  begun?: (answer: IncomingMessage) => void;
}

interface Interim {
  statusCode: number;
  statusMessage: string;
  rawHeaders: string[];
}

export type Forwarded =
  | { end: 'answered' | 'clientLeft' }
  /** The answer ended before it was whole, and not because the client left. */
  | { end: 'broken' }
  /**
   * No answer. `connected`: the server may have seen the request, and its body is lost. `reused`: it went over a kept
   * connection, which may have been dead: that says nothing of the server.
   */
  | { end: 'failed'; connected: boolean; reused: boolean; why: string };

/** Connections on which an answer can be read that came before the server stopped to listen. */
export class ForwardAgent extends Agent {
  /** Connections are kept for further requests. */
  readonly keeps: boolean;

  constructor(keeps: boolean) {
    super({ keepAlive: keeps, maxFreeSockets: 256 });
    this.keeps = keeps;
  }

  override createConnection(options: ClientRequestArgs): Socket {
    const { host, port, socketPath } = options;
    const to: NetConnectOpts =
      typeof socketPath === 'string'
        ? { path: socketPath }
        : { host: host ?? '127.0.0.1', port: Number(port) };
    return new PatientSocket().connect(to).setNoDelay(true);
  }
}

/**
 * A server may answer 413 and close without reading: writing fails then before its answer was read. What it does not
 * read is dropped, and reading tells how it ended.
 */
class PatientSocket extends Socket {
  override _write(chunk: unknown, encoding: BufferEncoding, done: (error?: Error | null) => void) {
    super._write(chunk, encoding, unlessGone(done));
  }

  override _writev(
    chunks: { chunk: unknown; encoding: BufferEncoding }[],
    done: (error?: Error | null) => void,
  ) {
    super._writev?.(chunks, unlessGone(done));
  }
}

function unlessGone(done: (error?: Error | null) => void): (error?: Error | null) => void {
  return (error) => {
    const gone = error && 'code' in error && /^(EPIPE|ECONNRESET)$/.test(String(error.code));
    done(gone === true ? null : error);
  };
}

/** Resolves when the answer is through, or when there will be none. */
export function forward(input: Forward): Promise<Forwarded> {
  const { request, response } = input;
  // Nothing would say any more that the client has left.
  if (response.destroyed || request.socket.destroyed) return Promise.resolve({ end: 'clientLeft' });
  return new Promise((done) => {
    let connected = false;
    let answered = false;
    const outgoing = newRequest(requestOptions(input));
    const left = (): void => {
      outgoing.destroy();
      if (!answered) done({ end: 'clientLeft' });
    };
    const settle = (result: Forwarded): void => {
      response.off('close', left);
      request.unpipe(outgoing);
      done(result);
    };
    response.once('close', left);
    outgoing.on('error', (error) => {
      if (answered) return;
      settle({ end: 'failed', connected, reused: outgoing.reusedSocket, why: error.message });
    });
    // As when it switches to a protocol that nobody asked for: the connection is closed, and no error says so.
    outgoing.once('close', () => {
      if (answered) return;
      settle({ end: 'failed', connected, reused: false, why: 'it gave no answer' });
    });
    // The body is read only once there is a connection: a refused one has lost nothing of it.
    outgoing.once('socket', (socket: Socket) => {
      const begin = (): void => {
        connected = true;
        sendBody(input, outgoing);
      };
      if (socket.connecting) socket.once('connect', begin);
      else begin();
    });
    outgoing.on('information', (answer) => {
      interim(input, answer);
    });
    outgoing.once('response', (answer: IncomingMessage) => {
      answered = true;
      void passAnswer(input, outgoing, answer).then(settle);
    });
    if (request.headers.expect !== undefined) outgoing.flushHeaders();
  });
}

function requestOptions({ request, target, agent, without, more }: Forward): ClientRequestArgs {
  const { path, host = `${target.host}:${target.port}` } = originForm(request);
  const keeps = agent.keeps ? 'keep-alive' : 'close';
  const trailers = /\btrailers\b/i.test(String(request.headers.te));
  const headers = ['host', host];
  headers.push(...endToEnd(request.rawHeaders, (name) => name === 'host' || without(name)));
  headers.push(...more);
  if (request.headers['transfer-encoding'] !== undefined)
    headers.push('transfer-encoding', 'chunked');
  else if (!carriesBody(request) && /^P/.test(request.method ?? ''))
    headers.push(
      ...(request.headers['content-length'] === undefined ? ['content-length', '0'] : []),
    );
  headers.push('connection', trailers ? `${keeps}, te` : keeps);
  if (trailers) headers.push('te', 'trailers');
  return { ...target, agent, method: request.method, path, headers };
}

function sendBody(input: Forward, outgoing: ClientRequest): void {
  const { request } = input;
  if (!carriesBody(request)) {
    outgoing.end();
    return;
  }
  if (request.headers.expect !== undefined) {
    // A server that knows nothing of it waits for the body, as the client waits for the server.
    const timer = setTimeout(() => {
      interim(input, { statusCode: 100, statusMessage: 'Continue', rawHeaders: [] });
    }, CONTINUE_AFTER);
    const stop = (): void => {
      clearTimeout(timer);
    };
    outgoing.once('information', stop).once('response', stop).once('close', stop);
  }
  request.once('end', () => {
    outgoing.addTrailers(trailersOf(request));
    outgoing.end();
  });
  request.pipe(outgoing, { end: false });
}

/** An interim answer goes out at once, before the final one; clients of HTTP/1.0 know none. */
function interim({ request, response, answerWithout }: Forward, answer: Interim): void {
  if (response.headersSent || request.httpVersion === '1.0') return;
  if (answer.statusCode === 100) {
    if (request.headers.expect === undefined) return;
    delete request.headers.expect;
    response.writeContinue();
    return;
  }
  const status = `HTTP/1.1 ${answer.statusCode} ${answer.statusMessage}`;
  // Null while an earlier request of this connection is still being answered.
  response.socket?.write(headOf(status, endToEnd(answer.rawHeaders, answerWithout)), 'latin1');
}

/** The head of a message, from its first line and its fields, names and values in turn. */
export function headOf(first: string, fields: readonly string[]): string {
  let head = `${first}\r\n`;
  for (let i = 0; i < fields.length; i += 2)
    head += `${fields[i] ?? ''}: ${fields[i + 1] ?? ''}\r\n`;
  return `${head}\r\n`;
}

export function passAnswer(
  input: Forward,
  outgoing: ClientRequest,
  answer: IncomingMessage,
): Promise<Forwarded> {
  const { request, response } = input;
  return new Promise((done) => {
    response.once('close', () => {
      if (!answer.complete) answer.destroy();
      done({ end: response.writableFinished ? 'answered' : 'clientLeft' });
    });
    answer.once('close', () => {
      if (answer.complete || response.destroyed) return;
      done({ end: 'broken' });
      response.destroy();
    });
    answer.on('error', () => undefined);
    if (!writeHead(input, answer)) {
      done({ end: 'failed', connected: true, reused: false, why: 'its answer makes no sense' });
      outgoing.destroy();
      return;
    }
    input.begun?.(answer);
    answer.pipe(response, { end: false });
    answer.once('end', () => {
      if (!answer.complete) return;
      response.addTrailers(trailersOf(answer));
      if (!carriesBody(request) || request.complete) {
        response.end();
        return;
      }
      letGo(input, outgoing);
      done({ end: 'answered' });
    });
  });
}

/** False for an answer that cannot be written as HTTP. */
function writeHead(
  { request, response, answerWithout, answerMore }: Forward,
  answer: IncomingMessage,
): boolean {
  const chunked = answer.headers['content-length'] === undefined && request.httpVersion !== '1.0';
  const noTrailer = !chunked || request.method === 'HEAD' || isBodyless(answer.statusCode);
  const fields = endToEnd(
    answer.rawHeaders,
    (name) => answerWithout(name) || (name === 'trailer' && noTrailer),
  );
  // The client still waits to be told to send its body: what comes next on this connection is anybody's guess.
  if (request.headers.expect !== undefined && !request.complete) response.shouldKeepAlive = false;
  try {
    response.writeHead(answer.statusCode ?? 502, answer.statusMessage, [...fields, ...answerMore]);
    // With the beginning of the body where that is there already, and never held back until it comes.
    setImmediate(() => {
      if (!response.destroyed) response.flushHeaders();
    });
    return true;
  } catch {
    return false;
  }
}

function isBodyless(status: number | undefined): boolean {
  return status === 204 || status === 304;
}

/**
 * The answer is out, and the body is not in: it is read and dropped for a while, since a connection that is closed with
 * something unread is reset, and takes the answer from the client.
 */
function letGo({ request, response }: Forward, outgoing: ClientRequest): void {
  request.unpipe(outgoing);
  outgoing.destroy();
  request.resume();
  const keepsOn = response.shouldKeepAlive || request.headers.expect !== undefined;
  const timer = setTimeout(() => {
    if (response.writableEnded) request.socket.destroy();
    else response.end();
  }, LINGER);
  const stop = (): void => {
    clearTimeout(timer);
    response.end();
  };
  request.once('end', stop).once('close', stop);
  if (keepsOn) response.end();
}
