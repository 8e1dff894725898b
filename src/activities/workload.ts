// Brings revisions into being, waits for them, resizes, restarts and removes them.
import { getClient } from '@temporalio/activity';
import { Failure } from '../domain/failure.ts';
import { isRecord, textAt } from '../domain/json.ts';
import type { RevisionSpec, RevisionState } from '../domain/rollout/model.ts';
import type { ServiceTarget } from '../domain/rollout/service-target.ts';
import { retireRevision } from '../runbooks/retire-revision.ts';
import type { Call } from './call.ts';
import { workloadOf, type Platforms } from './platforms.ts';
import type { Clock } from '../ports/clock.ts';

const LOOK_EVERY_MS = 200;
/** Longer between two looks is a time in which nobody looked: it does not count towards a deadline. */
const GAP_MS = 5000;

/** Makes the revision. Where somebody holds the service's port, who may be there for a moment, it waits as long as for readiness. */
export async function ensureRevision(
  input: { place: ServiceTarget; spec: RevisionSpec; replicas: number; deadline: number },
  call: Call,
  { platforms, clock }: { platforms: Platforms; clock: Clock },
): Promise<{ detail: string }> {
  const { place, spec, replicas, deadline } = input;
  const workload = workloadOf(platforms, place);
  await callOffRetirement(place, spec);
  const change = { service: place, spec, replicas, token: await call.token() };
  const { state, waited } = await madeOnceFree(() => workload.ensure(change, call), {
    deadline,
    call,
    clock,
  });
  return { detail: `${spec.id}: ${state.ready} of ${state.desired} replicas ready${waited}` };
}

/** Makes what needs the service's address as soon as nobody else has it. Throws Refused once `deadline` ms of observed time are over. */
export async function madeOnceFree<Made>(
  make: () => Promise<Made>,
  { deadline, call, clock }: { deadline: number; call: Call; clock: Clock },
): Promise<{ state: Made; waited: string }> {
  let held: Held | undefined;
  const beat = (seen?: unknown): void => {
    call.beat(waitingFor(seen, held));
  };
  const state = await lookUntil(deadline, { ...call, beat }, clock, async () => {
    try {
      return await make();
    } catch (error) {
      const found = heldIn(error);
      if (found === undefined) throw error;
      held = found;
      return undefined;
    }
  });
  if (state === undefined) throw notHad(held, deadline);
  return { state, waited: held === undefined ? '' : letGo(held) };
}

/** Who has the service's address. */
interface Held {
  address: string;
  holder: string;
  refused: Failure;
}

/** Undefined for whatever else is wrong, and for an address that will not be let go of. */
function heldIn(error: unknown): Held | undefined {
  if (!(error instanceof Failure) || error.kind !== 'Refused') return undefined;
  const { details } = error;
  const [address, holder] = [textAt(details, 'address'), textAt(details, 'holder')];
  const isPassing = isRecord(details) && details['passing'] === true;
  if (!isPassing || address === undefined || holder === undefined) return undefined;
  return { address, holder, refused: error };
}

function waitingFor(seen: unknown, held: Held | undefined): unknown {
  if (!isRecord(seen) || held === undefined) return seen;
  return { ...seen, waitsFor: `${held.holder} to let go of ${held.address}` };
}

function letGo({ address, holder }: Held): string {
  return `, after ${holder} had let go of ${address}`;
}

function notHad(held: Held | undefined, deadline: number): Failure {
  const why = held?.refused.message ?? 'the address could not be had';
  return new Failure('Refused', `${why} (waited ${deadline / 1000} s for it)`);
}

export async function awaitReady(
  input: { place: ServiceTarget; revision: string; deadline: number },
  call: Call,
  { platforms, clock }: { platforms: Platforms; clock: Clock },
): Promise<{ detail: string }> {
  const state = await untilReady(input, call, platforms, clock);
  return { detail: `${state.ready} of ${state.desired} replicas ready` };
}

/** With a `deadline` (ms) it waits until all of them are ready, and throws NotReady as `untilReady` does. */
export async function scaleRevision(
  input: {
    place: ServiceTarget;
    revision: string;
    replicas: number;
    bounds?: 'raise' | 'back';
    deadline?: number;
  },
  call: Call,
  { platforms, clock }: { platforms: Platforms; clock: Clock },
): Promise<{ detail: string }> {
  const { place, revision, replicas, bounds, deadline } = input;
  const workload = workloadOf(platforms, place);
  const token = await call.token();
  const change = { service: place, revision, replicas, token, ...(bounds && { bounds }) };
  const state = await workload.scale(change, call);
  const left = state.left === undefined ? '' : `; ${state.left}`;
  if (deadline === undefined) return { detail: `${state.desired} replicas${left}` };
  const { detail } = await awaitReady({ place, revision, deadline }, call, { platforms, clock });
  return { detail: `${detail}${left}` };
}

