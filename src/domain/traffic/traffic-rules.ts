// What a change of traffic does to a service's record, and when it is refused. Pure: the record goes in, a
// new one comes out; the caller serialises changes per service, so that compare and change are one step.
import { Failure } from '../failure.ts';
import type { EpochToken, RevisionSpec, Served, TrafficState, Weights } from '../rollout/model.ts';
import { describeWeights, percentOf, sameWeights, total } from './weights.ts';
import { sha256 } from '@noble/hashes/sha2.js';
import { utf8ToBytes } from '@noble/hashes/utils.js';

/** What a platform that keeps its own record of a service's traffic writes down. */
export type TrafficRecord = Omit<TrafficState, 'url'> & {
  /** Revisions that carried everything (100 %), newest first, at most ten. */
  served: Served[];
  /** What the operation that set the weights last has found when it began. */
  began?: Changer & { weights: Weights; served: Served[] };
};

/** The operation that changes something, told from others of its name by its first run. */
export type Changer = Pick<EpochToken, 'operation' | 'run'>;

export interface Servable {
  spec: RevisionSpec;
  desired: number;
  ready: number;
}

const KEPT_SERVED = 10;
const ROUNDING = 1e-6;

/** As the traffic port shows it. */
export function trafficState(
  { weights, stopped, admitPercent, beforeStop }: TrafficRecord,
  url: string,
): TrafficState {
  return { weights, url, stopped, admitPercent, beforeStop };
}

export function newTraffic(): TrafficRecord {
  return { weights: [], stopped: false, admitPercent: 100, beforeStop: [], served: [] };
}

/**
 * `expect` undefined compares nothing: only people by hand may leave it out. An operation that goes back to the
 * weights it began with has changed nothing of what served: a roll-back must not go to what it took away again.
 */
export function withWeights(
  record: TrafficRecord,
  change: {
    what: string;
    weights: Weights;
    expect: Weights | undefined;
    /** The operation; undefined by hand. */
    by: Changer | undefined;
    now: Date;
  },
  revisions: Servable[],
): TrafficRecord {
  const { what, weights, expect } = change;
  requireOpen(record, what, expect);
  requireWhole(what, weights);
  if (sameWeights(record.weights, weights))
    return { ...record, weights: named(weights, revisions) };
  if (expect !== undefined && !sameWeights(record.weights, expect)) {
    throw new Failure(
      'WorldChanged',
      `${what}: expected ${describeWeights(expect)} but found ${describeWeights(record.weights)}: somebody changed it; nothing was done`,
      { expected: expect, found: record.weights },
    );
  }
  requireThere(what, weights, revisions);
  // What answers is not given up for what does not; where nothing answers, there is nothing to give up.
  if (total(record.weights) === 0 || answers(record.weights, revisions)) {
    requireReady(what, weights, revisions);
  }
  const { began: last, ...rest } = record;
  const changed = { ...rest, weights: named(weights, revisions) };
  if (change.by === undefined) return remember(changed, revisions, change.now);
  const began =
    last !== undefined && isSame(last, change.by)
      ? last
      : { ...changer(change.by), weights: record.weights, served: record.served };
  const isBack = sameWeights(weights, began.weights);
  if (isBack) return { ...changed, began, served: began.served };
  return remember({ ...changed, began }, revisions, change.now);
}

function isSame(one: Changer, other: Changer): boolean {
  return one.operation === other.operation && one.run === other.run;
}

function changer({ operation, run }: Changer): Changer {
  return { operation, ...(run !== undefined && { run }) };
}

export function stopped(record: TrafficRecord): TrafficRecord {
  if (record.stopped) return record;
  return {
    ...record,
    stopped: true,
    beforeStop: record.weights.filter((weight) => weight.percent > 0),
    weights: record.weights.map((weight) => ({ ...weight, percent: 0 })),
  };
}

export function admitted(
  record: TrafficRecord,
  change: { what: string; percent: number; to?: Weights | undefined; now?: Date },
  revisions: Servable[],
): TrafficRecord {
  if (!record.stopped) return { ...record, admitPercent: change.percent };
  const back = change.to === undefined ? record.beforeStop : named(change.to, revisions);
  requireThere(change.what, back, revisions);
  requireReady(change.what, back, revisions);
  if (change.to !== undefined) requireWhole(change.what, back);
  const admitted = {
    ...record,
    stopped: false,
    admitPercent: change.percent,
    weights: back,
    beforeStop: [],
  };
  return change.to === undefined || change.now === undefined
    ? admitted
    : remember(admitted, revisions, change.now);
}

