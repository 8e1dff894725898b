// System files and plans in the object store, each under its digest: `_snapshots/<kind>/<digest>.json`. No system is
// called `_snapshots`. Whoever reads one checks that it is what the digest says. Which system file was kept last is the
// newest of `_snapshots/newest/<system>/<time>-<digest>.json`, each signed by the worker that noted it and believed by workers of
// that key only: what a stop falls back on names commands, and whoever writes to the store may put any system under its digest.
import { z } from 'zod';
import type { ObjectsPort } from '../ports/objects.ts';
import type { SignerPort } from '../ports/signer.ts';
import type { SnapshotKind, SnapshotsPort } from '../ports/snapshots.ts';
import { jsonBytes, putOnce, readJson, UNDISTURBED } from './json-objects.ts';
import { digestOf } from '../domain/digest.ts';
import { Failure } from '../domain/failure.ts';
import { isRecord } from '../domain/json.ts';

/** A plan of hundreds of steps has some hundred kilobytes; more than this is neither plan nor system. */
const LONGEST = 16 * 1024 * 1024;
const LONGEST_NOTE = 4096;

/** Milliseconds since 1970 in as many digits, so that the order of keys is that of times. */
const TIME_DIGITS = 15;
const NEWEST_NOTE = /\/([0-9]{15})-([0-9a-f]{64})\.json$/;

/** Notes of one system that are looked through for one of this worker's own. */
const MOST_NOTES = 200;

/** With a `signer`, only what it signed counts as noted. */
export function createSnapshots(
  objects: Pick<ObjectsPort, 'put' | 'get' | 'list'>,
  signer?: SignerPort,
): SnapshotsPort {
  const newest = async (system: string) => {
    const notes = await objects.list(newestKey(system));
    for (const { key } of notes.slice(-MOST_NOTES).toReversed()) {
      const note = newestNote(key);
      if (note !== undefined && (await isOwnNote(objects, signer, { key, system, ...note })))
        return note;
    }
    return undefined;
  };
  return {
    newest,
    noteNewest: async (system, digest, waiting) => {
      const last = await newest(system);
      if (last?.digest === digest) return;
      // After the last one also where another worker's clock is ahead.
      const at = Math.max(Date.now(), (last?.at ?? 0) + 1);
      const key = `${newestKey(system)}${String(at).padStart(TIME_DIGITS, '0')}-${digest}.json`;
      const note = { system, digest, at };
      const signed = await signatureOf(signer, note);
      await putOnce(objects, { key, body: jsonBytes({ ...note, ...signed }) }, waiting);
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

interface SystemNote {
  system: string;
  digest: string;
  at: number;
}

const signedNote = z.looseObject({ signature: z.string() });

/** Empty where nothing can be signed: a note without a signature counts only where nobody signs. */
async function signatureOf(
  signer: SignerPort | undefined,
  { system, digest, at }: SystemNote,
): Promise<{ signature?: string }> {
  if (signer === undefined || (await signer.unable()) !== undefined) return {};
  const head = digestOf({ schema: 'fairlead/newest-system/v1', system, digest, at });
  return { signature: (await signer.sign(head)).signature };
}

/** Ed25519 gives one signature for one text: what this worker would sign now is what it signed then. */
async function isOwnNote(
  objects: Pick<ObjectsPort, 'get'>,
  signer: SignerPort | undefined,
  { key, ...note }: SystemNote & { key: string },
): Promise<boolean> {
  if (signer === undefined) return true;
  const { signature } = await signatureOf(signer, note);
  if (signature === undefined) return false;
  const read = await readJson(
    objects,
    { key, longest: LONGEST_NOTE },
    signedNote,
    UNDISTURBED,
  ).catch((error: unknown) => {
    if (error instanceof Failure && error.kind === 'NotFound') return { problem: error.message };
    throw error;
  });
  return 'value' in read && read.value.signature === signature;
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
