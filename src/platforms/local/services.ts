// All services of the host and their runners: taken up again after a restart, made, forgotten, ended.
import { join } from 'node:path';
import type { RevisionSpec, ServiceRef } from '../../domain/rollout/model.ts';
import { percentOf } from '../../domain/traffic/weights.ts';
import type { Addresses } from './addresses.ts';
import { HostedService, serviceKey } from './hosted-service.ts';
import type { GaugeRow } from './metrics.ts';
import {
  environmentOf,
  groupsWithEnvironment,
  signalGroup,
} from '../../machine/process-identity.ts';
import type { Patience } from './replica.ts';
import { RevisionRunner } from './revision-runner.ts';
import { HOST_MARK, REPLICA_MARK } from './start-process.ts';
import type { RevisionRecord, StateFile } from './state.ts';
import { newTraffic } from '../../domain/traffic/traffic-rules.ts';

export interface ServicesParts {
  file: StateFile;
  /** Folder of all logs. */
  logs: string;
  addresses: Addresses;
  /** A revision came, or went for good. */
  appeared: (spec: RevisionSpec) => void;
  removed: (spec: RevisionSpec) => void;
  note: (message: string) => void;
}

export class Services {
  readonly #parts: ServicesParts;
  readonly #services = new Map<string, HostedService>();

  constructor(parts: ServicesParts) {
    this.#parts = parts;
  }

  /** Takes everything up again that the state says; resolves when requests are answered. */
  async resume(): Promise<void> {
    for (const record of Object.values(this.#parts.file.state.services)) {
      const service = new HostedService(record);
      this.#services.set(service.key, service);
      for (const revision of Object.values(record.revisions)) this.addRunner(service, revision);
    }
    const runners = this.#runners();
    await Promise.all(runners.map((runner) => runner.adopt()));
    this.#endStrays(runners);
    for (const service of this.#services.values()) await this.#parts.addresses.resume(service);
    for (const runner of runners) void runner.reconcile();
    await this.#parts.file.save();
  }

  /** Drains and ends every replica; the state stays, so that the next start brings them back. */
  async shutDown(patience: Required<Patience>): Promise<void> {
    await Promise.all(
      this.#runners().map((runner) => {
        const drain = Math.min(patience.drain, runner.record.spec.drain);
        return runner.shutDown({ ...patience, drain });
      }),
    );
    await this.#parts.file.save();
  }

  find(ref: ServiceRef): HostedService | undefined {
    return this.#services.get(serviceKey(ref));
  }

  findOrMake(ref: ServiceRef): HostedService {
    const present = this.find(ref);
    if (present) return present;
    const { system, service } = ref;
    const record = {
      ref: { system, service },
      address: null,
      fence: null,
      traffic: newTraffic(),
      revisions: {},
    };
    const made = new HostedService(record);
    this.#parts.file.state.services[made.key] = record;
    this.#services.set(made.key, made);
    return made;
  }

  addRunner(service: HostedService, record: RevisionRecord): RevisionRunner {
    const { file, logs, note, appeared } = this.#parts;
    const { spec } = record;
    const runner = new RevisionRunner(record, {
      hostId: file.state.id,
      logs: join(logs, spec.system, spec.service),
      save: () => file.save(),
      changed: () => {
        service.changed();
        if (runner.gone) this.#forget(service, runner);
      },
      warn: note,
    });
    service.runners.set(spec.id, runner);
    appeared(spec);
    return runner;
  }

  rows(): GaugeRow[] {
    return [...this.#services.values()].flatMap((service) =>
      [...service.runners.values()].map((runner) => ({
        spec: runner.record.spec,
        weight: percentOf(service.record.traffic.weights, runner.record.spec.id),
        ready: runner.ready,
      })),
    );
  }

  #runners(): RevisionRunner[] {
    return [...this.#services.values()].flatMap((service) => [...service.runners.values()]);
  }

  #forget(service: HostedService, runner: RevisionRunner): void {
    const { spec } = runner.record;
    if (!service.runners.delete(spec.id)) return;
    service.left.set(spec.id, runner.left);
    const left = Object.entries(service.record.revisions).filter(([id]) => id !== spec.id);
    service.record.revisions = Object.fromEntries(left);
    if (left.length === 0) service.record.address = null;
    this.#parts.addresses.forget(service, spec);
    this.#parts.removed(spec);
    this.#parts.file.save().catch((error: unknown) => {
      this.#parts.note(`writing the state after removing ${spec.id}: ${String(error)}`);
    });
  }

  /**
   * Children that no state knows: the host was killed between their start and its note of it. What a known
   * replica started has its mark, in whatever group it put itself.
   */
  #endStrays(runners: RevisionRunner[]): void {
    const known = new Set(
      runners.flatMap((runner) => runner.record.replicas.map((one) => one.pid)),
    );
    const marks = new Set(
      [...known].map((pid) => `${REPLICA_MARK}=${environmentOf(pid, REPLICA_MARK) ?? ''}`),
    );
    const mine = `${HOST_MARK}=${this.#parts.file.state.id}`;
    for (const group of groupsWithEnvironment(mine, marks)) {
      if (known.has(group)) continue;
      this.#parts.note(
        `ending process group ${group}: an earlier host started and did not note it`,
      );
      signalGroup(group, 'SIGKILL');
    }
  }
}
