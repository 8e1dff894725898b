// A stop: users are kept out of every service at once, under the epoch of the stop's own run, which is newer than that of any
// operation that was there before. Leases are looked at afterwards: nobody's lease holds up a stop.
import type { EpochToken, TrafficState, Weights } from '../domain/rollout/model.ts';
import type { ServiceTarget } from '../domain/rollout/service-target.ts';
import { Failure } from '../domain/failure.ts';
import type { StoppedService } from '../domain/operation/step-result.ts';
import { seconds } from '../domain/operation/stop-times.ts';
import { describeWeights, total } from '../domain/traffic/weights.ts';
import type { Call } from './call.ts';
import { clearLease, type ClearedLease } from './leases/leases.ts';
import { trafficOf, type Platforms } from './platforms.ts';
import type { SigningPorts } from './record/sign-record.ts';
import { sideBySide } from './side-by-side.ts';
import { endedWords } from '../domain/traffic/endless-words.ts';
import { untilNobodyAnswers } from './traffic.ts';
import type { Clock } from '../ports/clock.ts';

/** Attempts of the activity until a platform that does not answer is told instead of asked again. */
const MOST_TRIES = 6;

/** Stops each, whatever becomes of the others. Throws Unavailable while another attempt may stop more. */
export async function stopServices(
  services: ServiceTarget[],
  call: Call,
  ports: { platforms: Platforms; clock: Clock },
): Promise<StoppedService[]> {
  const token = await call.token();
  const began = ports.clock.now();
  const all = await sideBySide(services, async (place) => {
    try {
      const state = await stopped(place, token, call, ports);
      const afterMs = ports.clock.now() - began;
      const detail = `no user was answered after ${seconds(afterMs)}; ${beforeWords(state)}`;
      return { service: place.service, weights: state.weights, detail, afterMs };
    } catch (error) {
      if (!(error instanceof Failure)) throw error;
      return { service: place.service, failed: { kind: error.kind, message: error.message } };
    }
  });
  const [away, ...more] = all.filter((one) => 'failed' in one && one.failed.kind === 'Unavailable');
  if (away !== undefined && 'failed' in away && call.attempt < MOST_TRIES) {
    const others = more.length === 0 ? '' : ` (and ${more.length} more)`;
    throw new Failure('Unavailable', `${away.failed.message}${others}`);
  }
  return all;
}

/** Stops one service, under the epoch of the lease that the operation has of it. */
export async function stopService(
  place: ServiceTarget,
  call: Call,
  ports: { platforms: Platforms; clock: Clock },
): Promise<{ weights: Weights; detail: string }> {
  const state = await stopped(place, await call.token(), call, ports);
  return { weights: state.weights, detail: `stopped; ${beforeWords(state)}` };
}

function beforeWords({ beforeStop, unsaved, endless }: TrafficState): string {
  const before = `${endedWords(endless)}before: ${describeWeights(beforeStop)}`;
  if (unsaved === undefined) return before;
  return `${before}; the platform could not write the stop down (${unsaved}): started anew it would let users in again`;
}

/** The traffic of a service as it is once none of its users is answered any more. */
async function stopped(
  place: ServiceTarget,
  token: EpochToken,
  call: Call,
  ports: { platforms: Platforms; clock: Clock },
): Promise<TrafficState> {
  const state = await trafficOf(ports.platforms, place).stop({ service: place, token }, call);
  if (state.url !== '') await untilNobodyAnswers(place, call, ports);
  return state;
}

export interface WayInput {
  place: ServiceTarget;
  /** The id of the service's lease. */
  lease: string;
  /** How long its holder may take to give way (ms). */
  preemptWithin: number;
}

/** What there is to tell of a service whose lease was held, or taken since. */
export interface WayMade {
  service: string;
  /** What was found and done; empty for nothing. */
  note: string;
  /** What an operation that ended without closing its record had begun. */
  left?: string;
  /** Present when it had traffic again, and was stopped again. */
  weights?: Weights;
  /** Why it may have traffic still. */
  problem?: string;
}

/**
 * Makes those that hold leases of these services give way, and stops again what they gave traffic meanwhile. A stop or an
 * admit that began later is left to itself. Throws Unavailable.
 */
export async function makeWay(
  { kind, services }: { kind: string; services: WayInput[] },
  call: Call,
  ports: SigningPorts & { clock: Clock; platforms: Platforms },
): Promise<WayMade[]> {
  const { epoch: began } = await call.token();
  const all = await sideBySide(services, async ({ place, lease: id, preemptWithin }) => {
    const found = await clearLease({ id, kind, preempts: true, preemptWithin, began }, call, ports);
    const { epoch, closedAt = Infinity } = found;
    // Given back before this began: nobody has changed anything since.
    const isQuiet = epoch === undefined || closedAt < began;
    const way = { service: place.service, note: found.note };
    if (found.left !== undefined) Object.assign(way, { left: found.left });
    return isQuiet || !found.cleared
      ? way
      : { ...way, ...(await again(place, found, call, ports)) };
  });
  return all.filter(({ note, ...more }) => note !== '' || Object.keys(more).length > 1);
}

/** Under an epoch that is newer than the one of the lease that was cleared. */
async function again(
  place: ServiceTarget,
  { epoch = 0 }: ClearedLease,
  call: Call,
  { platforms }: { platforms: Platforms },
): Promise<Pick<WayMade, 'weights' | 'problem'>> {
  const traffic = trafficOf(platforms, place);
  const { weights } = await traffic.read(place, call);
  if (total(weights) === 0) return {};
  const own = await call.token();
  const token = { ...own, epoch: Math.max(own.epoch, epoch + 1) };
  try {
    return { weights: (await traffic.stop({ service: place, token }, call)).weights };
  } catch (error) {
    if (!(error instanceof Failure) || error.retryable) throw error;
    return { problem: error.message };
  }
}
