// Brings what is the stable side of a service (a Helm release, somebody's Deployment) to a revision: what it stood on is kept
// beside it, it is changed, and when its replicas answer users go to it again. Each call looks how far it is and does the next part, so that one that was cut off
// goes on.
import { Failure } from '../../../domain/failure.ts';
import type { EpochToken, RevisionSpec } from '../../../domain/rollout/model.ts';
import { anchored, type Found } from '../anchor.ts';
import { atLeast, madeBeside, removedBeside } from '../beside.ts';
import { carriersOf, ownSpec } from '../carriers.ts';
import { imageOf } from '../manifests.ts';
import { objectName, sliceLabels } from '../names.ts';
import { notReached } from '../probes.ts';
import type { Reached } from '../reached.ts';
import type { ReleaseRecord } from '../record.ts';
import { shareOf } from '../route.ts';
import type { Container, Deployment } from '../shapes.ts';
import { desiredOf, isReplaced, readyOf } from '../state.ts';
import { asItIs, broughtBy, recorded, type Change } from './brought.ts';
import { containerOf, deploymentIn } from './chart.ts';

export interface Settled {
  done: boolean;
  seen: string;
}

/** How long (ms) gateways may take until all of them lead users to the stable side. */
const LED_MS = 5_000;

/**
 * Does the next part of bringing the stable side to a revision, which is there already: `done` when that alone carries it, and
 * `seen` is what is still missing. Throws Unsupported for a service without one, NotFound, WorldChanged for what somebody else
 * made of it, CheckFailed with what helm said.
 */
export async function settled(
  at: Reached,
  { revision, token }: { revision: string; token: EpochToken },
): Promise<Settled> {
  const { cluster, place, what, stable } = at;
  if (stable === undefined) {
    throw new Failure(
      'Unsupported',
      `${what}: its revisions are Fairlead's own Deployments, and there is no other object to bring to one`,
    );
  }
  const found = await anchored(cluster, { place, token, what });
  const history = await stable.history();
  const last = history.at(-1);
  if (found.record.release === undefined || last === undefined) {
    throw new Failure(
      'NotFound',
      `${what}: ${stable.called} is not there; ${stable.byHand.make}, and ask again`,
    );
  }
  const target = await specOf(at, found.record.release, revision);
  const change = { at, stable, token, target, history };
  const release = await asItIs(change, found.record.release, last);
  if (release.to === undefined && release.spec.id === target.id) return alone(change, release);
  if (release.to === undefined) {
    const record = { ...found.record, release };
    const missing = await keptBeside(change, { ...found, record }, release.spec);
    if (missing !== undefined) return { done: false, seen: missing };
  }
  const seen = await broughtBy(change, release, last);
  if (seen !== undefined) return { done: false, seen };
  return ready(change, release);
}

async function specOf(
  { cluster, place, what }: Reached,
  { spec, to }: ReleaseRecord,
  revision: string,
): Promise<RevisionSpec> {
  const known = [spec, to?.spec].find((one) => one?.id === revision);
  if (known !== undefined) return known;
  const own = await cluster.deployment(objectName(place.ref, revision));
  const found = own && ownSpec(own, place.ref);
  if (found !== undefined) return found;
  throw new Failure('NotFound', `${what}: there is no such revision; create it first`);
}

/**
 * Users may go back to what the stable side stood on, and those that are on it still have to stay there: it is made beside, before
 * that goes elsewhere. What is missing of it; undefined when nothing is, or when it was not whole there either.
 */
