// The port to bindings: which place a datastore is today, kept beside the catalogue. Implemented in
// datastores/bindings.ts. Every verb throws `Failure`.
import type { BindingRecord } from '../domain/recovery/binding.ts';
import type { Waiting } from './waiting.ts';

export interface BindingsPort {
  /** The record with the highest epoch; undefined where the system file says all there is. */
  read(
    input: { system: string; datastore: string },
    waiting: Waiting,
  ): Promise<BindingRecord | undefined>;
  /**
   * Binds a datastore to another place. The same record twice is fine. Throws Superseded when one of a higher epoch is
   * there, WorldChanged with `{expected, found}` when another one has this epoch; nothing is ever overwritten.
   */
  put(record: BindingRecord, waiting: Waiting): Promise<void>;
}
