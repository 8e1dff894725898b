// A world for tests of a bake: revisions, metrics and checks as functions of a virtual time.
import type { Check } from '../../src/config/system.ts';
import type { BakeInput, BakePorts } from '../../src/activities/judging/bake-input.ts';
import { bake } from '../../src/activities/judging/bake.ts';
import type { ChecksPort } from '../../src/ports/checks.ts';
import type { QueryInput } from '../../src/ports/metrics.ts';
import type { Waiting } from '../../src/ports/waiting.ts';
import type { BakeProgress } from '../../src/domain/analysis/bake-progress.ts';
import type { RevisionState } from '../../src/domain/rollout/model.ts';
import type { Sample } from '../../src/domain/analysis/prometheus-text.ts';
import type { QueryAnswer } from '../../src/domain/analysis/query-answer.ts';
import { exposed } from './memory/memory-metrics.ts';
import { targetOf } from './called-platform.ts';
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
  const spec: RevisionState['spec'] = {
    system: 's',
    service: 'api',
    id,
    version: 'v2',
    program: { kind: 'image', reference: 'shop/api:v2', port: 1 },
    configuration: {},
    bindings: [],
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
    service: targetOf({ system: 's', service: 'api' }),
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
  const ports: BakePorts = {
    clock,
    workload: { revisions: async () => behaviour.revisions?.(elapsed()) ?? healthy },
    traffic: { mark: async () => ({}) },
    metrics: {
      scrape: async (url, { signal }) => {
        scraped.push(url);
        if (behaviour.scrapeMs !== undefined) await clock.sleep(behaviour.scrapeMs, signal);
        return exposed(behaviour.samples?.(elapsed()) ?? []);
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
