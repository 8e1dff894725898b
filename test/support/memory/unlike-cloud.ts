// The outside of the platform that is unlike the local host (unlike-platform.ts): objects with etags, users who see a
// change some seconds after it was made, and errors of its own.
import { digestOf } from '../../../src/domain/digest.ts';
import type { RevisionSpec, ServiceRef, Weights } from '../../../src/domain/rollout/model.ts';
import type { SeenToken } from '../../../src/domain/traffic/epoch-token.ts';
import type { Servable, TrafficRecord } from '../../../src/domain/traffic/traffic-rules.ts';
import { WeightedRotation } from '../../../src/domain/traffic/weighted-rotation.ts';
import { sameWeights } from '../../../src/domain/traffic/weights.ts';
import type { Clock } from '../../../src/ports/clock.ts';
import { RevisionCounters } from './memory-metrics.ts';
import { keyOf, type MemoryService, type MemoryWorld } from './memory-world.ts';

export interface CloudInput {
  clock: Pick<Clock, 'now'>;
  /** Until a change is seen by users (ms). */
  lag: number;
}

/** What its interface throws: a number and a word, and no `Failure`. */
export class CloudError extends Error {
  readonly code: 'PRECONDITION_FAILED' | 'NOT_FOUND' | 'INVALID_ARGUMENT';

  constructor(code: CloudError['code'], message: string) {
    super(message);
    this.code = code;
  }
}

/** The service object of a cloud, as its interface gives and takes it. */
export interface CloudObject {
  etag: string;
  token: SeenToken | null;
  traffic: TrafficRecord;
}

export class UnlikeCloud {
  readonly world: MemoryWorld;
  readonly #clock: Pick<Clock, 'now'>;
  readonly #lag: number;
  /** What users are sent by, of each service: the newest first. */
  readonly #routes = new Map<string, { at: number; weights: Weights }[]>();
  readonly #rotations = new Map<string, { weights: Weights; rotation: WeightedRotation }>();
  /** When revisions were made, of those that were made here. */
  readonly #made = new Map<string, number>();

  /** What the object of a service stands on, and since when; what it was first deployed with until it is settled. */
  readonly #stands = new Map<string, { revision: string; at: number }>();

  constructor(world: MemoryWorld, { clock, lag }: CloudInput) {
    this.world = world;
    this.#clock = clock;
    this.#lag = lag;
  }

  get(ref: ServiceRef): CloudObject {
    const { token, traffic } = this.world.service(ref);
    return structuredClone({ etag: etagOf(this.world.service(ref)), token, traffic });
  }

  put(ref: ServiceRef, { etag, token, traffic }: CloudObject): void {
    const service = this.world.service(ref);
    if (etagOf(service) !== etag) {
      throw new CloudError('PRECONDITION_FAILED', `the etag of ${keyOf(ref)} is another one`);
    }
    if (traffic.weights.some(({ percent }) => !Number.isInteger(percent))) {
      throw new CloudError('INVALID_ARGUMENT', 'percent has to be a whole number');
    }
    this.note(ref);
    Object.assign(service, { token, traffic });
    this.note(ref);
  }

  /** Writes down since when users are to be sent by the weights of now. */
  note(ref: ServiceRef): void {
    const { weights } = this.world.service(ref).traffic;
    const routes = this.#routes.get(keyOf(ref)) ?? [{ at: -Infinity, weights }];
    const changed = !sameWeights(routes[0]?.weights ?? [], weights);
    const next = changed ? [{ at: this.#clock.now(), weights }, ...routes] : routes;
    this.#routes.set(keyOf(ref), next);
  }

  make(ref: ServiceRef, spec: RevisionSpec): void {
    const { revisions } = this.world.service(ref);
    const counters = revisions.get(spec.id)?.counters ?? new RevisionCounters();
    if (!revisions.has(spec.id)) this.#made.set(`${keyOf(ref)} ${spec.id}`, this.#clock.now());
    revisions.set(spec.id, { spec: structuredClone(spec), desired: 1, crashes: 0, counters });
  }

  stands(ref: ServiceRef): string | undefined {
    return (
      this.#stands.get(keyOf(ref))?.revision ??
      this.world.service(ref).traffic.served.at(-1)?.spec.id
    );
  }

  stand(ref: ServiceRef, revision: string): void {
    if (this.stands(ref) === revision) return;
    this.#stands.set(keyOf(ref), { revision, at: this.#clock.now() });
  }

  hasSettled(ref: ServiceRef): boolean {
    return (this.#stands.get(keyOf(ref))?.at ?? -Infinity) + this.#lag <= this.#clock.now();
  }

  isReady(ref: ServiceRef, spec: RevisionSpec): boolean {
    const made = this.#made.get(`${keyOf(ref)} ${spec.id}`) ?? -Infinity;
    return this.world.behaviourOf(spec) === 'good' && made + this.#lag <= this.#clock.now();
  }

  servable(ref: ServiceRef): Servable[] {
    return [...this.world.service(ref).revisions.values()].map(({ spec, desired }) => ({
      spec,
      desired,
      ready: this.isReady(ref, spec) ? 1 : 0,
    }));
  }

  /** Who answers a user now: by the weights of `lag` ago. */
  answer(ref: ServiceRef): { revision: string; status: number } {
    const ready = this.servable(ref).filter((one) => one.ready > 0);
    const candidates = this.#seen(ref).flatMap(({ revision: key, percent }) =>
      percent > 0 && ready.some((one) => one.spec.id === key)
        ? [{ key, weight: percent, value: key }]
        : [],
    );
    const revision = this.#rotationOf(ref).next(candidates);
    return revision === undefined ? { revision: '', status: 503 } : { revision, status: 200 };
  }

  #seen(ref: ServiceRef): Weights {
    this.note(ref);
    const before = this.#clock.now() - this.#lag;
    const routes = this.#routes.get(keyOf(ref)) ?? [];
    return routes.find(({ at }) => at <= before)?.weights ?? [];
  }

  #rotationOf(ref: ServiceRef): WeightedRotation {
    const weights = this.#seen(ref);
    const present = this.#rotations.get(keyOf(ref));
    if (present !== undefined && sameWeights(present.weights, weights)) return present.rotation;
    const rotation = new WeightedRotation();
    this.#rotations.set(keyOf(ref), { weights, rotation });
    return rotation;
  }
}

function etagOf({ token, traffic }: MemoryService): string {
  return digestOf({ token, traffic: JSON.stringify(traffic) });
}
