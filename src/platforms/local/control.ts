// What the local host answers besides users' requests: `POST /v1/<verb>` with JSON on its Unix socket, which only its own
// user can reach; and `GET /metrics`, on the loopback too, to whoever reads metrics on this machine.
import {
  createServer,
  type IncomingMessage,
  type RequestListener,
  type Server,
  type ServerResponse,
} from 'node:http';
import { z } from 'zod';
import { Failure, type FailureKind } from '../../domain/failure.ts';
import { bodyOf } from '../../machine/http-body.ts';
import { turnAway, turnedAway } from '../../machine/http/http-door.ts';
import type { LocalHost } from './local-host.ts';
import { portOf } from './listeners.ts';
import { verbs, type ChangedBy, type Verb } from './protocol.ts';

const MOST_BODY = 1_000_000;

const STATUS: Partial<Record<FailureKind, number>> = {
  BadInput: 400,
  NotFound: 404,
  Refused: 409,
  WorldChanged: 409,
  Superseded: 409,
  NotReady: 409,
  Unavailable: 503,
};

export interface ControlParts {
  host: LocalHost;
  note(message: string): void;
}

export function createControl(parts: ControlParts): Server {
  return createServer((request, response) => {
    answer(parts, request, response).catch((error: unknown) => {
      reply(response, error, parts);
    });
  });
}

/** `names`: what it may be asked by besides the loopback's names. */
export function createMetrics(text: () => Promise<string>, names: readonly string[]): Server {
  const server = createServer();
  const answer: RequestListener = (request, response) => {
    const why = turnedAway(request, { port: portOf(server), names });
    if (why !== undefined) {
      turnAway(response, why);
      return;
    }
    const path = (request.url ?? '/').split('?')[0];
    if (request.method !== 'GET' || path !== '/metrics') {
      response.writeHead(404, { 'content-type': 'text/plain; charset=utf-8' });
      response.end('Here is GET /metrics, and nothing else.\n');
      return;
    }
    text().then(
      (metrics) => {
        response.writeHead(200, { 'content-type': 'text/plain; version=0.0.4; charset=utf-8' });
        response.end(metrics);
      },
      () => response.destroy(),
    );
  };
  return server.on('request', answer);
}

async function answer(
  parts: ControlParts,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const path = (request.url ?? '/').split('?')[0] ?? '/';
  const verb = verbOf(request.method ?? '', path);
  const body = await readBody(request);
  send(response, 200, await perform(parts.host, verb, body));
}
function verbOf(method: string, path: string): Verb {
  const verb = Object.keys(verbs).find((one): one is Verb => path === `/v1/${one}`);
  if (verb !== undefined && method === 'POST') return verb;
  throw new Failure(
    'BadInput',
    `the local host was asked ${method} ${path}: it answers POST /v1/ with one of ${Object.keys(verbs).join(', ')}`,
  );
}

function perform(host: LocalHost, verb: Verb, body: unknown): Promise<unknown> {
  const changing = <T extends ChangedBy>(input: T): T => {
    if ((input.token === undefined) !== (input.byHand === undefined)) return input;
    throw new Failure(
      'BadInput',
      `${verb}: a change needs either an epoch token (token) or byHand, not both and not neither`,
    );
  };
  switch (verb) {
    case 'revisions':
      return Promise.resolve(host.revisions(verbs.revisions.input.parse(body).service));
    case 'history':
      return Promise.resolve(host.history(verbs.history.input.parse(body).service));
    case 'read':
      return Promise.resolve(host.read(verbs.read.input.parse(body).service));
    case 'marks':
      return Promise.resolve(host.marks(verbs.marks.input.parse(body)));
    case 'obstacles':
      return host.obstacles(verbs.obstacles.input.parse(body).spec);
    case 'ensure':
      return host.ensure(changing(verbs.ensure.input.parse(body)));
    case 'scale':
      return host.scale(changing(verbs.scale.input.parse(body)));
    case 'restart':
      return host.restart(changing(verbs.restart.input.parse(body)));
    case 'remove':
      return host.remove(changing(verbs.remove.input.parse(body)));
    case 'set':
      return host.set(requireExpect(changing(verbs.set.input.parse(body))));
    case 'stop':
      return host.stop(changing(verbs.stop.input.parse(body)));
    case 'admit':
      return host.admit(changing(verbs.admit.input.parse(body)));
  }
}

function requireExpect<T extends ChangedBy & { expect?: unknown }>(input: T): T {
  if (input.token === undefined || input.expect !== undefined) return input;
  throw new Failure('BadInput', 'set: an operation has to say in expect which weights it last saw');
}

async function readBody(request: IncomingMessage): Promise<unknown> {
  const body = await bodyOf(request, MOST_BODY);
  if (body === undefined) {
    throw new Failure('BadInput', `a body over ${MOST_BODY} bytes is not read`);
  }
  try {
    return JSON.parse(body);
  } catch {
    throw new Failure('BadInput', 'the body is not JSON');
  }
}

function reply(response: ServerResponse, error: unknown, parts: ControlParts): void {
  const failure = asFailure(error);
  if (failure.kind === 'Broken') parts.note(failure.message);
  if (response.headersSent) {
    response.destroy();
    return;
  }
  const { kind, message, details } = failure;
  send(response, STATUS[kind] ?? 500, { kind, message, details });
}

function asFailure(error: unknown): Failure {
  if (error instanceof Failure) return error;
  if (error instanceof z.ZodError) return new Failure('BadInput', z.prettifyError(error));
  return new Failure('Broken', `the local host could not do it: ${String(error)}`);
}

function send(response: ServerResponse, status: number, value: unknown): void {
  response.writeHead(status, { 'content-type': 'application/json' });
  response.end(JSON.stringify(value));
}
