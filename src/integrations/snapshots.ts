// System files and plans in the object store, each under its digest: `_snapshots/<kind>/<digest>.json`. No system is
// called `_snapshots`. Whoever reads one checks that it is what the digest says.
import { z } from 'zod';
import type { ObjectsPort } from '../ports/objects.ts';
import type { SnapshotKind, SnapshotsPort } from '../ports/snapshots.ts';
import { jsonBytes, putOnce, readJson } from './json-objects.ts';
import { digestOf } from '../domain/digest.ts';
import { Failure } from '../domain/failure.ts';
import { isRecord } from '../domain/json.ts';

/** A plan of hundreds of steps has some hundred kilobytes; more than this is neither plan nor system. */
const LONGEST = 16 * 1024 * 1024;

export function createSnapshots(objects: Pick<ObjectsPort, 'put' | 'get'>): SnapshotsPort {
  return {
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
