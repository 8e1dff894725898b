// What a replica started and does not have to be in its process group: a program may call setsid, fork twice, or clear its
// environment. Known by the limit that it inherits; where there is none, by its parents while they live, by the mark in its
// environment, and by the log that it writes to.
import { setTimeout as sleep } from 'node:timers/promises';
import { carriesLimit } from '../../machine/limit-mark.ts';
import {
  addressesOf,
  describeHolder,
  isHeld,
  listenersAmong,
  portHolder,
  type HeldSocket,
} from '../../machine/port-holder.ts';
import {
  descendantsOf,
  groupIdOf,
  isAlive,
  processesWhere,
  signalProcess,
  writesTo,
  type ProcessIdentity,
} from '../../machine/process-identity.ts';
import { REPLICA_MARK } from './start-process.ts';

const LOOK_AGAIN = 20;
/** Milliseconds. */
const GONE_WITHIN = 2000;

export interface Known {
  /** The value of REPLICA_MARK, in the environment of everything that the replica starts, and its limit. */
  mark: string | undefined;
  /** The path of its log. The replica that takes its place writes to the same one. */
  log: string;
  /** The process groups of the revision's other replicas. */
  others: () => ReadonlySet<number>;
}

export class Offspring {
  readonly #known: Known;
  readonly #pid: number;
  readonly #seen = new Map<number, ProcessIdentity>();
  #listening: HeldSocket[] = [];

  constructor(pid: number, known: Known) {
    this.#pid = pid;
    this.#known = known;
  }

  /** Notes who descends from the replica now: once it is gone, nothing says so any more. */
  look(): void {
    for (const one of descendantsOf(this.#pid)) this.#seen.set(one.pid, one);
  }

  /** Who listens on the replica's port when it is neither the replica nor what it started. */
  strangerAt(port: number): string | undefined {
    if (this.#listening.length > 0 && this.#listening.every(isHeld)) return undefined;
    const listening = listenersAmong(port, this.#pids());
    this.#listening = listening ?? [];
    return listening === null ? describeHolder(portHolder(port, '127.0.0.1')) : undefined;
  }

  /** Where the replica, and what descends from it, listens. */
  addresses(): string[] {
    return addressesOf([this.#pid, ...descendantsOf(this.#pid).map(({ pid }) => pid)]);
  }

  *#pids(): Iterable<number> {
    yield this.#pid;
    for (const { pid } of descendantsOf(this.#pid)) yield pid;
    for (const { pid } of this.#living()) yield pid;
  }

  /** Kills all of it until nothing is left. Answers with what is still there after two seconds: another user's, as a rule. */
  async end(): Promise<ProcessIdentity[]> {
    const until = performance.now() + GONE_WITHIN;
    for (;;) {
      const left = this.#living();
      if (left.length === 0 || performance.now() > until) return left;
      for (const one of left) signalProcess(one, 'SIGKILL');
      await sleep(LOOK_AGAIN);
    }
  }

  #living(): ProcessIdentity[] {
    const { mark, log, others } = this.#known;
    const replicas = others();
    const marked = processesWhere((pid, environment) => {
      if (pid === this.#pid) return false;
      if (mark !== undefined && carriesLimit(pid, mark)) return true;
      const itsMark = environment.find((entry) => entry.startsWith(`${REPLICA_MARK}=`));
      if (itsMark !== undefined) return itsMark === `${REPLICA_MARK}=${mark ?? ''}`;
      return writesTo(pid, log) && !replicas.has(groupIdOf(pid) ?? 0);
    });
    for (const one of marked) this.#seen.set(one.pid, one);
    return [...this.#seen.values()].filter(isAlive);
  }
}
