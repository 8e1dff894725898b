// One process of a revision: its health, the requests it is answering, how it ends. It may be our own child
// or one that a host before us started; both are known by pid and start time.
import type { ChildProcess } from 'node:child_process';
import { get } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import type { RevisionSpec } from '../../domain/rollout/model.ts';
import { timerOf } from '../../domain/time/longest-timer.ts';
import {
  environmentOf,
  isAlive,
  signalGroup,
  type ProcessIdentity,
} from '../../machine/process-identity.ts';
import { Offspring } from './offspring.ts';
import { REPLICA_MARK } from './start-process.ts';
import type { ReplicaRecord } from './state.ts';

const ADOPTED_POLL = 100;
const FAST_CHECK = 100;
/** How long it is believed where a program listens that does not listen where it should. */
const ELSEWHERE_FOR = 1000;
/** One failed check of a running process may be a hiccup; the second takes it out of the rotation. */
const FAILURES_TO_LEAVE = 2;

/** How long (ms) open requests may take, and then the process itself; neither once `hurry` fires. */
export interface Patience {
  drain: number;
  grace: number;
  hurry?: AbortSignal;
}

export interface ReplicaEvents {
  readiness(): void;
  exited(replica: Replica, how: string): void;
  /** The process groups of the revision's other replicas. */
  others(replica: Replica): ReadonlySet<number>;
}

export class Replica {
  readonly record: ReplicaRecord;
  /** Requests and upgraded connections that it is answering now. */
  open = 0;
  /** Out of the rotation for good, and its exit is asked for. */
  draining = false;
  ready = false;
  gone = false;
  readonly #spec: RevisionSpec;
  readonly #events: ReplicaEvents;
  readonly #offspring: Offspring;
  /** It was well once. */
  #wasReady = false;
  #readySince: number | null = null;
  #longestHealth = 0;
  #failures = 0;
  #answer: { said: string; at: number } | undefined;
  #elsewhere: { at: number; addresses: string[] } = { at: -Infinity, addresses: [] };
  #timer: NodeJS.Timeout | undefined;
  #watch: NodeJS.Timeout | undefined;

