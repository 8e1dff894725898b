// Own requests the way users go, through the gateway: the service itself says, in a header of its answer, who it is.
import { Agent as HttpAgent, request as overHttp, type IncomingMessage } from 'node:http';
import { request as overHttps } from 'node:https';
import { Failure } from '../../domain/failure.ts';
import type { ProbeAnswer, RevisionSpec } from '../../domain/rollout/model.ts';
import { heaviest } from '../../domain/traffic/weights.ts';
import type { Waiting } from '../../ports/waiting.ts';
import { serviceLabels } from './names.ts';
import type { Reached } from './reach.ts';
import { nameOf, viewOf } from './route.ts';
import { specOf } from './state.ts';

const AT_ONCE = 8;
const ANSWER_MS = 10_000;

export async function probed(
  { cluster, place, what }: Reached,
  count: number,
  waiting: Waiting,
): Promise<ProbeAnswer[]> {
  const { gateway, identity, route: name } = place.settings;
  const route = await cluster.route(name);
  const view = route && viewOf(route, place);
  if (view === undefined || view.stored === null) {
    throw new Failure(
      'NotFound',
      `${what}: ${nameOf(place)} has no users here yet; deploy it first`,
    );
  }
  const deployments = await cluster.deployments(serviceLabels(place.ref));
  const specs = deployments.flatMap((one) => specOf(one) ?? []);
  const main = specs.find(({ id }) => id === heaviest(view.record.traffic.weights)?.revision);
  const path = gateway.path ?? (main ?? specs[0])?.health.path ?? '/';
  const url = new URL(`${gateway.address.replace(/\/$/, '')}${path}`);
  const answers: ProbeAnswer[] = [];
  let left = count;
  const lane = async (): Promise<void> => {
    for (; left > 0;) {
      left -= 1;
      const response = await sent(url, gateway.host, { what, waiting });
      const said = response.headers[identity.toLowerCase()];
      const by = typeof said === 'string' ? said : '';
      answers.push({ revision: whoIs(by, specs), status: response.statusCode ?? 0 });
      waiting.beat({ answered: answers.length });
    }
  };
  await Promise.all(Array.from({ length: Math.min(AT_ONCE, count) }, lane));
  return answers;
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
  host: string | undefined,
  { what, waiting }: { what: string; waiting: Waiting },
): Promise<IncomingMessage> {
  try {
    return await answered(url, host, waiting.signal);
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
function answered(url: URL, host: string | undefined, signal: AbortSignal) {
  return new Promise<IncomingMessage>((done, failed) => {
    const outgoing = (url.protocol === 'https:' ? overHttps : overHttp)(url, {
      ...(url.protocol === 'http:' && { agent: new HttpAgent({ keepAlive: false }) }),
      headers: { 'fairlead-probe': 'true', ...(host !== undefined && { host }) },
      signal: AbortSignal.any([signal, AbortSignal.timeout(ANSWER_MS)]),
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
