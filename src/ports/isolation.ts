// The port to isolated targets: places where a service runs on copies and from which nothing live can be reached.
// Used by drills and by the rung `usable`; implemented in platforms/local/isolation/ and in memory by test/support.
// Every verb throws `Failure`: NotFound for a target that is not open, NotReady for one that does not answer any more.
import type { CopyAddress } from './backups.ts';
import type { IsolationProbe, LivePlace } from '../domain/recovery/isolation.ts';
import type { RecoveredService } from '../domain/recovery/recovery-actions.ts';
import type { RunRef } from '../domain/operation/operation.ts';
import type { Waiting } from './waiting.ts';

export interface TargetState {
  target: string;
  /** With empty ids where the target's own record cannot be made out, as `problem` says. */
  owner: RunRef;
  problem?: string;
  /** Milliseconds since 1970. */
  createdAt: number;
  /** Where what runs in it can be reached and ended. */
  machine?: string;
}

export interface IsolationPort {
  /** Why this machine cannot isolate, in a sentence with what to do; undefined when it can. */
  unable(): Promise<string | undefined>;
  /**
   * Opens an isolated target: nothing of what is live can be reached in it. Idempotent; a cut-off attempt is begun
   * anew. `directory` is the system's folder: it can be read inside, and not be written.
   */
  open(
    input: { target: string; owner: RunRef; system: string; directory: string; live: LivePlace[] },
    waiting: Waiting,
  ): Promise<void>;
  /**
   * Connects and nothing more: from inside, and from the live side at the same moment, to each live place. Asked
   * before `mount`: an address where a copy is mounted is `reached` inside.
   */
  probe(input: { target: string; live: LivePlace[] }, waiting: Waiting): Promise<IsolationProbe[]>;
  /**
   * Puts copies where the service looks for its live data: a folder over the live path, a port on the loopback. Answers what
   * was seen from the servers of copies before that, as a sentence; throws CheckFailed where one of them reaches a live place.
   */
  mount(input: { target: string; mounts: TargetMount[] }, waiting: Waiting): Promise<string>;
  /**
   * Starts one service inside; waits until its health path answers with 2xx or 3xx. One that runs already is fine.
   * Throws CheckFailed when it ends, with the end of what it printed, or is not ready within its deadline. What stands
   * for something of a copy is filled in here; the copies' passwords are taken out of all that the target says.
   */
  start(input: ServiceStart, waiting: Waiting): Promise<{ detail: string }>;
  /** One HTTP GET of a service inside. Throws CheckFailed when nothing answers. */
  ask(
    input: { target: string; port: number; path: string; timeoutMs: number },
    waiting: Waiting,
  ): Promise<ServiceAnswer>;
  /** Looks whether a service inside still runs a moment later; answers how it ended, when it did. */
  endedSince(
    input: { target: string; service: string },
    waiting: Waiting,
  ): Promise<string | undefined>;
  /**
   * Ends all that runs inside and removes it; one that is not there is fine. One of another workflow is left alone: a
   * run that takes back what it asked for may never have got it.
   */
  close(target: Pick<TargetState, 'target' | 'owner'>, waiting: Waiting): Promise<void>;
  list(): Promise<TargetState[]>;
}

export interface TargetMount {
  place: LivePlace;
  copy: CopyAddress;
}

/** PATH, HOME, HOST and PORT are set where `environment` names none; `directory` may be a folder that `mount` put there. */
export interface ServiceStart extends Omit<RecoveredService, 'version'> {
  target: string;
  /** Copies by their datastores: those that placeholders of `environment` name (`{{copy.orders.password}}`). */
  copies: Readonly<Record<string, CopyAddress>>;
}

export interface ServiceAnswer {
  status: number;
  body: string;
  ms: number;
}
