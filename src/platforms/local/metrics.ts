// What Prometheus reads: requests and latencies per revision, weights and ready replicas. Own probes and
// requests to a preview address carry probe="true"; health checks are not counted at all.
import { Counter, Gauge, Histogram, Registry } from 'prom-client';
import { local } from './settings.ts';
import type { RevisionSpec, ServiceRef } from '../../domain/rollout/model.ts';

/** How long the series of a removed revision can still be read. */
const FORGET_AFTER = 5 * 60_000;
/** Codes that are there from the start: of a series that begins with its first error, Prometheus's `increase` sees no error. */
const EXPECTED = ['200', '499', '500', '502', '503', '504'];
const BUCKETS = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];

export interface GaugeRow {
  spec: RevisionSpec;
  weight: number;
  ready: number;
}

export interface Answered {
  service: ServiceRef;
  /** Null when no revision was reached: the host itself answered. */
  spec: RevisionSpec | null;
  code: number;
  /** Null for an upgraded connection: how long it stayed open is no latency. */
  seconds: number | null;
  probe: boolean;
}

export class HostMetrics {
  readonly #registry = new Registry();
  readonly #requests: Counter;
  readonly #durations: Histogram;
  readonly #forgetting = new Map<string, NodeJS.Timeout>();

  constructor(rows: () => GaugeRow[]) {
    const registers = [this.#registry];
    this.#requests = new Counter({
      name: 'fairlead_requests_total',
      help: 'Requests, by revision and status code (499: the client left before an answer); revision is empty where none was reached.',
      labelNames: local.metrics.fairlead_requests_total.labels,
      registers,
    });
    this.#durations = new Histogram({
      name: 'fairlead_request_duration_seconds',
      help: 'Seconds from the request to the end of its answer, by revision.',
      labelNames: local.metrics.fairlead_request_duration_seconds.labels,
      buckets: BUCKETS,
      registers,
    });
    gauge('fairlead_revision_weight', 'Share of traffic in percent.', (row) => row.weight);
    gauge('fairlead_revision_ready_replicas', 'Replicas that take requests.', (row) => row.ready);

    type Gauges = 'fairlead_revision_weight' | 'fairlead_revision_ready_replicas';
    function gauge(name: Gauges, help: string, value: (row: GaugeRow) => number): void {
      new Gauge({
        name,
        help,
        labelNames: local.metrics[name].labels,
        registers,
        collect() {
          this.reset();
          for (const row of rows()) this.set(labelsOf(row.spec), value(row));
        },
      });
    }
  }

  count(answered: Answered): void {
    const { spec, service } = answered;
    const revision = spec
      ? labelsOf(spec)
      : { system: service.system, service: service.service, revision: '', version: '' };
    const probe = String(answered.probe);
    this.#requests.inc({ ...revision, code: String(answered.code), probe });
    if (spec && answered.seconds !== null) {
      this.#durations.observe({ ...revision, probe }, answered.seconds);
    }
  }

  /** The revision is there: its series start at 0, so that a first error is an increase. */
  expect(spec: RevisionSpec): void {
    const key = keyOf(spec);
    clearTimeout(this.#forgetting.get(key));
    this.#forgetting.delete(key);
    for (const code of EXPECTED) {
      this.#requests.inc({ ...labelsOf(spec), code, probe: 'false' }, 0);
    }
    this.#durations.zero({ ...labelsOf(spec), probe: 'false' });
  }

  /** The revision was removed: its series go away after a while. */
  forget(spec: RevisionSpec, after = FORGET_AFTER): void {
    const timer = setTimeout(() => void this.#remove(spec), after);
    timer.unref();
    clearTimeout(this.#forgetting.get(keyOf(spec)));
    this.#forgetting.set(keyOf(spec), timer);
  }

  text(): Promise<string> {
    return this.#registry.metrics();
  }

  async #remove(spec: RevisionSpec): Promise<void> {
    const wanted = labelsOf(spec);
    for (const { labels } of (await this.#requests.get()).values) {
      if (
        labels.revision === wanted.revision &&
        labels.service === wanted.service &&
        labels.system === wanted.system
      ) {
        this.#requests.remove(labels);
      }
    }
    for (const probe of ['true', 'false']) this.#durations.remove({ ...wanted, probe });
  }
}

function labelsOf(spec: RevisionSpec) {
  return { system: spec.system, service: spec.service, revision: spec.id, version: spec.version };
}

function keyOf(spec: RevisionSpec): string {
  return `${spec.system}/${spec.service}/${spec.id}`;
}
