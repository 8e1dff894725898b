// What the steps of a recovery do, as far as no other operation does it: beside these it climbs rungs and discards
// copies. Part of every plan, so nothing in here is secret.
import type { PlatformKind } from '../rollout/service-target.ts';
import type { Served } from '../backup/backup.ts';
import type { BoundPlace } from './binding.ts';
import type { LivePlace } from './isolation.ts';

/** A copy, and where the service looks for what it is a copy of. */
export interface MountedCopy {
  datastore: string;
  /** Absent for a derived datastore, which starts empty. */
  backup?: string;
  copy: string;
  place: LivePlace;
}

/** Runbooks that the system file names, and that a recovery does not carry out on a datastore; `why`: as a sentence. */
export interface LeftOut {
  datastore: string;
  runbooks: string[];
  why: string;
}

/** A service as it is started on the copies. */
export interface RecoveredService {
  service: string;
  version: string;
  command: string[];
  /** Absolute folder. */
  directory: string;
  /** Who it runs as; absent for the owner of its folder, where root starts it. */
  user?: string;
  /** All that it is given, but for where programs are found. */
  environment: Record<string, string>;
  port: number;
  health: { path: string; timeoutMs: number };
  /** How long it may take to answer. */
  deadlineMs: number;
}

/** A golden query and where it is asked. */
export interface GoldenRequest {
  name: string;
  service: string;
  port: number;
  path: string;
  status: number;
  contains?: string;
  timeoutMs: number;
  /** The secrets of its settings that the service was started without; absent for none. */
  without?: string[];
}

export type RecoveryAction =
  /** How old the backups are, whether there is room, whether this machine can isolate. */
  | { kind: 'lookBothWays' }
  /** What copies and targets there are, and how production does. */
  | { kind: 'inventory'; when: 'before' | 'after' }
  | { kind: 'isolate'; target: string; platform: PlatformKind; live: LivePlace[] }
  | { kind: 'fence'; target: string; live: LivePlace[] }
  | { kind: 'bind'; target: string; bindings: MountedCopy[] }
  | { kind: 'start'; target: string; program: RecoveredService }
  | { kind: 'usable'; target: string; golden: GoldenRequest[] }
  | { kind: 'production' }
  /** What the live datastore and a copy do not have in common. */
  | { kind: 'compareLive'; datastore: string; copy: string }
  /** The copy stays for `ms`, read-only, whatever becomes of the operation. */
  | { kind: 'keepCopy'; datastore: string; copy: string; backup: string; ms: number }
  /** Whether these live datastores can be exchanged, and whether there is room for that. */
  | { kind: 'lookAhead'; datastores: string[] }
  /** Programs that write, by their name in the system file. */
  | { kind: 'stopWriter'; writer: string }
  | { kind: 'startWriter'; writer: string }
  /** What only people can stop and start: asks until somebody says that it is done. */
  | { kind: 'askWriter'; writer: string; to: 'stop' | 'start' }
  /** What went outside since the recovery point: asks until somebody says that it was looked through. */
  | { kind: 'askOutside'; name: string }
  /** Brings exchanged data to the structure that the services of now need, where it is not so already. */
  | { kind: 'migrate' }
  /** A runbook of steps on the copy, before people are asked: it reconciles, or migrates. */
  | { kind: 'runBeside'; runbook: string; datastore: string; copy: string }
  | { kind: 'writeFence'; datastore: string }
  /** Nobody writes to a fenced datastore; `again`: nor did anybody since that was shown first. */
  | { kind: 'quiet'; datastore: string; again?: true }
  /** What users lose by the copy, and how it would take the live one's place. */
  | { kind: 'lossAgainst'; datastore: string; copy: string }
  /**
   * What people are asked about: all that was found. `now`: the versions that have users, or had before they were kept out.
   * `leftOut`: runbooks of the system file that are not carried out.
   */
  | { kind: 'weighExchange'; now?: Served; leftOut?: LeftOut[] }
  /** `place`: where the copy is, where it does not take the live one's place and is bound to. */
  | { kind: 'exchange'; datastore: string; copy: string; place?: BoundPlace }
  /** What is live now, and was proved, is found under its name again. */
  | { kind: 'liftFence'; datastore: string }
  /** Whether the live datastore is gone, and whether it can be restored at that place. */
  | { kind: 'lookLost'; datastore: string; place: BoundPlace }
  /** The copy, restored at that place, is the datastore from now on. */
  | { kind: 'bindElsewhere'; datastore: string; copy: string; place: BoundPlace }
  /** What is found under the name of the datastore is the copy, and services can log in there. */
  | { kind: 'judgeMoved'; datastore: string; copy: string }
  /** A service has the address of a datastore by itself: asks until somebody says that it has the new one. */
  | { kind: 'askMoved'; datastore: string; service: string; where: string }
  /** What is live now is what was approved: read once more, whatever a tool said. */
  | { kind: 'judgeLive'; datastore: string; copy: string }
  /** Asks a service for what fills a derived datastore, on the preview address of a revision. */
  | { kind: 'warmLive'; datastore: string; service: string; revision: string; version: string }
  /** An empty one in the place of a derived datastore. */
  | { kind: 'flush'; datastore: string }
  | { kind: 'concludeExchange' }
  | { kind: 'close'; target: string }
  | { kind: 'concludeRecovery'; rtoMs: number };
