// Brings the Helm release of a service to a revision: what it stood on is kept beside it, helm is asked, and when its replicas
// answer users go to the release again. Each call looks how far it is and does the next part, so that one that was cut off
// goes on.
import { Failure } from '../../../domain/failure.ts';
import type { EpochToken, RevisionSpec } from '../../../domain/rollout/model.ts';
import type { Waiting } from '../../../ports/waiting.ts';
import { anchored, type Found } from '../anchor.ts';
import { atLeast, madeBeside, removedBeside } from '../beside.ts';
import { carriersOf, ownSpec } from '../carriers.ts';
import { imageOf } from '../manifests.ts';
import { objectName } from '../names.ts';
import type { Reached } from '../reached.ts';
import type { ReleaseRecord } from '../record.ts';
import { nameOf, shareOf } from '../route.ts';
import type { HelmSettings } from '../settings.ts';
import { desiredOf, isReplaced, readyOf } from '../state.ts';
import { containerIn, deploymentIn } from './chart.ts';
import {
  helmOf,
  HOOK_SECONDS,
  isPending,
  pendingWords,
  type Helm,
  type HelmRevision,
} from './helm.ts';

export interface Settled {
  done: boolean;
  seen: string;
}

interface Change {
  at: Reached;
  helm: HelmSettings;
  program: Helm;
  token: EpochToken;
  target: RevisionSpec;
  waiting: Waiting;
}

/** How long (ms) gateways may take until all of them lead users to the release. */
const LED_MS = 5_000;
/** Beyond what helm waits for by itself (s), until a change that nobody ends counts as cut off. */
const SPARE_SECONDS = 60;