async function keptBeside(
  { at, token, stable }: Change,
  found: Found,
  stood: RevisionSpec,
): Promise<string | undefined> {
  const { cluster, place } = at;
  const { record, route } = found;
  const hasUsers = shareOf(route, place, { record, revision: stood.id }) > 0;
  const now = (await carriersOf(at, record)).find((one) => one.released);
  const desired = now === undefined ? 1 : desiredOf(now.deployment);
  const isWhole = now !== undefined && readyOf(now.deployment, now.slices) >= desired;
  const replicas = Math.max(1, desired);
  const made = await madeBeside(at, { spec: stood, replicas, token, found });
  if (!isWhole && !hasUsers) return undefined;
  const slices = await cluster.slices(sliceLabels(objectName(place.ref, stood.id)));
  const answering = readyOf(made, slices);
  if (answering < desired) {
    return `${stood.version} is kept beside ${stable.called}: ${answering} of ${desired} replicas answer`;
  }
  const problem = await notReached(at, stood);
  return problem === undefined
    ? undefined
    : `${stood.version} is kept beside ${stable.called}: ${problem}`;
}

/** Users of the target go to the stable side when its replicas answer, as many as carried them until now. */
async function ready(change: Change, release: ReleaseRecord): Promise<Settled> {
  const { at, target, token } = change;
  const { cluster, place, what } = at;
  const { settings } = change.stable;
  const [live, own] = await Promise.all([
    cluster.deployment(settings.deployment),
    cluster.deployment(objectName(place.ref, target.id)),
  ]);
  if (live === undefined || release.to === undefined) {
    throw new Failure('NotFound', `${what}: the Deployment ${settings.deployment} is gone`);
  }
  await requireAsMade(change, live, release.to.number);
  const carried = own === undefined ? 1 : desiredOf(own);
  const wanted = Math.max(carried, desiredOf(live));
  const made = await atLeast(at, { name: settings.deployment, replicas: wanted, token });
  const slices = await cluster.slices(sliceLabels(settings.service.name));
  const answering = readyOf(made, slices);
  if (!isReplaced(made) || answering < wanted) {
    const seen = `${answering} of ${wanted} replicas of ${change.stable.called} answer on ${target.version}`;
    return { done: false, seen };
  }
  const { number } = release.to;
  const { to: _, ...rest } = release;
  await recorded(change, {
    ...rest,
    spec: target,
    since: new Date().toISOString(),
    numbers: { ...release.numbers, [target.id]: number },
  });
  return { done: false, seen: `${change.stable.numbered(number)} is on ${target.version}` };
}

/** The stable side alone carries the target in the end, when every gateway leads there. */
async function alone(
  { at, token, target, stable }: Change,
  release: ReleaseRecord,
): Promise<Settled> {
  const { cluster, place } = at;
  const seen = `${stable.called} is on ${target.version}, as ${stable.numbered(release.numbers[target.id] ?? 0)}`;
  if ((await cluster.deployment(objectName(place.ref, target.id))) === undefined) {
    return { done: true, seen };
  }
  if (Date.now() - Date.parse(release.since) < LED_MS) return { done: false, seen };
  await removedBeside(at, { revision: target.id, token });
  return { done: true, seen };
}

/**
 * What runs is of the target's image, and what the numbered revision says of its environment: people change a Deployment by hand,
 * and charts are changed. Throws WorldChanged.
 */
async function requireAsMade(
  { at, stable, target }: Change,
  live: Deployment,
  number: number,
): Promise<void> {
  const { what } = at;
  const made = deploymentIn((await stable.manifest(number)) ?? [], stable, what);
  const containerIn = (one: Deployment) => containerOf(one, stable.settings, what);
  const [said, runs] = [containerIn(made), containerIn(live)];
  const wanted = imageOf(target).reference;
  if (said.image === wanted && runs.image === wanted && isSameEnvironment(said, runs)) return;
  throw new Failure(
    'WorldChanged',
    `${what}: ${stable.numbered(number)} says the image ${said.image ?? 'none'} and the Deployment ${stable.settings.deployment} has ${runs.image ?? 'none'}, where ${wanted} is to run, or their environments differ; somebody changed it`,
    { expected: wanted, found: runs.image },
  );
}

/** The API server leaves out a value that is empty. */
function isSameEnvironment(one: Container, other: Container): boolean {
  const [a, b] = [one, other].map(({ env = [] }) =>
    JSON.stringify(env.map(({ name, value = '' }) => [name, value])),
  );
  return a === b;
}
