// What loading a system file gives: activities load it once, plans and operations work with it.
import type { System } from '../config/system.ts';

/** A system file as an operation works with it from start to end. */
export interface LoadedSystem {
  name: string;
  /** Absolute folder that commands, files and checks are relative to. */
  directory: string;
  /** SHA-256 (hex) over the RFC 8785 form of `system`. */
  digest: string;
  system: System;
}
