// System files and plans in the object store, each under its digest: `_snapshots/<kind>/<digest>.json`. No system is
// called `_snapshots`. Whoever reads one checks that it is what the digest says. Which system file was kept last is the
// newest of `_snapshots/newest/<system>/<time>-<digest>.json`.
import { z } from 'zod';
import type { ObjectsPort } from '../ports/objects.ts';
import type { SnapshotKind, SnapshotsPort } from '../ports/snapshots.ts';
import { jsonBytes, putOnce, readJson } from './json-objects.ts';
import { digestOf } from '../domain/digest.ts';
import { Failure } from '../domain/failure.ts';
import { isRecord } from '../domain/json.ts';

/** A plan of hundreds of steps has some hundred kilobytes; more than this is neither plan nor system. */
const LONGEST = 16 * 1024 * 1024;

/** Milliseconds since 1970 in as many digits, so that the order of keys is that of times. */
const TIME_DIGITS = 15;
const NEWEST_NOTE = /\/([0-9]{15})-([0-9a-f]{64})\.json$/;

export function createSnapshots(objects: Pick<ObjectsPort, 'put' | 'get' | 'list'>): SnapshotsPort {
  const newest = async (system: string) => {
    const notes = await objects.list(newestKey(system));
    return notes.flatMap(({ key }) => newestNote(key) ?? []).at(-1);
  };
  return {
    newest,
    noteNewest: async (system, digest, waiting) => {
      const last = await newest(system);
      if (last?.digest === digest) return;
      // After the last one also where another worker's clock is ahead.
      const at = Math.max(Date.now(), (last?.at ?? 0) + 1);
      const key = `${newestKey(system)}${String(at).padStart(TIME_DIGITS, '0')}-${digest}.json`;
      await putOnce(objects, { key, body: jsonBytes({ system, digest, at }) }, waiting);
    },
    put: async (kind, digest, value, waiting) => {
      if (!fits(kind, digest, value)) {
        throw new Failure('Broken', `keeping the ${kind} ${digest}: this is not its digest`);
      }
      // The key says what is in it: what is there already is the same.
      await putOnce(objects, { key: snapshotKey(kind, digest), body: jsonBytes(value) }, waiting);
    },
    get: async (kind, digest, waiting) => {
      const key = snapshotKey(kind, digest);
      const read = await readJson(objects, { key, longest: LONGEST }, z.unknown(), waiting).catch(
        (error: unknown) => {
          throw error instanceof Failure && error.kind === 'NotFound' ? missing(kind, key) : error;
        },
      );
      if ('value' in read && fits(kind, digest, read.value)) return read.value;
      const why = 'problem' in read ? read.problem : `what is in ${key} has another digest`;
      throw new Failure(
        'Broken',
        `reading the ${kind} that this operation stands on: ${why}. It was changed by something other than Fairlead; bring it back from a copy of the object store, or abort the operation and start it again.`,
      );
    },
  };
}

/** What the keys of the notes begin with that say which file of a system was kept last; of all systems without a name. */
export function newestKey(system?: string): string {
  return system === undefined ? '_snapshots/newest/' : `_snapshots/newest/${system}/`;
}

/** What such a key says; undefined for another one. */
export function newestNote(key: string): { digest: string; at: number } | undefined {
  const [, at, digest] = NEWEST_NOTE.exec(key) ?? [];
  return at === undefined || digest === undefined ? undefined : { digest, at: Number(at) };
}

/** The key of a kept system or plan. */
export function snapshotKey(kind: SnapshotKind, digest: string): string {
  return `_snapshots/${kind}/${digest}.json`;
}

function fits(kind: SnapshotKind, digest: string, value: unknown): boolean {
  return digestOf(digested(kind, value)) === digest;
}

/** What of a value its digest covers. */
function digested(kind: SnapshotKind, value: unknown): unknown {
  if (kind === 'system' || !isRecord(value)) return value;
  const { digest: _, ...plan } = value;
  return plan;
}

function missing(kind: SnapshotKind, key: string): Failure {
  return new Failure(
    'NotFound',
    `reading the ${kind} that this operation stands on: there is no ${key} in the object store of this worker. All workers of a task queue need the same object store (FAIRLEAD_OBJECTS); when it was removed, abort the operation and start it again.`,
  );
}
