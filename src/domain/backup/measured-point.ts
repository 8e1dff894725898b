// The rung `pointInTime` where a datastore has heartbeats or a watermark: how old a copy is by what it holds itself.
// In order: its newest heartbeat, its watermark, the range that the manifest names.
import type { Datastore } from '../../config/datastores.ts';
import type { BackupManifest } from './backup.ts';
import type { HeartbeatRecord } from './heartbeat.ts';
import type { Asked } from './judge-invariants.ts';
import {
  judgeAge,
  judgePointInTime,
  MOST_SKEW_MS,
  pointProblem,
  skewProblem,
  type RungResult,
} from './ladder.ts';
import { spanOf } from '../text/time-span.ts';

/** Measured from what a copy holds, and not read off a manifest: it takes a copy. */
export function measuresPoint({ recoveryPoint = {} }: Datastore): boolean {
  return recoveryPoint.canary !== undefined || recoveryPoint.watermark !== undefined;
}

/** How old a copy says that it is. */
export interface MeasuredPoint {
  /** The newest record; null without any. */
  heartbeat: HeartbeatRecord | null;
  /** The answer to the system file's query for the watermark; null where the file has no such query. */
  watermark: Asked | null;
}

export interface PointWanted {
  /** ms, by the worker's clock. */
  wantedAt: number;
  rpoMs: number;
}

/** What a manifest says of the recovery point; undefined for a file that is in no catalogue. */
export type PointManifest = Pick<BackupManifest, 'recoveryPoint' | 'canary'> | undefined;

const rung = 'pointInTime';

export function judgeMeasuredPoint(
  manifest: PointManifest,
  measured: MeasuredPoint,
  wanted: PointWanted,
): RungResult {
  const { heartbeat, watermark } = measured;
  const expected = manifest?.canary;
  if (heartbeat !== null)
    return beside(judgeHeartbeat(heartbeat, manifest, wanted), watermark, wanted);
  if (expected !== undefined) {
    const reason = `the manifest has the canary record ${expected.number} of ${expected.at}, and the copy has none`;
    return beside({ rung, verdict: 'inconclusive', reason }, watermark, wanted);
  }
  if (watermark !== null) return judgeWatermark(watermark, manifest, wanted);
  const why = 'no canary records and no watermark';
  if (manifest === undefined) {
    return { rung, verdict: 'inconclusive', reason: `${why}, and a file has no manifest` };
  }
  const range = judgePointInTime(manifest, wanted);
  return { ...range, reason: `${range.reason}; ${why}: the point is the range of the backup` };
}

function judgeHeartbeat(
  heartbeat: HeartbeatRecord,
  manifest: PointManifest,
  wanted: PointWanted,
): RungResult {
  const { number, at, skewMs } = heartbeat;
  const unsure = (reason: string): RungResult => ({ rung, verdict: 'inconclusive', reason });
  const other = manifest === undefined ? undefined : otherThan(manifest.canary, heartbeat);
  if (other !== undefined) return unsure(other);
  const skewed = skewProblem(skewMs);
  if (skewed !== undefined) return unsure(`canary record ${number}: ${skewed}`);
  if (isAfter(at, wanted)) {
    return unsure(
      `the canary record ${number} was stamped at ${at}, after the moment that it is judged at (${iso(wanted.wantedAt)})`,
    );
  }
  const judged = judgeAge(at, wanted);
  const alone = manifest === undefined ? ', and nothing says of which timeline it has to be' : '';
  return { ...judged, reason: `${judged.reason} (canary record ${number}${alone})` };
}

/** Why the newest record of a copy is not that of the backup. */
function otherThan(
  expected: HeartbeatRecord | undefined,
  { timeline, number }: HeartbeatRecord,
): string | undefined {
  if (expected?.timeline !== timeline) {
    const named = expected?.timeline ?? 'none';
    return `the copy's canary records are of the timeline ${timeline}, and the manifest names ${named}: they say nothing of this backup`;
  }
  if (number >= expected.number) return undefined;
  return `the manifest has the canary record ${expected.number}, and the newest in the copy is ${number}: what was written last is missing`;
}

/**
 * Business goes quiet: an old watermark does not say that something is missing, only that nobody can tell. Heartbeats
 * tell the two apart.
 */
function judgeWatermark(
  watermark: Asked,
  manifest: PointManifest,
  wanted: PointWanted,
): RungResult {
  const { at, said } = readWatermark(watermark, wanted);
  const unsure = (reason: string): RungResult => ({ rung, verdict: 'inconclusive', reason });
  const problem = manifest === undefined ? undefined : pointProblem(manifest.recoveryPoint);
  if (problem !== undefined) return unsure(`${problem}; ${said}`);
  if (at === undefined || isAfter(at, wanted)) return unsure(`${said}; no canary records`);
  if (wanted.wantedAt - Date.parse(at) <= wanted.rpoMs) {
    return {
      rung,
      verdict: 'pass',
      reason: `${said}, within the RPO of ${spanOf(wanted.rpoMs)}; no canary records`,
    };
  }
  return unsure(
    `${said}, more than the RPO of ${spanOf(wanted.rpoMs)}: business was quiet, or what came after is missing; canary records tell the two apart`,
  );
}

/** Business time is told, and judges nothing where there are heartbeats. */
function beside(result: RungResult, watermark: Asked | null, wanted: PointWanted): RungResult {
  if (watermark === null) return result;
  return { ...result, reason: `${result.reason}; ${readWatermark(watermark, wanted).said}` };
}

function readWatermark(asked: Asked, { wantedAt }: PointWanted): { at?: string; said: string } {
  if ('problem' in asked) return { said: `the watermark could not be read: ${asked.problem}` };
  const { value } = asked;
  if (value === null)
    return { said: 'the watermark is null: there is nothing that it could be of' };
  const at = watermarkTime(value);
  if (at === undefined) return { said: `the watermark ${value.slice(0, 100)} is no time` };
  const away = wantedAt - Date.parse(at);
  return {
    at,
    said: `the watermark is ${at}, ${spanOf(Math.abs(away))} ${away < 0 ? 'after' : 'before'}`,
  };
}

function isAfter(at: string, { wantedAt }: PointWanted): boolean {
  return Date.parse(at) > wantedAt + MOST_SKEW_MS;
}

function iso(at: number): string {
  return new Date(at).toISOString();
}

const TIME =
  /^(\d{4}-\d{2}-\d{2})(?:[ T](\d{2}:\d{2}(?::\d{2}(?:\.\d{1,9})?)?)\s?(Z|[+-]\d{2}(?::?\d{2})?)?)?$/;

/** ISO 8601 of a time as databases print it; without a zone it is taken as UTC. Undefined for what is no time. */
export function watermarkTime(value: string): string | undefined {
  const found = TIME.exec(value.trim());
  if (found === null) return undefined;
  const [, day = '', time = '00:00', zone = 'Z'] = found;
  const at = Date.parse(`${day}T${time}${zoneOf(zone)}`);
  return Number.isNaN(at) ? undefined : new Date(at).toISOString();
}

/** `+00`, `+0530` and `+05:30` are all written by somebody. */
function zoneOf(zone: string): string {
  if (zone === 'Z') return zone;
  const digits = zone.slice(1).replace(':', '').padEnd(4, '0');
  return `${zone.slice(0, 1)}${digits.slice(0, 2)}:${digits.slice(2)}`;
}