  constructor(
    { spec, record, log }: { spec: RevisionSpec; record: ReplicaRecord; log: string },
    child: ChildProcess | null,
    events: ReplicaEvents,
  ) {
    this.#spec = spec;
    this.record = record;
    this.#events = events;
    const mark = record.mark ?? environmentOf(record.pid, REPLICA_MARK);
    const others = (): ReadonlySet<number> => events.others(this);
    this.#offspring = new Offspring(record.pid, { mark, log, others });
    if (child) {
      child.once('exit', (code, signal) => {
        this.#exited(
          signal === null
            ? `exited with code ${code ?? 0}`
            : `was ended by ${signal}${hintOf(signal)}`,
        );
      });
      if (child.exitCode !== null || child.signalCode !== null) this.#exited('exited at once');
    } else {
      this.#watch = setInterval(() => {
        if (!isAlive(record)) this.#exited('ended');
      }, ADOPTED_POLL);
    }
  }

  get address(): { host: string; port: number } {
    return { host: '127.0.0.1', port: this.record.port };
  }

  get available(): boolean {
    return this.ready && !this.draining;
  }

  /** Milliseconds of uninterrupted good health. */
  healthyFor(now: number): number {
    if (!this.ready) return 0;
    return this.#readySince === null ? 0 : now - this.#readySince;
  }

  longestHealth(now: number): number {
    return Math.max(this.#longestHealth, this.healthyFor(now));
  }

  /** What the last health check was answered with, and how long ago; undefined while it is well, or was not asked yet. */
  get complaint(): string | undefined {
    if (this.#answer === undefined || this.#answer.said === OK) return undefined;
    const { path } = this.#spec.health;
    const ago = ((performance.now() - this.#answer.at) / 1000).toFixed(1);
    const said = this.#answer.said === REFUSED ? this.#refused() : this.#answer.said;
    return `GET http://127.0.0.1:${this.record.port}${path} ${said} (${ago} s ago)`;
  }

  /** Nothing listens as yet: where another process of the revision has ended, that says more. */
  get isSilentStart(): boolean {
    return !this.#wasReady && this.#answer?.said === REFUSED && this.#refused() === REFUSED;
  }

  /** Where the program listens instead; looked for once a second at most. */
  #refused(): string {
    if (this.#wasReady) return REFUSED_NOW;
    const now = performance.now();
    if (now - this.#elsewhere.at > ELSEWHERE_FOR) {
      this.#elsewhere = { at: now, addresses: this.#offspring.addresses() };
    }
    const { addresses } = this.#elsewhere;
    if (addresses.length === 0) return REFUSED;
    return `was refused: the program listens on ${addresses.join(' and ')}, and has to listen on the HOST and PORT of its environment, 127.0.0.1:${this.record.port}`;
  }

  /** Checks its health now, and from then on every interval until it ends. */
  async check(): Promise<void> {
    clearTimeout(this.#timer);
    if (this.gone) return;
    const said = await askHealth(this.record.port, this.#spec.health);
    const stranger = said === OK ? this.#offspring.strangerAt(this.record.port) : undefined;
    this.#answer = {
      said: stranger === undefined ? said : byStranger(stranger),
      at: performance.now(),
    };
    // What another program answers is no health, and users must not be sent there once more.
    if (stranger !== undefined) this.#failures = FAILURES_TO_LEAVE;
    this.#note(said === OK && stranger === undefined);
    this.#again();
  }

  /** Checks its health now, as often as it takes to be sure. */
  async look(): Promise<void> {
    await this.check();
    if (this.ready && this.#failures > 0) await this.check();
  }

  /** A connection to it failed: out of the rotation until the next check passes. */
  suspect(): void {
    if (this.gone || !this.ready) return;
    this.#setReady(false);
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => void this.check(), 10);
  }

  /**
   * Out of the rotation first, then its open requests, then SIGTERM, then SIGKILL to the whole group and whatever else it
   * started. Answers with what could not be ended.
   */
  async drainAndEnd({ drain, grace, hurry }: Patience): Promise<ProcessIdentity[]> {
    this.draining = true;
    this.#events.readiness();
    const hurried = (): boolean => hurry?.aborted === true;
    await waitUntil(() => this.gone || hurried() || this.open === 0, drain);
    this.#offspring.look();
    if (!this.gone) signalGroup(this.record.pid, 'SIGTERM');
    await waitUntil(() => this.gone || hurried(), grace);
    signalGroup(this.record.pid, 'SIGKILL');
    await waitUntil(() => this.gone, 5000);
    return this.endOffspring();
  }

  /** Ends what it started and left. Answers with what could not be ended. */
  endOffspring(): Promise<ProcessIdentity[]> {
    return this.#offspring.end();
  }

  #note(healthy: boolean): void {
    if (this.gone) return;
    this.#failures = healthy ? 0 : this.#failures + 1;
    if (healthy) this.#setReady(true);
    else if (this.#failures >= FAILURES_TO_LEAVE) this.#setReady(false);
  }

  #again(): void {
    clearTimeout(this.#timer);
    if (this.gone) return;
    const { interval } = this.#spec.health;
    const next = this.ready ? interval : Math.min(interval, FAST_CHECK);
    this.#timer = setTimeout(() => void this.check(), timerOf(next));
  }

  #setReady(ready: boolean): void {
    if (this.ready === ready) return;
    this.ready = ready;
    this.#wasReady ||= ready;
    this.#longestHealth = this.longestHealth(performance.now());
    this.#readySince = ready ? performance.now() : null;
    this.#events.readiness();
  }

  #exited(how: string): void {
    if (this.gone) return;
    clearTimeout(this.#timer);
    clearInterval(this.#watch);
    this.#longestHealth = this.longestHealth(performance.now());
    this.gone = true;
    this.ready = false;
    // Its own children must not outlive it: the next replica may need what they hold.
    signalGroup(this.record.pid, 'SIGKILL');
    this.#events.exited(this, how);
  }
}

/** A signal that was not sent from here: what is ended from here is said by nobody. */
function hintOf(signal: NodeJS.Signals): string {
  return signal === 'SIGKILL'
    ? ', which Fairlead did not send: the machine, for want of memory, or somebody'
    : '';
}

/** What is said of a health check that is well. */
const OK = 'is well';
const REFUSED =
  'was refused: nothing listens there; the program has to listen on the HOST and PORT of its environment';
const REFUSED_NOW = 'was refused: nothing listens there any more, though this process was ready';
/** What people find behind errors of connecting. */
const CONNECTING: Readonly<Record<string, string>> = {
  ECONNREFUSED: REFUSED,
  ECONNRESET: 'was cut off without an answer',
  EPIPE: 'was cut off without an answer',
};

function byStranger(holder: string): string {
  return `was answered by ${holder}, which this replica did not start; the program has to listen on the HOST and PORT of its environment itself`;
}

function askHealth(port: number, health: RevisionSpec['health']): Promise<string> {
  return new Promise((done) => {
    const request = get(
      { host: '127.0.0.1', port, path: health.path, agent: false },
      (response) => {
        response.resume();
        const status = response.statusCode ?? 500;
        done(status >= 200 && status < 400 ? OK : `answered ${status}`);
      },
    );
    request.setTimeout(timerOf(health.timeout), () => {
      done(`did not answer within ${health.timeout / 1000} s`);
      request.destroy();
    });
    request.once('error', (error) => {
      const code = 'code' in error && typeof error.code === 'string' ? error.code : '';
      done(CONNECTING[code] ?? `failed: ${error.message}`);
    });
    request.once('close', () => {
      done('was cut off without an answer');
    });
  });
}

async function waitUntil(reached: () => boolean, ms: number): Promise<void> {
  const until = performance.now() + ms;
  while (!reached() && performance.now() < until) await sleep(10);
}
