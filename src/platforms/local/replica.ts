// One process of a revision: its health, the requests it is answering, how it ends. It may be our own child
// or one that a host before us started; both are known by pid and start time.
import type { ChildProcess } from 'node:child_process';
import { get } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import type { RevisionSpec } from '../../domain/model.ts';
import { isAlive, signalGroup } from '../../machine/process-identity.ts';
import type { ReplicaRecord } from './state.ts';

const ADOPTED_POLL = 100;
const FAST_CHECK = 100;
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
  #readySince: number | null = null;
  #longestHealth = 0;
  #failures = 0;
  #timer: NodeJS.Timeout | undefined;
  #watch: NodeJS.Timeout | undefined;

  constructor(
    spec: RevisionSpec,
    record: ReplicaRecord,
    child: ChildProcess | null,
    events: ReplicaEvents,
  ) {
    this.#spec = spec;
    this.record = record;
    this.#events = events;
    if (child) {
      child.once('exit', (code, signal) => {
        this.#exited(signal === null ? `exited with code ${code ?? 0}` : `was ended by ${signal}`);
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

  /** Checks its health now, and from then on every interval until it ends. */
  async check(): Promise<void> {
    clearTimeout(this.#timer);
    if (this.gone) return;
    const healthy = await askHealth(this.record.port, this.#spec.health);
    this.#note(healthy);
    this.#again();
  }

  /** A connection to it failed: out of the rotation until the next check passes. */
  suspect(): void {
    if (this.gone || !this.ready) return;
    this.#setReady(false);
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => void this.check(), 10);
  }

  /** Out of the rotation first, then its open requests, then SIGTERM, then SIGKILL to the whole group. */
  async drainAndEnd({ drain, grace, hurry }: Patience): Promise<void> {
    this.draining = true;
    this.#events.readiness();
    const hurried = (): boolean => hurry?.aborted === true;
    await waitUntil(() => this.gone || hurried() || this.open === 0, drain);
    if (!this.gone) signalGroup(this.record.pid, 'SIGTERM');
    await waitUntil(() => this.gone || hurried(), grace);
    signalGroup(this.record.pid, 'SIGKILL');
    await waitUntil(() => this.gone, 5000);
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
    this.#timer = setTimeout(() => void this.check(), next);
  }

  #setReady(ready: boolean): void {
    if (this.ready === ready) return;
    this.ready = ready;
    this.#longestHealth = this.longestHealth(Date.now());
    this.#readySince = ready ? Date.now() : null;
    this.#events.readiness();
  }

  #exited(how: string): void {
    if (this.gone) return;
    clearTimeout(this.#timer);
    clearInterval(this.#watch);
    this.#longestHealth = this.longestHealth(Date.now());
    this.gone = true;
    this.ready = false;
    // Its own children must not outlive it: the next replica may need what they hold.
    signalGroup(this.record.pid, 'SIGKILL');
    this.#events.exited(this, how);
  }
}

function askHealth(port: number, health: RevisionSpec['health']): Promise<boolean> {
  return new Promise((done) => {
    const request = get(
      { host: '127.0.0.1', port, path: health.path, agent: false },
      (response) => {
        response.resume();
        const status = response.statusCode ?? 500;
        done(status >= 200 && status < 400);
      },
    );
    request.setTimeout(health.timeout, () => request.destroy());
    request.once('error', () => {
      done(false);
    });
    request.once('close', () => {
      done(false);
    });
  });
}

async function waitUntil(reached: () => boolean, ms: number): Promise<void> {
  const until = Date.now() + ms;
  while (!reached() && Date.now() < until) await sleep(10);
}
