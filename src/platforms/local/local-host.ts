// The local host's verbs: every change passes the service's fence, one at a time per service, and is on disk
// before it is answered. Processes, routing and listening are other files' business.
import { Failure } from '../../domain/failure.ts';
import type { RevisionSpec, RevisionState, ServiceRef, TrafficState } from '../../domain/model.ts';
import { passFence } from './fence.ts';
import { serviceKey, type HostedService } from './hosted-service.ts';
import { missingFiles, missingSecrets } from './obstacles.ts';
import { describeHolder, portHolder } from '../../machine/port-holder.ts';
import type { ChangedBy, VerbInput, VerbOutput } from './protocol.ts';
import type { RevisionRunner } from './revision-runner.ts';
import type { Addresses } from './addresses.ts';
import type { Services } from './services.ts';
import type { RevisionRecord, StateFile } from './state.ts';
import { admitted, newTraffic, stopped, withoutRevision, withWeights } from './traffic-rules.ts';

export interface HostParts {
  file: StateFile;
  services: Services;
  addresses: Addresses;
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

  read(ref: ServiceRef): TrafficState {
    const service = this.#parts.services.find(ref);
    if (!service) return { ...newTraffic(), url: '' };
    return { ...service.record.traffic, url: this.#parts.addresses.urlOf(service) };
  }

  async obstacles(spec: RevisionSpec): Promise<string[]> {
    const found = [...(await missingFiles(spec)), ...(await missingSecrets(spec))];
    const { addresses } = this.#parts;
    const address = addresses.of(spec);
    const owner = addresses.ownerOf(address);
    const holder = owner === undefined ? portHolder(address.port, address.host) : null;
    if (holder)
      found.push(
        `port ${address.port} is taken by ${describeHolder(holder)}: end that, or choose another port`,
      );
    if (owner !== undefined && owner !== serviceKey(spec)) {
      found.push(
        `port ${address.port} is taken by the service ${owner} of this local host: choose another port`,
      );
    }
    return found;
  }

  async ensure(input: VerbInput<'ensure'>): Promise<RevisionState> {
    const { spec, replicas } = input;
    return this.#change(
      spec,
      `creating revision ${spec.id} of ${serviceKey(spec)}`,
      input,
      async (service) => {
        const missing = [...(await missingFiles(spec)), ...(await missingSecrets(spec))];
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
        service.record.address = { host: spec.host, port: spec.port };
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
      if (!runner) return { done: true };
      service.setTraffic(withoutRevision(service.record.traffic, what, input.revision));
      runner.record.removing = true;
      await this.#parts.file.save();
      void runner.reconcile();
      return { done: false };
    });
  }

  set(input: VerbInput<'set'>): Promise<TrafficState> {
    const what = `setting the weights of ${serviceKey(input.service)}`;
    const { weights, expect, fence } = input;
    return this.#changeTraffic(input, what, (service) =>
      withWeights(
        service.record.traffic,
        { what, weights, expect, by: fence?.operation, now: new Date() },
        service.servable(),
      ),
    );
  }

  stop(input: VerbInput<'stop'>): Promise<TrafficState> {
    return this.#changeTraffic(input, `stopping ${serviceKey(input.service)}`, (service) =>
      stopped(service.record.traffic),
    );
  }

  admit(input: VerbInput<'admit'>): Promise<TrafficState> {
    const what = `admitting ${input.percent} % to ${serviceKey(input.service)}`;
    return this.#changeTraffic(input, what, (service) =>
      admitted(service.record.traffic, { what, percent: input.percent }, service.servable()),
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
      return this.read(input.service);
    });
  }

  #change<T>(
    ref: ServiceRef,
    what: string,
    by: ChangedBy,
    work: (service: HostedService) => Promise<T>,
  ): Promise<T> {
    const service = this.#parts.services.findOrMake(ref);
    return service.exclusive(async () => {
      if (by.fence) service.record.fence = passFence(service.record.fence, by.fence, what);
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
  const { fence } = by;
  if (!fence) return `by hand ${by.byHand ?? ''} ${Date.now()}`;
  return `${fence.operation} ${fence.epoch} ${fence.sequence}`;
}
