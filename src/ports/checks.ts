// The port to the checks of a system file. Implemented in integrations/check-runner.ts. Every verb throws `Failure`.
import type { Check } from '../config/system.ts';
import type { Waiting } from './waiting.ts';

export interface CheckInput {
  check: Check;
  /** What a path of the check is on; no trailing slash. */
  address: string;
  /** Where users reach the service. */
  url: string;
  version: string;
  /** Absolute folder that a command runs in. */
  directory: string;
  /**
   * What the platform wants sent with a request to `address` or `url`: its probe mark, and what leads to one revision.
   * It may carry a token, and is sent to no other URL that a check names.
   */
  headers: () => Promise<Record<string, string>>;
  /** The revision that a path of the check is to be answered by, and the header of the answer that says which one it was. */
  reached?: { revision: string; header: string };
}

/** Runs one check: throws CheckFailed (it ran and said no) or Unavailable (it could not be run). */
export interface ChecksPort {
  run(input: CheckInput, waiting: Waiting): Promise<string>;
}
