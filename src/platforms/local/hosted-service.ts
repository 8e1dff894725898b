// One service on the host: its record, its revisions' runners, whose turn it is, and the queue that makes
// changes of it one at a time.
import type { ServiceRef, TrafficState, Weights } from '../../domain/rollout/model.ts';
import type { ProcessIdentity } from '../../machine/process-identity.ts';
import { SeenClients } from './requests/seen-clients.ts';
import { TrustedProxies } from './requests/forwarded-fields.ts';
import type { Replica } from './replica.ts';
import type { RevisionRunner } from './revision-runner.ts';
import type { ServiceRecord } from './state.ts';
import { timerOf } from '../../domain/time/longest-timer.ts';
import { trafficState, type Servable } from '../../domain/traffic/traffic-rules.ts';
import { percentOf } from '../../domain/traffic/weights.ts';
import { WeightedRotation } from '../../domain/traffic/weighted-rotation.ts';

export interface ServedAddress {
  replica: Replica;
  runner: RevisionRunner;
}

/** An answer that a user is being given. */
export interface OpenAnswer {
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
  /** Those without an end of their own: WebSockets, streams of events. */
  readonly #endless = new Map<OpenAnswer, NodeJS.Timeout | undefined>();
  readonly #ordinary = new Map<OpenAnswer, NodeJS.Timeout | undefined>();
  /** How many the last stop ended at once. */
  #ended = 0;
  /** Whose requests came since it was decided last who is let in. */
  seen = new SeenClients();
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

  /** What its users get, at the address `url`. */
  trafficAt(url: string): TrafficState {
    return { ...trafficState(this.record.traffic, url), ...this.seen.state };
  }

  /** A stop ends what has no end of its own at once, and the rest after `drain`; any other change what its users have moved on from. */
  setTraffic(traffic: ServiceRecord['traffic']): void {
    const { stopped: wasStopped, admitPercent } = this.record.traffic;
    this.record.traffic = traffic;
    // A stop decides nothing: who comes while nobody is let in will come when somebody is.
    const isNewShare = traffic.admitPercent !== admitPercent || (wasStopped && !traffic.stopped);
    if (isNewShare) this.seen = new SeenClients();
    this.#rotation.reset();
    if (!traffic.stopped) {
      this.#ended = 0;
      for (const one of this.#endless.keys()) this.#endIfMoved(one);
    } else if (!wasStopped) {
      this.#ended = this.#endless.size;
      for (const one of this.#endless.keys()) one.end();
      for (const one of this.#ordinary.keys()) this.#endLater(one);
    }
  }

  /** WebSockets and streams: `ended` by the last stop, and `leaving`, which get `drain` since users moved on. */
  get endless(): { ended: number; leaving: number } {
    const timers = [...this.#endless.values()];
    return { ended: this.#ended, leaving: timers.filter((one) => one !== undefined).length };
  }

  /** Ends one without an end when users have moved on, which it would never see by itself. Answers with what says that it is over. */
  follow(one: OpenAnswer): () => void {
    this.#endless.set(one, undefined);
    if (this.record.traffic.stopped) one.end();
    else this.#endIfMoved(one);
    return () => {
      clearTimeout(this.#endless.get(one));
      this.#endless.delete(one);
    };
  }

  /** One that has an end, as far as anybody knows: a stop waits `drain` for it. Answers as `follow` does. */
  giveTime(one: OpenAnswer): () => void {
    this.#ordinary.set(one, undefined);
    return () => {
      clearTimeout(this.#ordinary.get(one));
      this.#ordinary.delete(one);
    };
  }

  #endLater(one: OpenAnswer): void {
    if (this.#ordinary.get(one) !== undefined) return;
    const timer = setTimeout(() => {
      this.#ordinary.set(one, undefined);
      if (this.record.traffic.stopped) one.end();
    }, timerOf(one.drain));
    this.#ordinary.set(one, timer.unref());
  }

  #endIfMoved(one: OpenAnswer): void {
    if (this.#endless.get(one) !== undefined || this.#goesThere(one)) return;
    const timer = setTimeout(() => {
      this.#endless.set(one, undefined);
      if (!this.#goesThere(one)) one.end();
    }, timerOf(one.drain));
    this.#endless.set(one, timer.unref());
  }

  #goesThere({ revision, admitted }: OpenAnswer): boolean {
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
