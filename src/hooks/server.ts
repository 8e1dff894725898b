// The HTTP side of `fairlead hooks`: who may post what, and what is answered. Alertmanager posts again what was answered with 5xx
// or not at all, and never what was answered with 4xx.
import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import { Failure, type FailureKind } from '../domain/failure.ts';
import { NAME } from '../domain/text/names.ts';
import { parsedJson } from '../domain/json.ts';
import { bodyOf } from '../machine/http-body.ts';
import { turnAway, turnedAway } from '../machine/http/http-door.ts';
import { newHttpServer } from '../machine/http/http-server.ts';
import type { TakeAlerts } from './take-alerts.ts';
import type { Token } from './token.ts';

/** Alertmanager's groups are some kB; a thousand alerts are one MB. */
export const LONGEST_BODY = 4 * 1024 * 1024;
/** Requests that are worked on at a time; further ones are asked to come again. */
export const MOST_AT_ONCE = 64;
const COME_AGAIN_S = 5;
const PATIENCE = { requestTimeout: 30_000, headersTimeout: 10_000 };

export interface HooksOptions {
  host: string;
  /** 0 picks a free one. */
  port: number;
  /** Names beside the loopback's that it may be asked by. */
  names: readonly string[];
  token: Token;
  alerts: TakeAlerts;
  /** A line for each request that was taken or could not be. */
  log: (line: Record<string, unknown>) => void;
}

interface Answer {
  status: number;
  body: Record<string, unknown>;
  headers?: Record<string, string>;
}

/** Resolves when it listens. Rejects when the port cannot be had. */
export async function serveHooks(options: HooksOptions): Promise<Server & { port: number }> {
  const by = { port: options.port, names: options.names };
  let atOnce = 0;
  const request = (incoming: IncomingMessage, response: ServerResponse): void => {
    const why = turnedAway(incoming, by);
    if (why !== undefined) {
      turnAway(response, why);
      return;
    }
    atOnce += 1;
    const isFull = atOnce > MOST_AT_ONCE;
    void (isFull ? Promise.resolve(comeAgain('too much at once')) : answerOf(incoming, options))
      .then((answer) => {
        send(incoming, response, answer);
      })
      .finally(() => (atOnce -= 1));
  };
  const server = newHttpServer({ request, upgrade: (_, socket) => socket.destroy() }, PATIENCE);
  await new Promise<void>((done, failed) => {
    server.once('error', failed);
    server.listen({ host: options.host, port: options.port, exclusive: true }, done);
  });
  const address = server.address();
  by.port = typeof address === 'object' && address !== null ? address.port : options.port;
  return Object.assign(server, { port: by.port });
}

async function answerOf(request: IncomingMessage, options: HooksOptions): Promise<Answer> {
  try {
    const [path = ''] = (request.url ?? '').split('?');
    if (path === '/health') return { status: 200, body: { ready: true } };
    const [, system] = /^\/alerts\/([^/]+)$/.exec(path) ?? [];
    if (system !== undefined && NAME.test(system)) return await taken(system, request, options);
    return said(404, 'alerts are posted to /alerts/SYSTEM, the name of a system');
  } catch (error) {
    const answer = failed(error);
    const { method, url = '' } = request;
    options.log({ method, url: url.slice(0, 200), status: answer.status, ...answer.body });
    return answer;
  }
}

/** Throws a `Failure`, as the taking of alerts does. */
async function taken(
  system: string,
  request: IncomingMessage,
  { token, alerts, log }: HooksOptions,
): Promise<Answer> {
  if (request.method !== 'POST') {
    return { ...said(405, 'alerts are posted'), headers: { allow: 'POST' } };
  }
  if (!(await isAllowed(request, token))) return unknownCaller();
  const announced = Number(request.headers['content-length'] ?? 0);
  const body = announced > LONGEST_BODY ? undefined : await bodyOf(request, LONGEST_BODY);
  if (body === undefined) {
    return said(413, `more than ${LONGEST_BODY} bytes; let max_alerts of the webhook be smaller`);
  }
  const posted = parsedJson(body);
  if (posted === undefined) return said(400, 'what was posted is no JSON');
  const answer = await alerts.take(system, posted);
  log({ system, ...answer });
  return { status: 200, body: { ...answer } };
}

async function isAllowed(request: IncomingMessage, token: Token): Promise<boolean> {
  const [, shown] = /^Bearer +([^\s]+)$/i.exec(request.headers.authorization ?? '') ?? [];
  return shown !== undefined && (await token.fits(shown));
}

function unknownCaller(): Answer {
  const answer = said(401, 'it needs the token of `fairlead hooks`: Authorization: Bearer TOKEN');
  return { ...answer, headers: { 'www-authenticate': 'Bearer realm="fairlead hooks"' } };
}

const STATUS: Partial<Record<FailureKind, number>> = { BadInput: 400, NotFound: 404 };

function failed(error: unknown): Answer {
  if (!(error instanceof Failure)) {
    const why = error instanceof Error ? error.message : String(error);
    return { ...comeAgain(`it could not be taken: ${why}`), status: 500 };
  }
  const status = STATUS[error.kind];
  return status === undefined ? comeAgain(error.message) : said(status, error.message);
}

function comeAgain(why: string): Answer {
  return { ...said(503, why), headers: { 'retry-after': String(COME_AGAIN_S) } };
}

function said(status: number, error: string): Answer {
  return { status, body: { error } };
}

function send(request: IncomingMessage, response: ServerResponse, answer: Answer): void {
  const text = `${JSON.stringify(answer.body)}\n`;
  response.writeHead(answer.status, {
    'content-type': 'application/json',
    ...answer.headers,
    // What was not read is not read any more.
    ...(!request.complete && { connection: 'close' }),
  });
  response.end(text);
}