export async function restartRevision(
  input: { place: ServiceTarget; revision: string; deadline: number },
  call: Call,
  { platforms, clock }: { platforms: Platforms; clock: Clock },
): Promise<{ detail: string }> {
  const { place, revision, deadline } = input;
  const workload = workloadOf(platforms, place);
  const token = await call.token();
  let seen = '';
  const restarted = await lookUntil(deadline, call, clock, async () => {
    const { state, done } = await workload.restart({ service: place, revision, token }, call);
    if (done) return state;
    seen = found(state);
    if (state.condition === 'crashLoop') throw notRestarted(revision, 'it keeps crashing', seen);
    return undefined;
  });
  const late = `not every new replica was ready within ${deadline / 1000} s`;
  if (restarted === undefined) throw notRestarted(revision, late, seen);
  return { detail: `${restarted.ready} of ${restarted.desired} replicas ready again` };
}

function notRestarted(revision: string, why: string, seen: string): Failure {
  return new Failure(
    'NotReady',
    `restarting ${revision}: ${why}${seen}; old replicas go on until new ones are ready`,
  );
}

export async function removeRevision(
  input: { place: ServiceTarget; revision: string },
  call: Call,
  { platforms }: { platforms: Platforms },
): Promise<{ detail: string }> {
  const { place, revision } = input;
  const workload = workloadOf(platforms, place);
  await workload.remove({ service: place, revision, token: await call.token() }, call);
  const left = (await workload.revisions(place, call)).some((one) => one.spec.id === revision);
  if (left) throw new Failure('Unavailable', `${revision} is still there after it was removed`);
  return { detail: `${revision} is gone` };
}

/** Waits in observed time; throws NotReady when the deadline passes or the revision keeps crashing. */
export async function untilReady(
  input: { place: ServiceTarget; revision: string; deadline: number },
  call: Call,
  platforms: Platforms,
  clock: Clock,
): Promise<RevisionState> {
  const { place, revision, deadline } = input;
  const workload = workloadOf(platforms, place);
  let seen = '';
  const ready = await lookUntil(deadline, call, clock, async () => {
    const state = (await workload.revisions(place, call)).find((one) => one.spec.id === revision);
    if (state === undefined) throw goneRevision(revision);
    if (state.ready >= state.desired && state.condition === 'ready') return state;
    if (state.condition === 'crashLoop') {
      throw new Failure('NotReady', `${state.spec.version} keeps crashing${found(state)}`);
    }
    seen = `${state.spec.version} was not ready within ${deadline / 1000} s${found(state)}`;
    return undefined;
  });
  if (ready === undefined) throw new Failure('NotReady', seen);
  return ready;
}

/** WorldChanged: somebody removed a revision that this operation works with. */
export function goneRevision(revision: string): Failure {
  const details = { expected: revision, found: null };
  return new Failure('WorldChanged', `${revision} is gone: somebody removed it`, details);
}

/** Looks until `look` finds what it looks for; undefined when it has not within `within` ms of observed time. */
export async function lookUntil<Found>(
  within: number,
  call: Call,
  clock: Clock,
  look: () => Promise<Found | undefined>,
): Promise<Found | undefined> {
  let observed = observedBefore(call.previous);
  let last = clock.now();
  for (;;) {
    const seen = await look();
    if (seen !== undefined) return seen;
    const now = clock.now();
    if (now - last <= GAP_MS) observed += now - last;
    last = now;
    if (observed >= within) return undefined;
    call.beat({ observed });
    await clock.sleep(LOOK_EVERY_MS, call.signal);
  }
}

/** Why first: a window cuts sentences at their end. */
function found(state: RevisionState): string {
  const why = state.problem === undefined ? '' : `: ${state.problem}`;
  return `${why} (${state.ready} of ${state.desired} replicas ready, ${state.crashes} crashes)`;
}

function observedBefore(progress: unknown): number {
  if (typeof progress !== 'object' || progress === null || !('observed' in progress)) return 0;
  return typeof progress.observed === 'number' ? progress.observed : 0;
}

/** A revision that is wanted again is not to be removed by the retirement of its last time. */
async function callOffRetirement(place: ServiceTarget, spec: RevisionSpec): Promise<void> {
  const { system, service } = place;
  const id = retireRevision.id({ system, service, version: spec.version });
  try {
    const handle = getClient().workflow.getHandle(id);
    const { memo, status } = await handle.describe();
    if (status.name === 'RUNNING' && memo?.['revision'] === spec.id) await handle.cancel();
  } catch (error) {
    if (error instanceof Error && error.name === 'WorkflowNotFoundError') return;
    const what = error instanceof Error ? error.message : String(error);
    throw new Failure('Unavailable', `calling ${id} off: ${what}`);
  }
}