/** A revision with traffic, or one that `admit` would bring back, must not go. */
export function withoutRevision(
  record: TrafficRecord,
  what: string,
  revision: string,
): TrafficRecord {
  const percent = percentOf(record.weights, revision) || percentOf(record.beforeStop, revision);
  if (percent > 0) {
    const when = record.stopped ? 'gets it back when traffic is admitted' : 'has traffic';
    throw new Failure(
      'Refused',
      `${what}: the revision ${when} (${percent} %); give its weight to another one first`,
    );
  }
  return { ...record, weights: record.weights.filter((weight) => weight.revision !== revision) };
}

/** Nobody plans to set the weights of a stopped service: it was stopped meanwhile. */
function requireOpen(record: TrafficRecord, what: string, expect: Weights | undefined): void {
  if (!record.stopped) return;
  throw new Failure(
    'WorldChanged',
    `${what}: the service is stopped; admit traffic again first (that brings ${describeWeights(record.beforeStop)} back)`,
    { expected: expect ?? [], found: record.weights },
  );
}

function requireWhole(what: string, weights: Weights): void {
  const seen = new Set(weights.map((weight) => weight.revision));
  if (seen.size !== weights.length) {
    throw new Failure('Refused', `${what}: a revision is named twice; name each revision once`);
  }
  // Nothing at all is what a first deploy goes back to.
  if (weights.length > 0 && Math.abs(total(weights) - 100) > ROUNDING) {
    throw new Failure(
      'Refused',
      `${what}: the weights sum to ${total(weights)}; make them sum to 100, or stop the service`,
    );
  }
}

function requireThere(what: string, weights: Weights, revisions: Servable[]): void {
  const unknown = weights.find(
    ({ revision }) => !revisions.some((one) => one.spec.id === revision),
  );
  if (unknown === undefined) return;
  const known = revisions.map((one) => one.spec.id).join(', ') || 'none';
  throw new Failure(
    'Refused',
    `${what}: there is no revision ${unknown.revision} here (there are: ${known}); create it first`,
  );
}

function requireReady(what: string, weights: Weights, revisions: Servable[]): void {
  const unready = weights.find((one) => one.percent > 0 && !answers([one], revisions));
  if (unready === undefined) return;
  throw new Failure(
    'NotReady',
    `${what}: revision ${unready.revision} has no ready replica; wait until it is ready`,
  );
}

function answers(weights: Weights, revisions: Servable[]): boolean {
  return weights.some(
    ({ revision, percent }) =>
      percent > 0 && revisions.some((one) => one.spec.id === revision && one.ready > 0),
  );
}

/** Versions come from the revisions, not from whoever asks. */
function named(weights: Weights, revisions: Servable[]): Weights {
  return weights.map((weight) => ({
    ...weight,
    version:
      revisions.find((one) => one.spec.id === weight.revision)?.spec.version ?? weight.version,
  }));
}

function remember(record: TrafficRecord, revisions: Servable[], now: Date): TrafficRecord {
  const whole = record.weights.find((weight) => weight.percent >= 100 - ROUNDING);
  const found = revisions.find((one) => one.spec.id === whole?.revision);
  if (!found) return record;
  const entry = { spec: found.spec, replicas: found.desired, since: now.toISOString() };
  const others = record.served.filter((one) => one.spec.id !== found.spec.id);
  return { ...record, served: [entry, ...others].slice(0, KEPT_SERVED) };
}

const COOKIE = /(?:^|;\s*)fairlead-client=([^;]*)/;

/** What tells one client from another; `headers` are those of its request, their names in lower case. */
export function clientKey(
  headers: { cookie?: string | undefined; 'user-agent'?: string | undefined },
  address: string | undefined,
): string {
  const cookie = COOKIE.exec(headers.cookie ?? '')?.[1];
  if (cookie) return `cookie ${cookie}`;
  return `address ${address ?? ''} ${headers['user-agent'] ?? ''}`;
}

/** `salt` (the service) keeps one client from being the unlucky one everywhere. */
export function admits(client: string, percent: number, salt: string): boolean {
  if (percent >= 100) return true;
  const hash = sha256(utf8ToBytes(`${salt}\n${client}`));
  const place = new DataView(hash.buffer, hash.byteOffset).getUint32(0);
  return (place / 2 ** 32) * 100 < percent;
}
