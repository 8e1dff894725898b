// The port to what operations stand on: system files and plans, each kept once under its digest. Implemented in integrations/snapshots.ts. Every verb throws `Failure`.
import type { Waiting } from './waiting.ts';

/**
 * `system`: a system file as a worker loaded it; the digest is over the whole value.
 * `plan`: a plan and the run that it is bound to; the digest is over the whole value but its own `digest`.
 */
export type SnapshotKind = 'system' | 'plan';

/** System files and plans, so that a step can be told a digest and reads the rest here. */
export interface SnapshotsPort {
  /** Keeps `value`; what is kept under this digest already stays. Throws Broken when the digest is not that of `value`. */
  put(kind: SnapshotKind, digest: string, value: unknown, waiting: Waiting): Promise<void>;
  /** Answers the value as it was put. Throws NotFound, and Broken when what is kept does not fit its digest. */
  get(kind: SnapshotKind, digest: string, waiting: Waiting): Promise<unknown>;
  /** Notes that the file of this system loads, and is kept under this digest; nothing where it was noted last. */
  noteNewest(system: string, digest: string, waiting: Waiting): Promise<void>;
  /** What was noted last of this system, and when it was (ms since 1970); undefined where nothing was. */
  newest(system: string): Promise<{ digest: string; at: number } | undefined>;
}

/** Removes what no run stands on any more: of another identity than the ports that keep it. */
export interface KeptRemovalPort {
  /** Digests of the systems or plans that were put before `before` (ms since 1970), oldest first; none where several servers of Temporal share the store. */
  putBefore(kind: SnapshotKind, before: number): Promise<string[]>;
  /** Removes a kept system, with the notes that it was the newest, or a plan; one that is gone is fine. */
  remove(kind: SnapshotKind, digest: string): Promise<void>;
  /** Runs whose newest note of a notice was put before `before`; none where several servers share the store. */
  notedBefore(before: number): Promise<string[]>;
  /** Removes what was noted of the notices of a run; answers how many notes. */
  removeNotes(runId: string): Promise<number>;
}
