// Prometheus samples of revisions that run nowhere: each scrape finds the requests of one more interval,
// answered as well as the test says.
import type { RevisionSpec } from '../../../src/domain/rollout/model.ts';
import type { Exposition, Sample } from '../../../src/domain/analysis/prometheus-text.ts';

const BUCKETS = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];

/** Samples as a source gives them that declares the platform's own metrics. */
export function exposed(samples: Sample[]): Exposition {
  const declared = new Set(['fairlead_requests_total', 'fairlead_request_duration_seconds']);
  return { samples, declared };
}

/** How a version answers. */
export interface Quality {
  /** Share of requests answered with 500, 0 to 1. */
  errorRatio: number;
  /** Seconds that each request takes. */
  latency: number;
  /** Requests of the whole service between two scrapes; a revision gets its weight's share. */
  requests: number;
}

export const GOOD: Quality = { errorRatio: 0, latency: 0.02, requests: 1000 };

export class RevisionCounters {
  #ok = 0;
  #errors = 0;
  #seconds = 0;
  readonly #slower = new Map<number, number>();

  /** One more interval of traffic at `percent` of the service's. */
  advance(quality: Quality, percent: number): void {
    const requests = Math.round((quality.requests * percent) / 100);
    const errors = Math.round(requests * quality.errorRatio);
    this.#errors += errors;
    this.#ok += requests - errors;
    this.#seconds += requests * quality.latency;
    for (const le of BUCKETS) {
      if (quality.latency <= le) this.#slower.set(le, (this.#slower.get(le) ?? 0) + requests);
    }
  }

  samples(spec: RevisionSpec): Sample[] {
    const { system, service, id, version } = spec;
    const labels = { system, service, revision: id, version, probe: 'false' };
    const count = this.#ok + this.#errors;
    const duration = 'fairlead_request_duration_seconds';
    const bucket = (le: string, value: number): Sample => ({
      name: `${duration}_bucket`,
      labels: { ...labels, le },
      value,
    });
    return [
      { name: 'fairlead_requests_total', labels: { ...labels, code: '200' }, value: this.#ok },
      { name: 'fairlead_requests_total', labels: { ...labels, code: '500' }, value: this.#errors },
      ...BUCKETS.map((le) => bucket(String(le), this.#slower.get(le) ?? 0)),
      bucket('+Inf', count),
      { name: `${duration}_sum`, labels, value: this.#seconds },
      { name: `${duration}_count`, labels, value: count },
    ];
  }
}
