// Changes who gets a service's requests: capacity first, then the weights, then a look through the data plane.
import type { BakeProgress } from '../domain/analysis/bake-progress.ts';
import { Failure } from '../domain/failure.ts';
import type { RevisionState, TrafficState, Weights } from '../domain/rollout/model.ts';
import { leavingWords } from '../domain/traffic/endless-words.ts';
import { misread, probesFor } from '../domain/traffic/probes.ts';
import {
  describeWeights,
  normalised,
  percentOf,
  sameWeights,
  total,
} from '../domain/traffic/weights.ts';
import type { ServiceTarget } from '../domain/rollout/service-target.ts';
import type { Call } from './call.ts';
import { readBaselineAt, type BakeAtInput } from './judging/on-platform.ts';
import { platformOf, trafficOf, workloadOf, type Platforms } from './platforms.ts';
import type { Clock } from '../ports/clock.ts';
import type { MetricsPort } from '../ports/metrics.ts';
import { lookUntil, untilReady } from './workload.ts';

export interface ShiftInput {
  place: ServiceTarget;
  weights: Weights;
  /** What this operation last read back; or what it was about to set, when nobody knows whether it did. */
  expect: Weights[];
  /** Replicas that a revision needs before it gets its share; absent on the way back. */
  capacity?: { revision: string; replicas: number };
  /** How long what is to get traffic may take to be ready (ms). */
  deadline: number;
  /** The bake that judges what comes of this: what it counts from is read before anything changes. */
  judged?: { step: string; bake: Omit<BakeAtInput, 'resume'> };
}

export interface Shifted {
  weights: Weights;
  detail: string;
  /** The bake of a step, as far as it has begun. */
  begun?: { step: string; progress: BakeProgress };
}

const READ_BACK_TRIES = 10;
const READ_BACK_PAUSE_MS = 300;
const PROBES_OF_A_STOP = 3;

export async function shiftTraffic(
  input: ShiftInput,
  call: Call,
  { platforms, clock, metrics }: { platforms: Platforms; clock: Clock; metrics: MetricsPort },
): Promise<Shifted> {
  const { place, weights, judged } = input;
  const traffic = trafficOf(platforms, place);
  const begin = judged && (await readBaselineAt(judged.bake, call, { platforms, clock, metrics }));
  if (input.capacity !== undefined) await makeRoom(input, input.capacity, call, platforms, clock);
  const before = await untilAble(input, call, { platforms, clock });
  const progress = await begin?.();
  // What the bake counts from takes a moment to read, and whoever is to get users may have died in it.
  const unready = before ?? (await untilAble(input, call, { platforms, clock }));
  const expect = await expected(input, call, platforms);
  const token = await call.token();
  const state = await traffic.set({ service: place, weights, expect, token }, call);
  if (unready !== undefined) throw new Failure('NotReady', unready);
  const detail = await readBack(place, weights, call, { platforms, clock });
  return {
    weights: state.weights,
    detail: `${detail}${leavingWords(state.endless)}`,
    ...(judged && progress && { begun: { step: judged.step, progress } }),
  };
}

export async function readTraffic(
  place: ServiceTarget,
  call: Call,
  { platforms }: { platforms: Platforms },
): Promise<Weights> {
  return (await trafficOf(platforms, place).read(place, call)).weights;
}

/** Users meet nobody any more, as soon as the platform shows them. What gives no answer at all answers nobody. */
export async function untilNobodyAnswers(
  place: ServiceTarget,
  call: Call,
  ports: { platforms: Platforms; clock: Clock },
): Promise<void> {
  const { traffic } = platformOf(ports.platforms, place);
  const what = `seeing that nobody answers users of ${place.system}/${place.service} any more`;
  await lookBack(what, place, call, ports, async () => {
    try {
      const answers = await traffic.probe({ service: place, count: PROBES_OF_A_STOP }, call);
      const still = answers.find(({ revision }) => revision !== '');
      return still && `${still.revision} answered with ${still.status}`;
    } catch (error) {
      if (error instanceof Failure && error.kind === 'Unavailable') return undefined;
      throw error;
    }
  });
}

export async function admitService(
  input: { place: ServiceTarget; percent: number; to?: Weights },
  call: Call,
  ports: { platforms: Platforms; clock: Clock },
): Promise<{ weights: Weights; detail: string }> {
  const { place, percent, to } = input;
  const token = await call.token();
  const change = { service: place, percent, token, ...(to !== undefined && { to }) };
  const state = await trafficOf(ports.platforms, place).admit(change, call);
  if (to !== undefined && !sameWeights(state.weights, to)) {
    const message = `admitting users of ${place.service}: ${describeWeights(state.weights)} answers, and not ${describeWeights(to)}, as was asked: set the weights by a deploy, or stop the service`;
    throw new Failure('WorldChanged', message, { expected: to, found: state.weights });
  }
  await readBack(place, state.weights, call, ports);
  return told(state, `${percent} % of the clients are let in: ${describeWeights(state.weights)}`);
}

function told(state: TrafficState, detail: string): { weights: Weights; detail: string } {
  return { weights: state.weights, detail: `${detail}${leavingWords(state.endless)}` };
}

