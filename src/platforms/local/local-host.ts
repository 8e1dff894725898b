// The local host's verbs: every change passes the service's epoch token, one at a time per service, and is on disk
// before it is answered. Processes, routing and listening are other files' business.
import { randomUUID } from 'node:crypto';
import { Failure } from '../../domain/failure.ts';
import type {
  RevisionSpec,
  RevisionState,
  Served,
  ServiceRef,
  TrafficState,
} from '../../domain/rollout/model.ts';
import type { Obstacles } from '../../ports/workload.ts';
import { passToken } from '../../domain/traffic/epoch-token.ts';
import { serviceKey, type HostedService } from './hosted-service.ts';
import type { Marks } from './marks.ts';
import { missingFor } from './obstacles.ts';
import { describeHolder, portHolder } from '../../machine/port-holder.ts';
import { isAlive, programOf } from '../../machine/process-identity.ts';
import type { ChangedBy, VerbInput, VerbOutput } from './protocol.ts';
import type { RevisionRunner } from './revision-runner.ts';
import type { Addresses } from './addresses.ts';
import type { Services } from './services.ts';
import { processOf } from './start-process.ts';
import type { RevisionRecord, StateFile } from './state.ts';
import {
  admitted,
  newTraffic,
  stopped,
  trafficState,
  withoutRevision,
  withWeights,
} from '../../domain/traffic/traffic-rules.ts';

const SAVE_AGAIN_MS = 2000;

export interface HostParts {
  file: StateFile;
  services: Services;
  addresses: Addresses;
  marks: Marks;
  metricsUrl: () => string;
  note: (message: string) => void;
}

export class LocalHost {
  readonly #parts: HostParts;

  constructor(parts: HostParts) {
    this.#parts = parts;
  }

