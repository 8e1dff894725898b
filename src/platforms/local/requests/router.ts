// What happens to a user's request: is the service stopped, is this client let in, whose turn is it; and when
// a replica turns out to be dead, one more try on another. Also the preview addresses.
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { clientKey } from '../../../domain/traffic/traffic-rules.ts';
import {
  BROKE_OFF,
  NONE_READY,
  refusalOf,
  refuse,
  refuseUpgrade,
  type Refusal,
} from './refusals.ts';
import { clientAddress } from './forwarded-fields.ts';
import type { HostedService, OpenAnswer, ServedAddress } from '../hosted-service.ts';
import type { Marks } from '../marks.ts';
import type { HostMetrics } from '../metrics.ts';
import { PROBE_HEADER } from '../protocol.ts';
import type { Replica } from '../replica.ts';
import { codeOf, send, sendUpgrade, type Sent, type Sending } from './replica-proxy.ts';

/** A request to a service with traffic waits this long for a replica that is restarting, then gets 503. */
const HOLD = 2000;
const MOST_HELD = 1000;
const ATTEMPTS = 2;

export interface RouterParts {
  metrics: HostMetrics;
  marks: Marks;
}

export interface Handlers {
  request: (request: IncomingMessage, response: ServerResponse) => void;
  upgrade: (request: IncomingMessage, socket: Socket, head: Buffer) => void;
}

interface Route {
  service: HostedService;
  /** Own traffic, whatever it carries: a preview address. */
  preview: boolean;
  choose(except: ReadonlySet<Replica>): ServedAddress | undefined;
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
    upgrade: (request, socket, head) => void answerUpgrade(route, parts, request, { socket, head }),
  };
}

/** The service never sees a mark, right or not (`send` leaves it out). */
function isProbe(request: IncomingMessage, route: Route, parts: RouterParts): boolean {
  const mark = request.headers[PROBE_HEADER];
  const { key } = route.service;
  return typeof mark === 'string' && parts.marks.use(mark, key, performance.now());
}

async function answer(
  route: Route,
  parts: RouterParts,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const started = performance.now();
  const probe = isProbe(request, route, parts);
  const refusal = atTheDoor(route, request, probe);
  const outcome = refusal
    ? { target: null, code: refuse(response, refusal) }
    : await forward(route, request, response, probe);
  parts.metrics.count({
    service: route.service.record.ref,
    spec: outcome.target?.runner.record.spec ?? null,
    code: outcome.code,
    seconds: (performance.now() - started) / 1000,
    probe: probe || route.preview,
  });
}

/** Whose request it is; undefined of a probe. */
function clientOf({ service }: Route, request: IncomingMessage, probe: boolean) {
  if (probe) return undefined;
  const address = clientAddress(request, service.trusted);
  return { key: clientKey(request.headers, address), address };
}

/** Why a request is not let in, which is noted with whose it is; null for one that is. */
function atTheDoor(route: Route, request: IncomingMessage, probe: boolean): Refusal | null {
  if (route.preview) return null;
  const { service } = route;
  const client = clientOf(route, request, probe);
  const refusal = refusalOf(service.record.traffic, client?.key, service.key);
  if (client !== undefined) service.seen.note(client.key, client.address, refusal === null);
  return refusal;
}

interface Outcome {
  target: ServedAddress | null;
  code: number;
}

async function forward(
  route: Route,
  request: IncomingMessage,
  response: ServerResponse,
  probe: boolean,
): Promise<Outcome> {
  const { done, target } = await offered(route, request, async (next) => {
    const sent = await sendTo(route, { next, request, probe }, response);
    return sent === 'tryAnother' ? undefined : codeOf(sent, response);
  });
  if (done !== undefined) return { target, code: done };
  if (response.destroyed) return { target, code: 499 };
  return { code: refuse(response, target ? BROKE_OFF : NONE_READY), target };
}

/**
 * Offers a request to one replica, and to another one where `take` answers undefined: that one gave no answer. `target` is the
 * one that had it last; null where none was ready.
 */
async function offered<Done>(
  route: Route,
  request: IncomingMessage,
  take: (next: ServedAddress) => Promise<Done | undefined>,
): Promise<{ done?: Done; target: ServedAddress | null }> {
  const failed = new Set<Replica>();
  let target: ServedAddress | null = null;
  while (failed.size < ATTEMPTS) {
    const next = await chooseOrHold(route, request, failed);
    if (!next) break;
    target = next;
    const done = await take(next);
    if (done !== undefined) return { done, target };
    failed.add(next.replica);
  }
  return { target };
}

