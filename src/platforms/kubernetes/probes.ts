// Own requests the way users go, through the gateway: the service itself says, in a header of its answer, who it is.
import { Agent as HttpAgent, request as overHttp, type IncomingMessage } from 'node:http';
import { request as overHttps } from 'node:https';
import { Failure } from '../../domain/failure.ts';
import type { ProbeAnswer, RevisionSpec } from '../../domain/rollout/model.ts';
import { heaviest } from '../../domain/traffic/weights.ts';
import type { Waiting } from '../../ports/waiting.ts';
import { carriersOf } from './carriers.ts';
import { PREVIEW_HEADER } from './names.ts';
import type { Reached } from './reached.ts';
import { nameOf, viewOf, type RoutePlace } from './route.ts';

/** Marks a request as Fairlead's own, for a service that counts them apart. */
export const MARK = { 'fairlead-probe': 'true' };

const AT_ONCE = 8;
const ANSWER_MS = 10_000;
const PREVIEW_ANSWER_MS = 2_000;

export async function probed(at: Reached, count: number): Promise<ProbeAnswer[]> {
  const { cluster, place, what, waiting } = at;
  const { identity, route: name } = place.settings;
  const route = await cluster.route(name);
  const view = route && viewOf(route, place);
  if (view === undefined || view.stored === null) {
    throw new Failure(
      'NotFound',
      `${what}: ${nameOf(place)} has no users here yet; deploy it first`,
    );
  }
  const specs = (await carriersOf(at, view.record)).map(({ spec }) => spec);
  const main = specs.find(({ id }) => id === heaviest(view.record.traffic.weights)?.revision);
  const url = urlOf(place, main ?? specs[0]);
  const answers: ProbeAnswer[] = [];
  let left = count;
  const lane = async (): Promise<void> => {
    for (; left > 0;) {
      left -= 1;
      const response = await sent(url, { what, waiting });
      answers.push({
        revision: whoIs(identityIn(response, identity), specs),
        status: response.statusCode ?? 0,
      });
      waiting.beat({ answered: answers.length });
    }
  };
  await Promise.all(Array.from({ length: Math.min(AT_ONCE, count) }, lane));
  return answers;
}

/** What keeps the gateway from leading to a revision by its preview header, as a sentence; undefined when nothing does. */
export async function notReached(
  { place, waiting: { signal } }: Reached,
  spec: RevisionSpec,
): Promise<string | undefined> {
  const { identity, gateway } = place.settings;
  const what = `the gateway ${gateway.address} does not lead to it yet`;
  const headers = { ...MARK, [PREVIEW_HEADER]: spec.id };
  try {
    const response = await answered(urlOf(place, spec), headers, signal, PREVIEW_ANSWER_MS);
    const said = identityIn(response, identity);
    if (whoIs(said, [spec]) === spec.id) return undefined;
    const who = said === '' ? `no header ${identity}` : `${identity}: ${said}`;
    return `${what}: it answered ${response.statusCode ?? 0} with ${who}`;
  } catch (error) {
    signal.throwIfAborted();
    return `${what}: ${error instanceof Error ? error.message : String(error)}`;
  }
}

function urlOf({ settings: { gateway } }: RoutePlace, spec: RevisionSpec | undefined): URL {
  const path = gateway.path ?? spec?.health.path ?? '/';
  return new URL(`${gateway.address}${path}`);
}

function identityIn({ headers }: IncomingMessage, name: string): string {
  const said = headers[name.toLowerCase()];
  return typeof said === 'string' ? said : '';
}

/** By its revision, else by its version where one revision alone has it; what nobody knows is told as it was said. */
function whoIs(said: string, specs: readonly RevisionSpec[]): string {
  const byId = specs.find(({ id }) => id === said);
  if (byId !== undefined) return byId.id;
  const byVersion = specs.filter(({ version }) => version === said);
  return byVersion.length === 1 ? (byVersion[0]?.id ?? said) : said;
}

async function sent(
  url: URL,
  { what, waiting }: { what: string; waiting: Waiting },
): Promise<IncomingMessage> {
  try {
    return await answered(url, MARK, waiting.signal, ANSWER_MS);
  } catch (error) {
    waiting.signal.throwIfAborted();
    const why = error instanceof Error ? error.message : String(error);
    throw new Failure(
      'Unavailable',
      `${what}: ${url.origin} did not answer (${why}); see whether the gateway runs and can be reached from the worker`,
    );
  }
}

/** Each on a connection of its own: a gateway may keep one to where it went before. */
function answered(url: URL, headers: Record<string, string>, signal: AbortSignal, ms: number) {
  return new Promise<IncomingMessage>((done, failed) => {
    const outgoing = (url.protocol === 'https:' ? overHttps : overHttp)(url, {
      ...(url.protocol === 'http:' && { agent: new HttpAgent({ keepAlive: false }) }),
      headers,
      signal: AbortSignal.any([signal, AbortSignal.timeout(ms)]),
    });
    outgoing.once('error', failed);
    outgoing.once('response', (response) => {
      response.once('end', () => {
        done(response);
      });
      response.once('error', failed);
      response.resume();
    });
    outgoing.end();
  });
}
