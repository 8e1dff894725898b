// A world for tests of a bake: revisions, metrics and checks as functions of a virtual time.
import type { Check } from '../../src/config/system.ts';
import { bake } from '../../src/activities/bake.ts';
import type { BakeInput, BakePorts } from '../../src/activities/bake.ts';
import type { ChecksPort, QueryInput, Waiting, WorkloadPort } from '../../src/activities/ports.ts';
import type { BakeProgress } from '../../src/domain/bake-progress.ts';
import { Failure } from '../../src/domain/failure.ts';
import type { RevisionState } from '../../src/domain/model.ts';
import type { Sample } from '../../src/domain/prometheus-text.ts';
import type { QueryAnswer } from '../../src/domain/query-answer.ts';
import { createVirtualClock } from './virtual-clock.ts';

/** Each is asked with the milliseconds since the world began. */
export interface Behaviour {
  revisions?: (ms: number) => RevisionState[];
  samples?: (ms: number) => Sample[];
  check?: (ms: number) => string;
  /** How long a scrape takes. */
  scrapeMs?: number;
  /** What a Prometheus server answers. */
  query?: (input: QueryInput, ms: number) => QueryAnswer;
}

export function revisionState(id: string, more: Partial<RevisionState> = {}): RevisionState {
  const spec = {
    system: 's',
    service: 'api',
    id,
    version: 'v2',
    directory: '/',
    files: [],
    configuration: {},
    bindings: [],
    host: '127.0.0.1',
    port: 1,
    health: { path: '/health', interval: 1000, timeout: 1000 },
    drain: 1000,
  };
  return {
    spec,
    condition: 'ready',
    desired: 2,
    ready: 2,
    crashes: 0,
    previewUrl: `http://preview/${id}`,
    metricsUrl: 'http://platform/metrics',
    ...more,
  };
}

export const CHECK: Check = { name: 'health', http: '/health', status: 200, timeout: 1000 };

export function bakeInput(more: Partial<BakeInput> = {}): BakeInput {
  return {
    service: { system: 's', service: 'api' },
    version: 'v2',
    revision: 'new',
    ms: 10_000,
    analyses: {},
    checks: [],
    directory: '/',
    ...more,
  };
}

export function createBakeWorld(behaviour: Behaviour = {}) {
  const clock = createVirtualClock();
  const began = clock.now();
  const elapsed = () => clock.now() - began;
  const scraped: string[] = [];
  const queried: QueryInput[] = [];
  const checked: Parameters<ChecksPort['run']>[0][] = [];
  const healthy = [revisionState('new'), revisionState('old')];
  const unused = () => Promise.reject(new Failure('Unsupported', 'a bake changes nothing'));
  const workload: WorkloadPort = {
    revisions: async () => behaviour.revisions?.(elapsed()) ?? healthy,
    ensure: unused,
    scale: unused,
    restart: unused,
    remove: unused,
    obstacles: unused,
  };
  const ports: BakePorts = {
    clock,
    workload,
    metrics: {
      scrape: async (url, { signal }) => {
        scraped.push(url);
        if (behaviour.scrapeMs !== undefined) await clock.sleep(behaviour.scrapeMs, signal);
        return behaviour.samples?.(elapsed()) ?? [];
      },
      query: async (input) => {
        queried.push(input);
        return behaviour.query?.(input, elapsed()) ?? { series: [], warnings: [] };
      },
    },
    checks: {
      run: async (target) => {
        checked.push(target);
        return behaviour.check?.(elapsed()) ?? 'fine';
      },
    },
  };
  const bakeThere = (input: BakeInput, waiting: Waiting & { previous?: BakeProgress }) =>
    bake(input, waiting, ports);
  return { bake: bakeThere, clock, elapsed, scraped, queried, checked };
}
