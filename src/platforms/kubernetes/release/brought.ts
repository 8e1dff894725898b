// Has the stable side brought to a revision, once, by helm or by a patch: what helm is doing already is waited for, what was cut off is gone back from,
// and what somebody else does is for people to look at.
import { setTimeout as sleep } from 'node:timers/promises';
import { Failure } from '../../../domain/failure.ts';
import type { EpochToken, RevisionSpec } from '../../../domain/rollout/model.ts';
import { anchored } from '../anchor.ts';
import { imageOf } from '../manifests.ts';
import type { Reached } from '../reached.ts';
import { isOwn, type ReleaseRecord } from '../record.ts';
import { nameOf } from '../route.ts';
import { changedSince, containerOf, deploymentIn } from './chart.ts';
import { HOOK_SECONDS, isPending, pendingWords, strangerWords } from './helm.ts';
import type { Stable, StableRevision } from './stable.ts';

/** A stable side that is being brought to the revision `target`. */
export interface Change {
  at: Reached;
  stable: Stable;
  token: EpochToken;
  target: RevisionSpec;
  history: readonly StableRevision[];
}

/** Beyond what helm waits for by itself (s), until a change that nobody ends counts as cut off. */
const SPARE_SECONDS = 60;
const PENDING_EVERY_MS = 2_000;

/**
 * What is known of a stable side, with what people did to it since. They may have upgraded a release with other values, or ended what was
 * cut off. Throws WorldChanged where they brought it to another version.
 */
export async function asItIs(
  change: Change,
  release: ReleaseRecord,
  last: StableRevision,
): Promise<ReleaseRecord> {
  const { at, stable } = change;
  const { revision, status } = last;
  if (status !== 'deployed') return release;
  if (release.to === undefined) {
    const strange = await changedSince(at, release, stable);
    if (strange !== undefined) throw new Failure('WorldChanged', `${at.what}: ${strange}`);
    return { ...release, numbers: { ...release.numbers, [release.spec.id]: revision } };
  }
  if (revision <= release.to.number) return release;
  const objects = (await stable.manifest(revision)) ?? [];
  const { image } = containerOf(deploymentIn(objects, stable, at.what), stable.settings, at.what);
  const spec = [release.spec, release.to.spec].find((one) => imageOf(one).reference === image);
  if (spec === undefined) return release;
  const { to: _, ...rest } = release;
  const ended = { ...rest, spec, numbers: { ...release.numbers, [spec.id]: revision } };
  await recorded(change, ended);
  return ended;
}

/** Asks for the change, unless that was done. What is under way; undefined when the stable side is of the target. */
export async function broughtBy(
  change: Change,
  release: ReleaseRecord,
  last: StableRevision,
): Promise<string | undefined> {
  const { at, stable, target, token } = change;
  const { to } = release;
  requireKnown(change, release, last);
  if (isPending(last)) return whilePending(change, release, last);
  if (to?.number === last.revision && to.spec.id === target.id) {
    if (last.status === 'deployed') return undefined;
    throw new Failure(
      'CheckFailed',
      `${at.what}: ${stable.numbered(last.revision)} ${last.status}: ${last.description}`,
    );
  }
  const number = last.revision + 1;
  await recorded(change, { ...release, to: { spec: target, number } });
  const before = keptNumber(change, release, target);
  if (before === undefined || stable.rollback === undefined) {
    await stable.upgrade(imageOf(target), token);
  } else {
    await stable.rollback(before);
  }
  return `${stable.numbered(number)} was made of ${stable.called}`;
}

/** The numbered revision that a revision was, where that is still kept. */
function keptNumber(
  { history }: Change,
  { numbers }: ReleaseRecord,
  { id }: RevisionSpec,
): number | undefined {
  return history.some(({ revision }) => revision === numbers[id]) ? numbers[id] : undefined;
}

/** What somebody else makes of a stable side while Fairlead brings it elsewhere is for people to look at. */
function requireKnown(
  { at: { what }, stable }: Change,
  { to }: ReleaseRecord,
  last: StableRevision,
): void {
  if (to === undefined || last.revision <= to.number) return;
  throw new Failure(
    'WorldChanged',
    `${what}: somebody else made ${stable.numbered(last.revision)} (${last.status}, ${last.updated}: ${last.description}) while ${to.number} was Fairlead's; nothing was done`,
    { expected: to.number, found: last.revision },
  );
}

/**
 * Waits for what Fairlead began, whoever goes on with it: a worker that ended leaves helm at work. What was cut off is gone back
 * from, for helm upgrades nothing that is pending.
 */
async function whilePending(
  change: Change,
  release: ReleaseRecord,
  last: StableRevision,
): Promise<string> {
  const { at, stable } = change;
  const { waiting, what } = at;
  const { revision, updated } = last;
  const said = pendingWords(stable.key, last);
  if (!isOwn(revision, release.to)) {
    throw new Failure('WorldChanged', `${what}: ${strangerWords(stable.key, last)}`, {
      expected: release.numbers[release.spec.id],
      found: revision,
    });
  }
  const until = Date.parse(updated) + (HOOK_SECONDS + SPARE_SECONDS) * 1000;
  while (Date.now() < until) {
    waiting.beat({ pending: revision });
    await sleep(PENDING_EVERY_MS, undefined, { signal: waiting.signal });
    const now = (await stable.history()).at(-1);
    if (now === undefined || now.revision !== revision || !isPending(now)) return said;
  }
  const back = keptNumber(change, release, release.spec);
  if (back === undefined || stable.rollback === undefined) {
    throw new Failure('WorldChanged', `${what}: ${said}; end it by ${stable.byHand.back}`);
  }
  const to = { spec: release.spec, number: revision + 1, from: revision };
  await recorded(change, { ...release, to });
  await stable.rollback(back);
  return `${said}: it was cut off, and gone back from`;
}

/** Writes where the stable side stands into the route, whose rule follows. Throws WorldChanged. */
export async function recorded({ at, token }: Change, release: ReleaseRecord): Promise<void> {
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