  revisions(ref: ServiceRef): RevisionState[] {
    const service = this.#parts.services.find(ref);
    return service ? [...service.runners.values()].map((runner) => this.#stateOf(runner)) : [];
  }

  /** Revisions that carried everything, newest first. */
  history(ref: ServiceRef): Served[] {
    return this.#parts.services.find(ref)?.record.traffic.served ?? [];
  }

  read(ref: ServiceRef): TrafficState {
    const service = this.#parts.services.find(ref);
    if (!service) return trafficState(newTraffic(), '');
    return service.trafficAt(this.#parts.addresses.urlOf(service));
  }

  /** Throws Unavailable where somebody else listens for the service: what is marked must not go there. */
  marks({ service: ref, count }: VerbInput<'marks'>): string[] {
    const service = this.#parts.services.find(ref);
    const why = service && this.#parts.addresses.notReached(service);
    if (why === undefined)
      return this.#parts.marks.issue(serviceKey(ref), count, performance.now());
    throw new Failure('Unavailable', `asking ${serviceKey(ref)} as its users do: ${why}`);
  }

  async obstacles(spec: RevisionSpec): Promise<Obstacles> {
    const missing = await missingFor(spec);
    const taken: string[] = [];
    const { addresses } = this.#parts;
    const address = addresses.of(processOf(spec));
    const owner = addresses.ownerOf(address);
    const holder = owner === undefined ? portHolder(address.port, address.host) : null;
    if (holder)
      taken.push(
        `port ${address.port} is taken by ${describeHolder(holder)}: end that, or choose another port`,
      );
    if (owner !== undefined && owner !== serviceKey(spec)) {
      taken.push(
        `port ${address.port} is taken by the service ${owner} of this local host: choose another port`,
      );
    }
    return { missing, taken };
  }

  async ensure(input: VerbInput<'ensure'>): Promise<RevisionState> {
    const { spec, replicas } = input;
    return this.#change(
      spec,
      `creating revision ${spec.id} of ${serviceKey(spec)}`,
      input,
      async (service) => {
        const missing = await missingFor(spec);
        if (missing.length > 0) {
          throw new Failure(
            'NotFound',
            `creating revision ${spec.id} of ${serviceKey(spec)}: ${missing.join('; ')}`,
          );
        }
        await this.#parts.addresses.open(service, spec);
        const present = service.runners.get(spec.id);
        const runner =
          present ?? this.#parts.services.addRunner(service, newRevision(spec, replicas));
        const { record } = runner;
        Object.assign(record, {
          spec,
          removing: false,
          desired: Math.max(record.desired, replicas),
        });
        service.record.revisions[spec.id] = record;
        const { host, port, trustedProxies = [] } = processOf(spec);
        service.record.address = { host, port, trustedProxies };
        await this.#parts.addresses.openPreview(service, record);
        await this.#parts.file.save();
        await runner.reconcile();
        return this.#stateOf(runner);
      },
    );
  }

  async scale(input: VerbInput<'scale'>): Promise<RevisionState> {
    const what = `scaling revision ${input.revision} of ${serviceKey(input.service)}`;
    return this.#change(input.service, what, input, async (service) => {
      const runner = runnerOf(service, input.revision, what);
      runner.record.desired = input.replicas;
      await this.#parts.file.save();
      void runner.reconcile();
      return this.#stateOf(runner);
    });
  }

  async restart(input: VerbInput<'restart'>): Promise<VerbOutput<'restart'>> {
    const what = `restarting revision ${input.revision} of ${serviceKey(input.service)}`;
    return this.#change(input.service, what, input, async (service) => {
      const runner = runnerOf(service, input.revision, what);
      const by = identityOf(input);
      if (runner.record.restartedBy !== by) {
        runner.record.restartedBy = by;
        runner.record.generation += 1;
        await this.#parts.file.save();
        void runner.reconcile();
      }
      return { state: this.#stateOf(runner), done: runner.settled };
    });
  }

  async remove(input: VerbInput<'remove'>): Promise<VerbOutput<'remove'>> {
    const what = `removing revision ${input.revision} of ${serviceKey(input.service)}`;
    return this.#change(input.service, what, input, async (service) => {
      const runner = service.runners.get(input.revision);
      if (!runner) return { done: true, left: leftOf(service, input.revision) };
      service.setTraffic(withoutRevision(service.record.traffic, what, input.revision));
      runner.record.removing = true;
      await this.#parts.file.save();
      void runner.reconcile();
      return { done: false, left: [] };
    });
  }

  /** Health is asked for right before, and outside the queue: a stop waits for no health check. */
  async set(input: VerbInput<'set'>): Promise<TrafficState> {
    const what = `setting the weights of ${serviceKey(input.service)}`;
    const { weights, expect, token } = input;
    await this.#parts.services.find(input.service)?.look(weights);
    return this.#changeTraffic(input, what, (service) =>
      withWeights(
        service.record.traffic,
        { what, weights, expect, by: token, now: new Date() },
        service.servable(),
      ),
    );
  }

  /** Users are kept out whatever becomes of the state's file: what cannot be written down is answered as `unsaved`. */
  stop(input: VerbInput<'stop'>): Promise<TrafficState> {
    const what = `stopping ${serviceKey(input.service)}`;
    return this.#change(input.service, what, input, async (service) => {
      service.setTraffic(stopped(service.record.traffic));
      service.changed();
      const unsaved = await this.#unsaved(what);
      const state = { ...this.read(input.service), endless: service.endless };
      return unsaved === undefined ? state : { ...state, unsaved };
    });
  }

  async admit(input: VerbInput<'admit'>): Promise<TrafficState> {
    const what = `admitting ${input.percent} % to ${serviceKey(input.service)}`;
    const service = this.#parts.services.find(input.service);
    if (service?.record.traffic.stopped === true) {
      await service.look(input.to ?? service.record.traffic.beforeStop);
    }
    const asked = { what, percent: input.percent, to: input.to, now: new Date() };
    return this.#changeTraffic(input, what, (one) =>
      admitted(one.record.traffic, asked, one.servable()),
    );
  }

  async #changeTraffic(
    input: ChangedBy & { service: ServiceRef },
    what: string,
    decide: (service: HostedService) => HostedService['record']['traffic'],
  ): Promise<TrafficState> {
    return this.#change(input.service, what, input, async (service) => {
      const before = service.record.traffic;
      service.setTraffic(decide(service));
      try {
        await this.#parts.file.save();
      } catch (error) {
        service.setTraffic(before);
        throw error;
      }
      service.changed();
      return { ...this.read(input.service), endless: service.endless };
    });
  }

  /** Why the state could not be written down just now; it is tried again until it is. */
  async #unsaved(what: string): Promise<string | undefined> {
    try {
      await this.#parts.file.save();
      return undefined;
    } catch (error) {
      const why = error instanceof Error ? error.message : String(error);
      this.#parts.note(`${what}: done, and not written down: ${why}`);
      setTimeout(() => void this.#unsaved(what), SAVE_AGAIN_MS).unref();
      return why;
    }
  }

  #change<T>(
    ref: ServiceRef,
    what: string,
    by: ChangedBy,
    work: (service: HostedService) => Promise<T>,
  ): Promise<T> {
    const service = this.#parts.services.findOrMake(ref);
    return service.exclusive(async () => {
      if (by.token) service.record.fence = passToken(service.record.fence, by.token, what);
      else this.#parts.note(`${what}: by hand, by ${by.byHand ?? 'nobody'}`);
      return work(service);
    });
  }

  #stateOf(runner: RevisionRunner): RevisionState {
    const { spec, desired, crashes, previewPort } = runner.record;
    const { condition, ready, problem } = runner;
    return {
      spec,
      condition,
      desired,
      ready,
      crashes,
      ...(problem !== undefined && { problem }),
      previewUrl: `http://127.0.0.1:${previewPort}`,
      metricsUrl: this.#parts.metricsUrl(),
    };
  }
}

function leftOf(service: HostedService, revision: string): string[] {
  const left = (service.left.get(revision) ?? []).filter(isAlive);
  return left.map(({ pid }) => `process ${pid} (${programOf(pid)})`);
}

function newRevision(spec: RevisionSpec, replicas: number): RevisionRecord {
  return {
    spec,
    desired: replicas,
    crashes: 0,
    generation: 1,
    restartedBy: '',
    removing: false,
    previewPort: 0,
    replicas: [],
  };
}

function runnerOf(service: HostedService, revision: string, what: string): RevisionRunner {
  const runner = service.runners.get(revision);
  if (runner && !runner.record.removing) return runner;
  const known = [...service.runners.keys()].join(', ') || 'none';
  throw new Failure('NotFound', `${what}: it is not there (there are: ${known}); create it first`);
}

/** A change by hand is never a retry. */
function identityOf(by: ChangedBy): string {
  const { token } = by;
  if (!token) return `by hand ${by.byHand ?? ''} ${randomUUID()}`;
  return `${token.operation} ${token.epoch} ${token.sequence}`;
}
