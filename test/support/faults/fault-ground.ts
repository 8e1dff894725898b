// What the services of a place of faults run on, and what of it can be killed under them.
import type { ProcessIdentity } from '../../../src/machine/process-identity.ts';
import type { CalledPlatform } from '../called-platform.ts';
import type { SystemOwn } from './fault-system.ts';

export interface FaultGround {
  platform: CalledPlatform;
  /** What a worker has to be told to reach it. */
  environment: NodeJS.ProcessEnv;
  /** What changes of services are asked of; on what was there before it died. */
  start: () => Promise<void>;
  kill: () => Promise<void>;
  /** The processes that serve a system now. */
  pids: (system: string) => Promise<ProcessIdentity[]>;
  /** Answers where users of a new system are to ask, and what is its own in its file. */
  prepare: (system: string) => Promise<SystemOwn & { url: string }>;
  close: () => Promise<void>;
}
