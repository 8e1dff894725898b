// What is known of a version where it had to be tried before it comes here.
import { getClient } from '@temporalio/activity';
import { notPromoted, triedIn, type Tried, type TriedIn } from '../../domain/rollout/promotion.ts';
import { serviceTarget } from '../../domain/rollout/service-target.ts';
import type { LoadedSystem } from '../../domain/loaded-system.ts';
import type { OperationRequest } from '../../domain/operation/request.ts';
import type { Clock } from '../../ports/clock.ts';
import type { SystemsPort } from '../../ports/systems.ts';
import { FINDS_BAD } from '../../runbooks/index.ts';
import type { Call } from '../call.ts';
import { unavailable } from '../executions.ts';
import { platformOf, type Platforms } from '../platforms.ts';

export interface PromotionPorts {
  platforms: Platforms;
  systems: Pick<SystemsPort, 'load'>;
  clock: Pick<Clock, 'now'>;
}

/**
 * What the version of a deploy lacks where it had to have all users before; undefined where nothing is asked, or all is
 * well. Throws NotFound where there is no such system or service, BadInput where its file does not load.
 */
export async function lacksPromotion(
  request: OperationRequest,
  loaded: LoadedSystem,
  call: Call,
  ports: PromotionPorts,
): Promise<string | undefined> {
  const place = triedIn(loaded, request);
  if (place === undefined || request.version === undefined) return undefined;
  const there = serviceTarget(await ports.systems.load(place.system), place.service);
  const { traffic, workload } = platformOf(ports.platforms, there);
  const [weights, history, rolledBack] = await Promise.all([
    traffic.read(there, call),
    workload.history(there, call),
    rolledBackAt(place),
  ]);
  const tried: Tried = { traffic: weights, history, rolledBack };
  return notPromoted(request.version, place, tried, ports.clock.now());
}

/** Both names were checked against the pattern of names: they cannot leave their quotes. */
async function rolledBackAt({ system, service }: TriedIn): Promise<number[]> {
  const query = `FairleadTarget = '${system}/${service}' AND FairleadKind IN (${FINDS_BAD.map((type) => `'${type}'`).join(', ')}) AND FairleadOutcome = 'succeeded'`;
  const begun: number[] = [];
  try {
    for await (const { startTime } of getClient().workflow.list({ query })) {
      begun.push(startTime.getTime());
    }
  } catch (error) {
    throw unavailable(`asking which roll-backs of ${system}/${service} there were`, error);
  }
  return begun;
}
