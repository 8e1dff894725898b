// What happens to a user's request: is the service stopped, is this client let in, whose turn is it; and when
// a replica turns out to be dead, one more try on another. Also the preview addresses.
import type { IncomingMessage, ServerResponse } from 'node:http';
import { STATUS_CODES } from 'node:http';
import type { Duplex } from 'node:stream';
import { admits, clientKey } from './admission.ts';
import type { HostedService, Target } from './hosted-service.ts';
import { serviceKey } from './hosted-service.ts';
import type { HostMetrics } from './metrics.ts';
import { PROBE_HEADER, REVISION_HEADER } from './protocol.ts';
import type { Replica } from './replica.ts';
import type { ReplicaProxy, Sent } from './replica-proxy.ts';

/** A request to a service with traffic waits this long for a replica that is restarting, then gets 503. */
const HOLD = 2000;
const MOST_HELD = 1000;
const ATTEMPTS = 2;
const STOPPED_RETRY = 5;

interface Refusal {
  code: number;
  retryAfter: number;
  text: string;
}

export interface RouterParts {
  metrics: HostMetrics;
  proxy: ReplicaProxy;
  isToken(text: string): boolean;
}

export interface Handlers {
  request: (request: IncomingMessage, response: ServerResponse) => void;
  upgrade: (request: IncomingMessage, socket: Duplex, head: Buffer) => void;
}

interface Route {
  service: HostedService;
  /** Own traffic, whatever it carries: a preview address. */
  preview: boolean;
  choose(except: ReadonlySet<Replica>): Target | undefined;
}

/** The way users go. */
export function serviceHandlers(service: HostedService, parts: RouterParts): Handlers {
  return handlers({ service, preview: false, choose: (except) => service.choose(except) }, parts);
}

/** The way to one revision, whatever its weight, and also while the service is stopped. */
export function previewHandlers(
  service: HostedService,
  revision: string,
  parts: RouterParts,
): Handlers {
  const choose = (except: ReadonlySet<Replica>) => service.chooseOf(revision, except);
  return handlers({ service, preview: true, choose }, parts);
}

function handlers(route: Route, parts: RouterParts): Handlers {
  return {
    request: (request, response) => void answer(route, parts, request, response),
    upgrade: (request, socket, head) => void answerUpgrade(route, parts, request, socket, head),
  };
}

/** The token must not reach the service: the header is taken off whether it is right or not. */
function takeProbeMark(request: IncomingMessage, parts: RouterParts): boolean {
  const { [PROBE_HEADER]: mark, ...others } = request.headers;
  if (mark !== undefined) request.headers = others;
  return typeof mark === 'string' && parts.isToken(mark);
}

async function answer(
  route: Route,
  parts: RouterParts,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const started = performance.now();
  const probe = takeProbeMark(request, parts);
  const refusal = refusalOf(route, request, probe);
  const outcome = refusal
    ? refuse(response, refusal)
    : await forward(route, parts, request, response, probe);
  parts.metrics.count({
    service: route.service.record.ref,
    spec: outcome.target?.runner.record.spec ?? null,
    code: outcome.code,
    seconds: (performance.now() - started) / 1000,
    probe: probe || route.preview,
  });
}

function refusalOf(route: Route, request: IncomingMessage, probe: boolean): Refusal | null {
  if (route.preview) return null;
  const { traffic, ref } = route.service.record;
  if (traffic.stopped) {
    return { code: 503, retryAfter: STOPPED_RETRY, text: 'This service is stopped at the moment.' };
  }
  if (probe) return null;
  const client = clientKey(request.headers, request.socket.remoteAddress);
  if (admits(client, traffic.admitPercent, serviceKey(ref))) return null;
  return {
    code: 503,
    retryAfter: STOPPED_RETRY,
    text: 'This service admits a part of its clients only.',
  };
}

interface Outcome {
  target: Target | null;
  code: number;
}

async function forward(
  route: Route,
  parts: RouterParts,
  request: IncomingMessage,
  response: ServerResponse,
  probe: boolean,
): Promise<Outcome> {
  const failed = new Set<Replica>();
  let target: Target | null = null;
  while (failed.size < ATTEMPTS) {
    const next = await chooseOrHold(route, request, failed);
    if (!next) break;
    target = next;
    if (probe) response.setHeader(REVISION_HEADER, next.runner.record.spec.id);
    const sent = await sendTo(next, parts, request, response);
    if (sent !== 'tryAnother') return { target, code: codeOf(sent, response) };
    failed.add(next.replica);
  }
  if (response.destroyed) return { target, code: 499 };
  return { ...refuse(response, target ? BROKE_OFF : NONE_READY), target };
}

const BROKE_OFF = {
  code: 502,
  retryAfter: 1,
  text: 'The replica that had this request broke off.',
};
const NONE_READY = { code: 503, retryAfter: 1, text: 'No replica of this service is ready.' };

async function sendTo(
  { replica }: Target,
  parts: RouterParts,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<Sent> {
  replica.open += 1;
  try {
    const sent = await parts.proxy.send(request, response, replica);
    if (sent !== 'answered' && sent !== 'clientLeft') replica.suspect();
    if (sent === 'failed') refuse(response, BROKE_OFF);
    return sent;
  } finally {
    replica.open -= 1;
  }
}

function codeOf(sent: Exclude<Sent, 'tryAnother'>, response: ServerResponse): number {
  if (sent === 'answered') return response.statusCode;
  return sent === 'clientLeft' ? 499 : 502;
}

async function chooseOrHold(
  route: Route,
  request: IncomingMessage,
  except: ReadonlySet<Replica>,
): Promise<Target | undefined> {
  const until = Date.now() + HOLD;
  for (;;) {
    const target = route.choose(except);
    const left = until - Date.now();
    const hopeless = !route.preview && !route.service.hasTraffic;
    if (target || hopeless || left <= 0 || request.socket.destroyed) return target;
    if (route.service.waiting >= MOST_HELD) return undefined;
    await route.service.untilChanged(left);
  }
}

function refuse(response: ServerResponse, refusal: Refusal): Outcome {
  response.removeHeader(REVISION_HEADER);
  response.writeHead(refusal.code, {
    'content-type': 'text/plain; charset=utf-8',
    'retry-after': String(refusal.retryAfter),
  });
  response.end(`${refusal.text}\n`);
  return { target: null, code: refusal.code };
}

async function answerUpgrade(
  route: Route,
  parts: RouterParts,
  request: IncomingMessage,
  socket: Duplex,
  head: Buffer,
): Promise<void> {
  socket.on('error', () => socket.destroy());
  const probe = takeProbeMark(request, parts);
  const refusal = refusalOf(route, request, probe);
  const target = refusal ? undefined : await chooseOrHold(route, request, new Set());
  let code = refusal?.code ?? 503;
  if (target) {
    target.replica.open += 1;
    const upgraded = await parts.proxy
      .upgrade(request, socket, head, target.replica)
      .finally(() => (target.replica.open -= 1));
    code = upgraded ? 101 : 502;
  } else {
    socket.end(
      `HTTP/1.1 ${code} ${STATUS_CODES[code] ?? ''}\r\nRetry-After: ${STOPPED_RETRY}\r\nConnection: close\r\n\r\n`,
    );
  }
  parts.metrics.count({
    service: route.service.record.ref,
    spec: target?.runner.record.spec ?? null,
    code,
    seconds: null,
    probe: probe || route.preview,
  });
}
