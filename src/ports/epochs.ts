// The port to which recovery of a system began last, of all Fairleads that share an object store, each with a Temporal of its
// own. Implemented in integrations/epochs.ts. Every verb throws `Failure`.

/** A recovery that changes what is live of a system. */
export interface SystemEpoch {
  system: string;
  /** When it took the lease under which it changes something (ms, by the clock of its Temporal's server). */
  epoch: number;
  operation: string;
  /** The cluster id and the namespace of its Temporal. */
  server: string;
}

export interface EpochsPort {
  /** The one that was noted last; undefined where no recovery of the system ever changed anything. */
  newest(system: string): Promise<SystemEpoch | undefined>;
  /** Notes it as the newest one. */
  note(epoch: SystemEpoch): Promise<void>;
}
