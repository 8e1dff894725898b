// One service on the host: its record, its revisions' runners, whose turn it is, and the queue that makes
// changes of it one at a time.
import type { ServiceRef, Weights } from '../../domain/rollout/model.ts';
import type { ProcessIdentity } from '../../machine/process-identity.ts';
import { TrustedProxies } from './forwarded-fields.ts';
import type { Replica } from './replica.ts';
import type { RevisionRunner } from './revision-runner.ts';
import type { ServiceRecord } from './state.ts';
import { timerOf } from '../../domain/time/longest-timer.ts';
import type { Servable } from '../../domain/traffic/traffic-rules.ts';
import { percentOf } from '../../domain/traffic/weights.ts';
import { WeightedRotation } from '../../domain/traffic/weighted-rotation.ts';

export interface ServedAddress {
  replica: Replica;
  runner: RevisionRunner;
}

/** An answer without an end of its own: a WebSocket, a stream of events. */
export interface Endless {
  revision: string;
  /** How long (ms) it may go on when its user would not be sent there any more. */
  drain: number;
  /** Whether its user is let in. */
  admitted: () => boolean;
  end: () => void;
}

export function serviceKey(ref: ServiceRef): string {
  return `${ref.system}/${ref.service}`;
}

const NOBODY: readonly string[] = [];

export class HostedService {
  readonly record: ServiceRecord;
  readonly runners = new Map<string, RevisionRunner>();
  /** By removed revisions, what they started and could not be ended. */
  readonly left = new Map<string, ProcessIdentity[]>();
  readonly #rotation = new WeightedRotation();
  readonly #waiting = new Set<() => void>();
  readonly #endless = new Map<Endless, NodeJS.Timeout | undefined>();
  #trusted = { written: NOBODY, proxies: new TrustedProxies(NOBODY) };
  #last: Promise<unknown> = Promise.resolve();

  constructor(record: ServiceRecord) {
    this.record = record;
  }

  get key(): string {
    return serviceKey(this.record.ref);
  }

  /** Proxies before the service, as its newest revision says. */
  get trusted(): TrustedProxies {
    const written = this.record.address?.trustedProxies ?? NOBODY;
    if (this.#trusted.written !== written) {
      this.#trusted = { written, proxies: new TrustedProxies(written) };
    }
    return this.#trusted.proxies;
  }

  /** Does one piece of work after the other: a compare and the change that follows it see no other change in between. */
  exclusive<T>(work: () => Promise<T>): Promise<T> {
    const mine = this.#last.then(work);
    this.#last = mine.catch(() => undefined);
    return mine;
  }

  setTraffic(traffic: ServiceRecord['traffic']): void {
    this.record.traffic = traffic;
    this.#rotation.reset();
    for (const one of this.#endless.keys()) this.#endIfMoved(one);
  }

  /** Ends it when users have moved on, which it would never see by itself. Answers with what says that it is over. */
  follow(one: Endless): () => void {
    this.#endless.set(one, undefined);
    this.#endIfMoved(one);
    return () => {
      clearTimeout(this.#endless.get(one));
      this.#endless.delete(one);
    };
  }

  #endIfMoved(one: Endless): void {
    if (this.#endless.get(one) !== undefined || this.#goesThere(one)) return;
    const timer = setTimeout(() => {
      this.#endless.set(one, undefined);
      if (!this.#goesThere(one)) one.end();
    }, timerOf(one.drain));
    this.#endless.set(one, timer.unref());
  }

  #goesThere({ revision, admitted }: Endless): boolean {
    return percentOf(this.record.traffic.weights, revision) > 0 && admitted();
  }

  /** Some revision has weight: neither stopped nor without a first deploy. */
  get hasTraffic(): boolean {
    return this.record.traffic.weights.some((one) => one.percent > 0);
  }

  /** Asks whoever is to get users for its health now. */
  async look(weights: Weights): Promise<void> {
    const getting = weights.filter(({ percent }) => percent > 0);
    const runners = getting.flatMap(({ revision }) => this.runners.get(revision) ?? []);
    await Promise.all(runners.map((one) => one.look()));
  }

  servable(): Servable[] {
    return [...this.runners.values()]
      .filter((runner) => !runner.record.removing)
      .map((runner) => ({
        spec: runner.record.spec,
        desired: runner.record.desired,
        ready: runner.ready,
      }));
  }

  /** By weight among the revisions that can answer: the share of one that cannot goes to the others. */
  choose(except: ReadonlySet<Replica>): ServedAddress | undefined {
    const candidates = this.record.traffic.weights.flatMap(({ revision, percent }) => {
      const runner = this.runners.get(revision);
      const able = percent > 0 && runner !== undefined && runner.has(except);
      return able ? [{ key: revision, weight: percent, value: runner }] : [];
    });
    return this.#of(this.#rotation.next(candidates), except);
  }

  chooseOf(revision: string, except: ReadonlySet<Replica>): ServedAddress | undefined {
    return this.#of(this.runners.get(revision), except);
  }

  /** Tells the requests that wait for a replica to look again. */
  changed(): void {
    for (const wake of [...this.#waiting]) wake();
  }

  get waiting(): number {
    return this.#waiting.size;
  }

  /** Resolves at the next change, or after `ms`. */
  untilChanged(ms: number): Promise<void> {
    return new Promise((done) => {
      const wake = (): void => {
        clearTimeout(timer);
        this.#waiting.delete(wake);
        done();
      };
      const timer = setTimeout(wake, ms);
      this.#waiting.add(wake);
    });
  }

  #of(runner: RevisionRunner | undefined, except: ReadonlySet<Replica>): ServedAddress | undefined {
    const replica = runner?.pick(except);
    return runner && replica ? { runner, replica } : undefined;
  }
}
