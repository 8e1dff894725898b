// The port to the object store, a dumb store of bytes. Implemented in integrations/objects-folder.ts. Every verb throws `Failure`.
import type { Waiting } from './waiting.ts';

export interface ObjectInfo {
  /** Parts of letters, digits, `.`, `_`, `-`, `%`, `~`, joined by `/`; none begins with a dot. */
  key: string;
  size: number;
  /** Milliseconds since 1970. */
  modifiedAt: number;
  /** Changes with the content: what a removal expects. */
  etag: string;
}

/** Reads and adds; what is there stays as it is. */
export interface ObjectsPort {
  /**
   * Stores what `body` yields, whole or not at all, in constant memory. A key that is taken is refused (Refused)
   * and stays as it is: nothing is ever overwritten. A body that throws leaves nothing, and so does a cancel.
   */
  put(
    input: { key: string; body: Bytes },
    waiting: Waiting,
  ): Promise<ObjectInfo & { sha256: string }>;
  /** Throws NotFound. */
  get(key: string, waiting: Waiting): Promise<{ info: ObjectInfo; body: Bytes }>;
  /** Every object whose key begins with `prefix`, in the order of keys (by their bytes). */
  list(prefix: string): Promise<ObjectInfo[]>;
  /** Whether the object of a key, whose text this is, is the one that was signed; absent of a store that signs nothing. */
  signature?(key: string, text: string): Promise<SignatureState>;
}

/** `by`: the fingerprint of the key. `changed`: there is a signature, of something else. */
export type SignatureState = { is: 'signed'; by: string } | { is: 'unsigned' } | { is: 'changed' };

/** Retention's own identity: who writes backups has no such port. */
export interface ObjectRemovalPort {
  /** Removes what still is as `etag` says (else WorldChanged); what is gone is fine. */
  remove(input: { key: string; etag: string }): Promise<void>;
  /**
   * Removes what uploads left that were cut off before `before` (ms), and what a process left of which the store can tell
   * that it is gone; answers how many.
   */
  sweep(before: number): Promise<number>;
}

export type Bytes = AsyncIterable<Uint8Array>;
