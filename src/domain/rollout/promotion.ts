// Whether a version may come to a service that takes only what had all users somewhere else before (`promote:`).
import type { LoadedSystem } from '../loaded-system.ts';
import type { OperationRequest } from '../operation/request.ts';
import { spanOf } from '../text/time-span.ts';
import { describeWeights, percentOf } from '../traffic/weights.ts';
import type { Served, TrafficState } from './model.ts';

/** Where the versions of a service are tried before they come to it. */
export interface TriedIn {
  system: string;
  service: string;
  /** How long a version has to have had all users there (ms). */
  soak: number;
}

/** Where a deploy's version has to have been before; undefined where the service takes every version. */
export function triedIn(
  { system: { services } }: LoadedSystem,
  { service, version }: Pick<OperationRequest, 'service' | 'version'>,
): TriedIn | undefined {
  if (service === undefined || version === undefined) return undefined;
  const { promote } = services[service] ?? {};
  if (promote === undefined) return undefined;
  const [system = '', named = service] = promote.from.split('/');
  return { system, service: named, soak: promote.soak };
}

/** What is known of the place where versions are tried. */
export interface Tried {
  traffic: Pick<TrafficState, 'weights'>;
  /** Newest first. */
  history: readonly Pick<Served, 'spec' | 'since'>[];
  /** When roll-backs of that service were begun that succeeded (ms). */
  rolledBack: readonly number[];
}

/**
 * What a version lacks, in a sentence; undefined where it had all users long enough: it has them now, or it had them until
 * a newer version got them. One that was left by a roll-back was found bad.
 */
export function notPromoted(
  version: string,
  place: TriedIn,
  { traffic: { weights }, history, rolledBack }: Tried,
  now: number,
): string | undefined {
  const where = `${place.system}/${place.service}`;
  const at = history.findIndex(({ spec }) => spec.version === version);
  const entry = history[at];
  if (entry === undefined) {
    return `${where} never gave ${version} to all users (there now: ${describeWeights(weights)})`;
  }
  const since = Date.parse(entry.since);
  const newer = history[at - 1];
  const isLive = percentOf(weights, entry.spec.id) === 100;
  if (!isLive && rolledBack.some((begun) => begun >= since)) {
    return `${where} was rolled back after it had ${version} (there now: ${describeWeights(weights)})`;
  }
  if (!isLive && newer === undefined) {
    return `${where} gives ${version} to all users no longer (there now: ${describeWeights(weights)})`;
  }
  const until = isLive || newer === undefined ? now : Date.parse(newer.since);
  const had = Math.max(0, until - since);
  if (had >= place.soak) return undefined;
  const rest = isLive ? `; it will have been so long at ${moment(since + place.soak)}` : '';
  return `${version} had all users of ${where} for ${spanOf(had)}, and ${spanOf(place.soak)} are asked for${rest}`;
}

function moment(ms: number): string {
  return new Date(ms).toISOString().replace(/\.\d+Z$/, 'Z');
}
