// The clock, so that tests can have one of their own.

export interface Clock {
  /** Milliseconds since 1970. */
  now(): number;
  /**
   * A clock for one piece of work: begins at `now`, and goes on by the monotonic clock, so that what the work takes is
   * measured right while somebody sets the clock. Absent: it is such a clock.
   */
  anchored?(): Clock;
  /** Resolves after `ms`, rejects with the signal's reason when aborted. */
  sleep(ms: number, signal: AbortSignal): Promise<void>;
}
