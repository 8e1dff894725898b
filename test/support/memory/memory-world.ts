// What the in-memory ports stand on, and what a test reaches into: how revisions behave and answer, repairs
// by hand, failures before or after an effect, and a list of every change with its token.
import { setImmediate as turn } from 'node:timers/promises';
import type { TrafficPort } from '../../../src/ports/traffic.ts';
import type { WorkloadPort } from '../../../src/ports/workload.ts';
import type { Failure } from '../../../src/domain/failure.ts';
import type {
  EpochToken,
  RevisionSpec,
  ServiceRef,
  Weights,
} from '../../../src/domain/rollout/model.ts';
import type { Sample } from '../../../src/domain/analysis/prometheus-text.ts';
import { percentOf } from '../../../src/domain/traffic/weights.ts';
import type { SeenToken } from '../../../src/domain/traffic/epoch-token.ts';
import { newTraffic, type TrafficRecord } from '../../../src/domain/traffic/traffic-rules.ts';
import { WeightedRotation } from '../../../src/domain/traffic/weighted-rotation.ts';
import { GOOD, RevisionCounters, type Quality } from './memory-metrics.ts';

export type MemoryVerb = keyof WorkloadPort | keyof TrafficPort;
export type Behaviour = 'good' | 'neverReady' | 'crashLoop';

/** A change that took effect, in order. `token` is null for one by hand. */
export interface Change {
  verb: MemoryVerb;
  service: string;
  token: EpochToken | null;
  revision?: string;
  weights?: Weights;
  replicas?: number;
  percent?: number;
}

export interface MemoryRevision {
  spec: RevisionSpec;
  desired: number;
  crashes: number;
  counters: RevisionCounters;
}

export interface MemoryService {
  ref: ServiceRef;
  url: string;
  token: SeenToken | null;
  traffic: TrafficRecord;
  revisions: Map<string, MemoryRevision>;
  rotation: WeightedRotation;
}

interface PlannedFailure {
  verb: MemoryVerb;
  when: 'before' | 'after';
  error: Failure;
}

export const keyOf = (ref: ServiceRef): string => `${ref.system}/${ref.service}`;

export class MemoryWorld {
  /** Every change that took effect, with its token. */
  readonly changes: Change[] = [];
  /** Every call, changes or not, in order. */
  readonly calls: MemoryVerb[] = [];
  /** Paths that `ensure` and `obstacles` do not find. */
  readonly missingFiles = new Set<string>();
  /** Awaited at the start of each call: a place for barriers. */
  onCall: (verb: MemoryVerb) => Promise<void> | void = () => undefined;
  readonly #services = new Map<string, MemoryService>();
  readonly #behaviour = new Map<string, Behaviour>();
  readonly #quality = new Map<string, Quality>();
  #failures: PlannedFailure[] = [];

  /** From now on revisions of this version behave so. */
  behave(version: string, behaviour: Behaviour): void {
    this.#behaviour.set(version, behaviour);
  }

  /** How revisions of this version answer: `answer('v3', {errorRatio: 0.3})`. */
  answer(version: string, quality: Partial<Quality>): void {
    this.#quality.set(version, { ...GOOD, ...this.#quality.get(version), ...quality });
  }

  /** The next call of `verb` fails, before it does anything or after it did everything. */
  failNext(verb: MemoryVerb, when: 'before' | 'after', error: Failure): void {
    this.#failures.push({ verb, when, error });
  }

  /** Somebody changes the weights by hand: no token, nothing expected. */
  setByHand(ref: ServiceRef, weights: Weights): void {
    const service = this.service(ref);
    service.traffic = { ...service.traffic, weights };
    this.changes.push({ verb: 'set', service: keyOf(ref), token: null, weights });
  }

  weights(ref: ServiceRef): Weights {
    return this.service(ref).traffic.weights;
  }

  /** The weights after each change of them, oldest first. */
  weightHistory(ref: ServiceRef): Weights[] {
    return this.changes.flatMap((one) =>
      one.service === keyOf(ref) && one.weights ? [one.weights] : [],
    );
  }

  /** What a scrape finds of one revision, after one more interval of traffic at its present weight. */
  metrics(revisionId: string): Sample[] {
    return [...this.#services.values()].flatMap((service) => {
      const revision = service.revisions.get(revisionId);
      if (!revision) return [];
      const quality = this.#quality.get(revision.spec.version) ?? GOOD;
      revision.counters.advance(quality, percentOf(service.traffic.weights, revisionId));
      return revision.counters.samples(revision.spec);
    });
  }

  /** All revisions' samples, as one endpoint would show them. */
  allMetrics(): Sample[] {
    const ids = [...this.#services.values()].flatMap((service) => [...service.revisions.keys()]);
    return [...new Set(ids)].flatMap((id) => this.metrics(id));
  }

  service(ref: ServiceRef): MemoryService {
    const present = this.#services.get(keyOf(ref));
    if (present) return present;
    const made: MemoryService = {
      ref: { system: ref.system, service: ref.service },
      url: '',
      token: null,
      traffic: newTraffic(),
      revisions: new Map(),
      rotation: new WeightedRotation(),
    };
    this.#services.set(keyOf(ref), made);
    return made;
  }

  behaviourOf(spec: RevisionSpec): Behaviour {
    return this.#behaviour.get(spec.version) ?? 'good';
  }

  /** Runs a verb between the failures that were planned for it. */
  async run<T>(verb: MemoryVerb, work: () => T): Promise<T> {
    this.calls.push(verb);
    await this.onCall(verb);
    await turn();
    this.#fail(verb, 'before');
    const result = work();
    this.#fail(verb, 'after');
    return structuredClone(result);
  }

  #fail(verb: MemoryVerb, when: 'before' | 'after'): void {
    const due = this.#failures.find((one) => one.verb === verb && one.when === when);
    if (!due) return;
    this.#failures = this.#failures.filter((one) => one !== due);
    throw due.error;
  }
}