/** The one of what is expected that is there; the first when none is, so that the adapter says what it found. */
async function expected(
  { place, expect }: ShiftInput,
  call: Call,
  platforms: Platforms,
): Promise<Weights> {
  const [first = [], ...others] = expect;
  if (others.length === 0) return first;
  const found = (await trafficOf(platforms, place).read(place, call)).weights;
  return others.find((one) => sameWeights(one, found)) ?? first;
}

async function makeRoom(
  { place, deadline, weights }: ShiftInput,
  capacity: { revision: string; replicas: number },
  call: Call,
  platforms: Platforms,
  clock: Clock,
): Promise<void> {
  const { workload, capabilities } = platformOf(platforms, place);
  const { revision } = capacity;
  const revisions = await workload.revisions(place, call);
  const found = revisions.find((one) => one.spec.id === revision);
  const isCounted = capabilities.replicas === 'counted';
  // An autoscaler may have given the other side more since the plan was made.
  const moved = revisions.find((one) => one.autoscaler !== undefined && one !== found);
  const share = percentOf(weights, revision) / 100;
  const replicas = Math.max(capacity.replicas, Math.ceil((moved?.desired ?? 0) * share));
  if (isCounted && found !== undefined && found.desired < replicas) {
    const change = { service: place, revision, replicas, token: await call.token() };
    await workload.scale(change, call);
  }
  await untilReady({ place, revision: capacity.revision, deadline }, call, platforms, clock);
}

/** Traffic goes only where something can answer it: waits for that, and says when it has waited in vain. */
async function untilAble(
  input: ShiftInput,
  call: Call,
  { platforms, clock }: { platforms: Platforms; clock: Clock },
): Promise<string | undefined> {
  const { place, weights, deadline, capacity } = input;
  let unable = '';
  const able = await lookUntil(deadline, call, clock, async () => {
    const revisions = await workloadOf(platforms, place).revisions(place, call);
    const found = firstUnable(weights, revisions, capacity?.revision);
    if (found === undefined) return true;
    const { version, state } = found;
    if (state === undefined) throw notSent(input, `${version}: it is gone`);
    const has =
      state.ready === 0 ? 'no ready replica' : `${state.ready} of ${state.desired} replicas ready`;
    unable = `${version} within ${deadline / 1000} s: it has ${has} (${state.problem ?? state.condition})`;
    return undefined;
  });
  return able ? undefined : sentAllTheSame(input, unable, call, platforms);
}

/** The way back takes nothing from anybody once what has the traffic answers no more; else it stays there. */
async function sentAllTheSame(
  input: ShiftInput,
  unable: string,
  call: Call,
  platforms: Platforms,
): Promise<string> {
  const { place, capacity } = input;
  const now = normalised((await trafficOf(platforms, place).read(place, call)).weights);
  const revisions = await workloadOf(platforms, place).revisions(place, call);
  const answered = now.some((one) => firstUnable([one], revisions) === undefined);
  if (capacity !== undefined || answered || now.length === 0) {
    throw notSent(input, `${unable}; it stays as it is: ${describeWeights(now)}`);
  }
  return `traffic could not be sent to ${unable}; nothing else answered either, so it goes there as soon as that is ready`;
}

/** `whole`: the revision that needs all its replicas; of any other one is enough. */
function firstUnable(
  weights: Weights,
  revisions: RevisionState[],
  whole?: string,
): { version: string; state: RevisionState | undefined } | undefined {
  return normalised(weights)
    .map(({ revision, version }) => {
      return { version, state: revisions.find((one) => one.spec.id === revision) };
    })
    .find(({ state }) => {
      if (state === undefined || state.ready === 0) return true;
      return state.spec.id === whole && state.ready < state.desired;
    });
}

function notSent({ place }: ShiftInput, why: string): Failure {
  return new Failure(
    'NotReady',
    `traffic of ${place.system}/${place.service} was not sent to ${why}`,
  );
}

/** Looks until users are where these weights say. Throws Unavailable with what the probes saw. */
export async function readBack(
  place: ServiceTarget,
  weights: Weights,
  call: Call,
  ports: { platforms: Platforms; clock: Clock },
): Promise<string> {
  if (total(weights) === 0) return 'no traffic';
  const count = probesFor(weights);
  const { traffic } = platformOf(ports.platforms, place);
  const shown = describeWeights(weights);
  const what = `reading the traffic of ${place.system}/${place.service} back as ${shown}`;
  await lookBack(what, place, call, ports, async () =>
    misread(weights, await traffic.probe({ service: place, count }, call)),
  );
  return `${shown}, as ${count} probes saw it`;
}

/**
 * Waits as long as the platform may take until users see a change, and looks ten times at least. `look` says what is not
 * yet as it should be; the last of it is thrown as Unavailable.
 */
async function lookBack(
  what: string,
  place: ServiceTarget,
  call: Call,
  { platforms, clock }: { platforms: Platforms; clock: Clock },
  look: () => Promise<string | undefined>,
): Promise<void> {
  const patient = clock.now() + platformOf(platforms, place).capabilities.patience;
  for (let tries = 1; ; tries += 1) {
    const problem = await look();
    if (problem === undefined) return;
    if (tries >= READ_BACK_TRIES && clock.now() >= patient) {
      throw new Failure('Unavailable', `${what}: ${problem}`);
    }
    await clock.sleep(READ_BACK_PAUSE_MS, call.signal);
  }
}
