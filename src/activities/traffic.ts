// Changes who gets a service's requests: capacity first, then the weights, then a look through the data plane.
import { Failure } from '../domain/failure.ts';
import type { RevisionState, TrafficState, Weights } from '../domain/model.ts';
import { misread, probesFor } from '../domain/probes.ts';
import { describeWeights, normalised, sameWeights, total } from '../domain/weights.ts';
import type { Call } from './boundary.ts';
import { trafficOf, workloadOf, type Place, type Platforms } from './platforms.ts';
import type { Clock } from './ports.ts';
import { lookUntil, untilReady } from './workload.ts';

export interface ShiftInput {
  place: Place;
  weights: Weights;
  /** What this operation last read back; or what it was about to set, when nobody knows whether it did. */
  expect: Weights[];
  /** Replicas that a revision needs before it gets its share; absent on the way back. */
  capacity?: { revision: string; replicas: number };
  /** How long what is to get traffic may take to be ready (ms). */
  deadline: number;
}

const READ_BACK_TRIES = 10;
const READ_BACK_PAUSE_MS = 300;

export async function shiftTraffic(
  input: ShiftInput,
  call: Call,
  { platforms, clock }: { platforms: Platforms; clock: Clock },
): Promise<{ weights: Weights; detail: string }> {
  const { place, weights } = input;
  const traffic = trafficOf(platforms, place);
  if (input.capacity !== undefined) await makeRoom(input, input.capacity, call, platforms, clock);
  const unready = await untilAble(input, call, { platforms, clock });
  const expect = await expected(input, platforms);
  const fence = await call.fence();
  const state = await traffic.set({ service: place, weights, expect, fence });
  if (unready !== undefined) throw new Failure('NotReady', unready);
  const detail = await readBack(place, weights, call, { platforms, clock });
  return { weights: state.weights, detail };
}

export async function readTraffic(place: Place, platforms: Platforms): Promise<Weights> {
  return (await trafficOf(platforms, place).read(place)).weights;
}

export async function stopService(
  place: Place,
  call: Call,
  platforms: Platforms,
): Promise<{ weights: Weights; detail: string }> {
  const state = await trafficOf(platforms, place).stop({
    service: place,
    fence: await call.fence(),
  });
  return told(state, `stopped; before: ${describeWeights(state.beforeStop)}`);
}

export async function admitService(
  input: { place: Place; percent: number },
  call: Call,
  platforms: Platforms,
): Promise<{ weights: Weights; detail: string }> {
  const { place, percent } = input;
  const fence = await call.fence();
  const state = await trafficOf(platforms, place).admit({ service: place, percent, fence });
  return told(state, `${percent} % of the clients are let in: ${describeWeights(state.weights)}`);
}

function told(state: TrafficState, detail: string): { weights: Weights; detail: string } {
  return { weights: state.weights, detail };
}

/** The one of what is expected that is there; the first when none is, so that the adapter says what it found. */
async function expected({ place, expect }: ShiftInput, platforms: Platforms): Promise<Weights> {
  const [first = [], ...others] = expect;
  if (others.length === 0) return first;
  const found = (await trafficOf(platforms, place).read(place)).weights;
  return others.find((one) => sameWeights(one, found)) ?? first;
}

async function makeRoom(
  { place, deadline }: ShiftInput,
  capacity: { revision: string; replicas: number },
  call: Call,
  platforms: Platforms,
  clock: Clock,
): Promise<void> {
  const workload = workloadOf(platforms, place);
  const found = (await workload.revisions(place)).find((one) => one.spec.id === capacity.revision);
  if (found !== undefined && found.desired < capacity.replicas) {
    const { revision, replicas } = capacity;
    await workload.scale({ service: place, revision, replicas, fence: await call.fence() });
  }
  await untilReady({ place, revision: capacity.revision, deadline }, call, platforms, clock);
}

/** Traffic goes only where something can answer it: waits for that, and says when it has waited in vain. */
async function untilAble(
  input: ShiftInput,
  call: Call,
  { platforms, clock }: { platforms: Platforms; clock: Clock },
): Promise<string | undefined> {
  const { place, weights, deadline } = input;
  let unable = '';
  const able = await lookUntil(deadline, call, clock, async () => {
    const revisions = await workloadOf(platforms, place).revisions(place);
    const found = firstUnable(weights, revisions);
    if (found === undefined) return true;
    if (found.state === undefined) throw notSent(input, `${found.version}: it is gone`);
    const why = found.state.problem ?? found.state.condition;
    unable = `${found.version} within ${deadline / 1000} s: it has no ready replica (${why})`;
    return undefined;
  });
  return able ? undefined : sentAllTheSame(input, unable, platforms);
}

/** The way back takes nothing from anybody once what has the traffic answers no more; else it stays there. */
async function sentAllTheSame(
  input: ShiftInput,
  unable: string,
  platforms: Platforms,
): Promise<string> {
  const { place, capacity } = input;
  const now = normalised((await trafficOf(platforms, place).read(place)).weights);
  const revisions = await workloadOf(platforms, place).revisions(place);
  const answered = now.some((one) => firstUnable([one], revisions) === undefined);
  if (capacity !== undefined || answered || now.length === 0) {
    throw notSent(input, `${unable}; it stays as it is: ${describeWeights(now)}`);
  }
  return `traffic could not be sent to ${unable}; nothing else answered either, so it goes there as soon as that is ready`;
}

function firstUnable(
  weights: Weights,
  revisions: RevisionState[],
): { version: string; state: RevisionState | undefined } | undefined {
  return normalised(weights)
    .map(({ revision, version }) => {
      return { version, state: revisions.find((one) => one.spec.id === revision) };
    })
    .find(({ state }) => state === undefined || state.ready === 0);
}

function notSent({ place }: ShiftInput, why: string): Failure {
  return new Failure(
    'NotReady',
    `traffic of ${place.system}/${place.service} was not sent to ${why}`,
  );
}

async function readBack(
  place: Place,
  weights: Weights,
  call: Call,
  { platforms, clock }: { platforms: Platforms; clock: Clock },
): Promise<string> {
  if (total(weights) === 0) return 'no traffic';
  const count = probesFor(weights);
  let problem = '';
  for (let tries = 0; tries < READ_BACK_TRIES; tries += 1) {
    const answers = await trafficOf(platforms, place).probe({ service: place, count }, call);
    const found = misread(weights, answers);
    if (found === undefined) return `${describeWeights(weights)}, as ${count} probes saw it`;
    problem = found;
    await clock.sleep(READ_BACK_PAUSE_MS, call.signal);
  }
  throw new Failure(
    'Unavailable',
    `reading the traffic of ${place.system}/${place.service} back as ${describeWeights(weights)}: ${problem}`,
  );
}