export async function settled(
  at: Reached,
  { revision, token }: { revision: string; token: EpochToken },
  waiting: Waiting,
): Promise<Settled> {
  const { cluster, place, what } = at;
  const { helm } = place.settings;
  if (helm === undefined) {
    throw new Failure(
      'Unsupported',
      `${what}: its revisions are Fairlead's own Deployments, and there is no other object to bring to one`,
    );
  }
  const found = await anchored(cluster, { place, token, what });
  const program = helmOf(at, helm, waiting);
  const last = (await program.history()).at(-1);
  if (found.record.release === undefined || last === undefined) {
    throw new Failure(
      'NotFound',
      `${what}: there is no Helm release ${helm.release}; install it, and ask again`,
    );
  }
  const release = upToDate(found.record.release, last);
  const target = await specOf(at, release, revision);
  const change = { at, helm, program, token, target, waiting };
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

/** Somebody may have upgraded it with other values since: what it stands on is the newest Helm revision. */
function upToDate(release: ReleaseRecord, { status, revision }: HelmRevision): ReleaseRecord {
  if (release.to !== undefined || status !== 'deployed') return release;
  return { ...release, numbers: { ...release.numbers, [release.spec.id]: revision } };
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

/** Users may go back to what the release stood on: it is made beside. What is missing of it; undefined when nothing is. */
async function keptBeside(
  { at, helm, token, waiting }: Change,
  found: Found,
  stood: RevisionSpec,
): Promise<string | undefined> {
  const { cluster, place, what } = at;
  const { record, route } = found;
  const share = shareOf(route, place, { record, revision: stood.id });
  if (share > 0) {
    throw new Failure(
      'Refused',
      `${what}: the release ${helm.release} has ${share} % of the users, who are on ${stood.version}; give their weight to the other revision first`,
    );
  }
  const now = (await carriersOf(at, record)).find((one) => one.released);
  const desired = now === undefined ? 1 : desiredOf(now.deployment);
  const isWhole = now !== undefined && readyOf(now.deployment, now.slices) >= desired;
  const made = await madeBeside(
    at,
    { spec: stood, replicas: Math.max(1, desired), token, found },
    waiting,
  );
  if (!isWhole) return undefined;
  const slices = await cluster.slices({
    'kubernetes.io/service-name': objectName(place.ref, stood.id),
  });
  const answering = readyOf(made, slices);
  return answering >= desired
    ? undefined
    : `${stood.version} is kept beside the release: ${answering} of ${desired} replicas answer`;
}

/** Asks helm, unless that was done. What is under way; undefined when the release is of the target. */
async function broughtBy(
  change: Change,
  release: ReleaseRecord,
  last: HelmRevision,
): Promise<string | undefined> {
  const { at, helm, program, target } = change;
  const { to } = release;
  requireKnown(at, release, last);
  if (isPending(last)) return whilePending(change, release, last);
  if (to?.number === last.revision && to.spec.id === target.id) {
    if (last.status === 'deployed') return undefined;
    throw new Failure(
      'CheckFailed',
      `${at.what}: Helm revision ${last.revision} ${last.status}: ${last.description}`,
    );
  }
  const number = last.revision + 1;
  await recorded(change, { ...release, to: { spec: target, number } });
  const before = release.numbers[target.id];
  if (before === undefined) await program.upgrade(imageOf(target));
  else await program.rollback(before);
  return `helm made revision ${number} of ${helm.release}`;
}

/** What somebody else makes of a release while Fairlead brings it elsewhere is for people to look at. */
function requireKnown({ what }: Reached, { to }: ReleaseRecord, last: HelmRevision): void {
  if (to === undefined || last.revision <= to.number) return;
  throw new Failure(
    'WorldChanged',
    `${what}: somebody else made Helm revision ${last.revision} (${last.status}, ${last.updated}: ${last.description}) while ${to.number} was Fairlead's; nothing was done`,
    { expected: to.number, found: last.revision },
  );
}

/** One that was cut off is gone back from, for helm upgrades nothing that is pending. */
async function whilePending(
  change: Change,
  release: ReleaseRecord,
  last: HelmRevision,
): Promise<string> {
  const { at, helm, program } = change;
  const { revision, updated } = last;
  const seconds = (Date.now() - Date.parse(updated)) / 1000;
  const said = pendingWords(helm.release, last);
  if (revision !== release.to?.number) {
    throw new Failure(
      'WorldChanged',
      `${at.what}: ${said}, and is not Fairlead's; wait until it is done, or end it by helm rollback`,
      { expected: release.numbers[release.spec.id], found: revision },
    );
  }
  if (seconds < HOOK_SECONDS + SPARE_SECONDS) return said;
  const back = release.numbers[release.spec.id];
  if (back === undefined)
    throw new Failure('WorldChanged', `${at.what}: ${said}; end it by helm rollback`);
  await recorded(change, { ...release, to: { spec: release.spec, number: revision + 1 } });
  await program.rollback(back);
  return `${said}: it was cut off, and gone back from`;
}

/** Users of the target go to the release when its replicas answer, as many as carried them until now. */
async function ready(change: Change, release: ReleaseRecord): Promise<Settled> {
  const { at, helm, target, token } = change;
  const { cluster, place, what } = at;
  const [live, own] = await Promise.all([
    cluster.deployment(helm.deployment),
    cluster.deployment(objectName(place.ref, target.id)),
  ]);
  if (live === undefined || release.to === undefined) {
    throw new Failure('NotFound', `${what}: the Deployment ${helm.deployment} is gone`);
  }
  await requireAsMade(change, release.to.number);
  const carried = own === undefined ? 1 : desiredOf(own);
  const wanted = Math.max(carried, desiredOf(live));
  const made = await atLeast(at, { name: helm.deployment, replicas: wanted, token });
  const slices = await cluster.slices({ 'kubernetes.io/service-name': helm.service.name });
  const answering = readyOf(made, slices);
  if (!isReplaced(made) || answering < wanted) {
    const seen = `${answering} of ${wanted} replicas of the release answer on ${target.version}`;
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
  return { done: false, seen: `Helm revision ${number} is on ${target.version}` };
}

/** The release alone carries the target in the end, when every gateway leads there. */
async function alone(
  { at, token, target, waiting, helm }: Change,
  release: ReleaseRecord,
): Promise<Settled> {
  const { cluster, place } = at;
  const seen = `${helm.release} is on ${target.version}, as Helm revision ${release.numbers[target.id] ?? '?'}`;
  if ((await cluster.deployment(objectName(place.ref, target.id))) === undefined) {
    return { done: true, seen };
  }
  if (Date.now() - Date.parse(release.since) < LED_MS) return { done: false, seen };
  await removedBeside(at, { revision: target.id, token }, waiting);
  return { done: true, seen };
}

async function recorded({ at, token }: Change, release: ReleaseRecord): Promise<void> {
  const { cluster, place, what } = at;
  await anchored(cluster, { place, token, what }, ({ asRecorded, record }) => {
    if (asRecorded) return { release };
    throw new Failure(
      'WorldChanged',
      `${what}: the weights of the route ${place.settings.route} of ${nameOf(place)} are not those that Fairlead set; nothing was done`,
      { found: record.traffic.weights },
    );
  });
}

/** What runs is what the Helm revision says: its containers are compared. Throws WorldChanged. */
async function requireAsMade({ at, helm, program }: Change, number: number): Promise<void> {
  const { cluster, what } = at;
  const made = deploymentIn(await program.manifest(number), helm, what);
  const live = await cluster.deployment(helm.deployment);
  const [wanted, found] = [made, live].map((one) => {
    const containers = one?.spec.template.spec?.containers ?? [];
    const { image, env = [] } = containerIn(containers, helm, what);
    return JSON.stringify([image, env.map(({ name, ...rest }) => [name, rest['value']])]);
  });
  if (wanted === found) return;
  throw new Failure(
    'WorldChanged',
    `${what}: the Deployment ${helm.deployment} is not what Helm revision ${number} says of its image and environment; somebody changed it`,
    { expected: wanted, found },
  );
}