function sending(
  { service }: Route,
  { replica, runner }: ServedAddress,
  request: IncomingMessage,
  probe: boolean,
): Sending {
  const shown = probe ? runner.record.spec.id : undefined;
  return { request, replica, trusted: service.trusted, shown };
}

async function sendTo(
  route: Route,
  { next, request, probe }: { next: ServedAddress; request: IncomingMessage; probe: boolean },
  response: ServerResponse,
): Promise<Sent> {
  const { replica } = next;
  const mine = answerOf(route, next, request, () => response.destroy());
  let over = mine && route.service.giveTime(mine);
  const begun = (answer: IncomingMessage): void => {
    if (mine === undefined) return;
    if (!/^text\/event-stream\b/i.test(answer.headers['content-type'] ?? '')) return;
    over?.();
    over = route.service.follow(mine);
  };
  replica.open += 1;
  try {
    const sent = await send({ ...sending(route, next, request, probe), begun }, response);
    if (sent === 'broken' || sent === 'failed' || sent === 'tryAnother') replica.suspect();
    if (sent === 'failed') refuse(response, BROKE_OFF);
    return sent;
  } finally {
    over?.();
    replica.open -= 1;
  }
}

/** An answer as the service follows it: it ends when users have moved on, or are not let in any more. Undefined on a preview address. */
function answerOf(
  route: Route,
  { runner }: ServedAddress,
  request: IncomingMessage,
  end: () => void,
): OpenAnswer | undefined {
  if (route.preview) return undefined;
  const { id, drain } = runner.record.spec;
  const { service } = route;
  const admitted = (): boolean => {
    const client = clientOf(route, request, false)?.key;
    return refusalOf(service.record.traffic, client, service.key) === null;
  };
  return { revision: id, drain, admitted, end };
}

async function chooseOrHold(
  route: Route,
  request: IncomingMessage,
  except: ReadonlySet<Replica>,
): Promise<ServedAddress | undefined> {
  const until = performance.now() + HOLD;
  for (;;) {
    const target = route.choose(except);
    const left = until - performance.now();
    const hopeless = !route.preview && !route.service.hasTraffic;
    if (target || hopeless || left <= 0 || request.socket.destroyed) return target;
    if (route.service.waiting >= MOST_HELD) return undefined;
    await route.service.untilChanged(left);
  }
}

async function answerUpgrade(
  route: Route,
  parts: RouterParts,
  request: IncomingMessage,
  client: Client,
): Promise<void> {
  const { socket } = client;
  socket.on('error', () => socket.destroy());
  const probe = isProbe(request, route, parts);
  const count = (code: number, target: ServedAddress | null): void => {
    const spec = target?.runner.record.spec ?? null;
    const { ref } = route.service.record;
    parts.metrics.count({ service: ref, spec, code, seconds: null, probe: probe || route.preview });
  };
  const refusal = atTheDoor(route, request, probe);
  if (refusal) {
    count(refuseUpgrade(socket, refusal), null);
    return;
  }
  const { done, target } = await offered(route, request, async (next) => {
    // Counted when it is answered: a connection that stays open for hours is seen by the analysis of today.
    const counted = (code: number): void => {
      count(code, next);
    };
    return (await upgradeBy(route, { next, request, probe }, client, counted)) || undefined;
  });
  if (done === undefined) count(refuseUpgrade(socket, target ? BROKE_OFF : NONE_READY), target);
}

type Client = Parameters<typeof sendUpgrade>[1];

/** Resolves when the connection has ended; with false when the replica gave no answer, and another one may have the request. */
async function upgradeBy(
  route: Route,
  { next, request, probe }: { next: ServedAddress; request: IncomingMessage; probe: boolean },
  client: Client,
  counted: (code: number) => void,
): Promise<boolean> {
  const { replica } = next;
  replica.open += 1;
  try {
    const sent = await sendUpgrade(sending(route, next, request, probe), client);
    if (!sent) {
      replica.suspect();
      return false;
    }
    counted(sent.code);
    const mine = answerOf(route, next, request, () => client.socket.destroy());
    const over = mine && route.service.follow(mine);
    await sent.closed;
    over?.();
    return true;
  } finally {
    replica.open -= 1;
  }
}
