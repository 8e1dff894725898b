// Small systems with one live service each, a worker for them in this process, and what tests do with them: for
// the workflow tests, which take a new system per test so that they do not meet.
import assert from 'node:assert/strict';
import { setTimeout as sleep } from 'node:timers/promises';
import { WorkflowUpdateFailedError, type WorkflowHandle } from '@temporalio/client';
import type { ActivityPorts } from '../../src/activities/create.ts';
import type { SystemFile } from '../../src/config/system.ts';
import type { LoadedSystem } from '../../src/domain/loaded-system.ts';
import { revisionSpec } from '../../src/domain/rollout/revision.ts';
import { describeWeights } from '../../src/domain/traffic/weights.ts';
import type { Double } from './memory/doubles.ts';
import { RevisionCounters } from './memory/memory-metrics.ts';
import {
  askedGently,
  freshName,
  memoryPorts,
  startTestWorker,
  untilStatus,
  type MemoryPorts,
  type TestWorker,
} from './operations.ts';
import { sampleSystem } from './samples.ts';
import { testServer } from './temporal-server.ts';

type ServiceFile = SystemFile['services'][string];
type RolloutFile = NonNullable<ServiceFile['rollout']>;

export interface ShopFile {
  rollout?: RolloutFile;
  checks?: ServiceFile['checks'];
  configuration?: ServiceFile['configuration'];
  files?: ServiceFile['files'];
  promote?: ServiceFile['promote'];
  approval?: NonNullable<SystemFile['approvals']>[string];
  onInconclusive?: 'ask' | 'undo';
  notify?: NonNullable<SystemFile['notify']>;
  datastores?: NonNullable<SystemFile['datastores']>;
  schedules?: NonNullable<SystemFile['schedules']>;
  changes?: NonNullable<SystemFile['changes']>;
  maintenance?: NonNullable<SystemFile['maintenance']>;
  drill?: NonNullable<SystemFile['drill']>;
  recovery?: NonNullable<SystemFile['recovery']>;
  people?: NonNullable<SystemFile['people']>;
  alerts?: NonNullable<SystemFile['alerts']>;
  keys?: NonNullable<SystemFile['keys']>;
  /** Datastores of the service. */
  uses?: string[];
  /** Between two measurements; 50 ms without it. */
  interval?: string;
}

/** A gate at 5 %, then half, then all: short bakes, long insurance. */
const quick: RolloutFile = {
  canary: {
    steps: [
      { weight: 5, bake: '150ms', approval: 'promote' },
      { weight: 50, bake: '150ms' },
    ],
    watch: '150ms',
    analysis: 'errors',
  },
  deadlines: { ready: '1s', preempt: '20s' },
  insurance: '1h',
  autoPromotion: true,
  earlyPromotion: true,
};

/** A bake at 5 % that does not end by itself. */
export const longBake: ShopFile = {
  rollout: {
    canary: {
      steps: [
        { weight: 5, bake: '1h' },
        { weight: 50, bake: '50ms' },
      ],
      watch: '0s',
    },
    earlyPromotion: true,
  },
};

/** A gate at 5 %, then a bake that does not end by itself. */
export const gateThenBake = {
  rollout: {
    canary: {
      steps: [
        { weight: 5, approval: 'promote' },
        { weight: 50, bake: '1h' },
      ],
      watch: '0s',
    },
  },
} satisfies ShopFile;

export interface Shop {
  ports: MemoryPorts;
  worker: TestWorker;
  /** A new system, with v1 carrying everything. */
  live: (file?: ShopFile) => string;
  /** A new system with nothing deployed. */
  empty: (file?: ShopFile) => string;
  /** Starts a canary deploy of `api`, requested by `ci`. */
  deploy: (system: string, version: string, more?: object) => Promise<WorkflowHandle>;
  /** A deploy of v2 that waits at its gate, weight-5. */
  waiting: (file?: ShopFile, more?: object) => Promise<{ system: string; handle: WorkflowHandle }>;
  start: TestWorker['start'];
  weightsOf: (system: string) => string;
  /** Versions that exist. */
  versionsOf: (system: string) => string[];
}

/** Opens a shop for a test file; `after(() => shop.worker.stop())` closes it. */
export async function openShop(
  changed: Partial<ActivityPorts> = {},
  options: Parameters<typeof startTestWorker>[2] = {},
  double: Double = 'memory',
): Promise<Shop> {
  const { address } = await testServer();
  const systems: LoadedSystem[] = [];
  const ports = { ...memoryPorts(systems, double), ...changed } as MemoryPorts;
  const worker = await startTestWorker(address, ports, options);
  const empty = (file: ShopFile = {}): string => {
    const loaded = shopSystem(freshName(), file);
    systems.push(loaded);
    return loaded.name;
  };
  const live = (file: ShopFile = {}): string => {
    const system = empty(file);
    const loaded = systems.find((one) => one.name === system);
    assert.ok(loaded);
    seed(ports, loaded, 'v1');
    return system;
  };
  const deploy: Shop['deploy'] = (system, version, more = {}) =>
    worker.start('canaryDeploy', { system, service: 'api', version, requestedBy: 'ci', ...more });
  return {
    ports,
    worker,
    live,
    empty,
    deploy,
    waiting: async (file, more) => {
      const system = live(file);
      const handle = await deploy(system, 'v2', more);
      await untilStatus(handle, (status) => status.state === 'waiting');
      return { system, handle };
    },
    start: worker.start,
    weightsOf: (system) => describeWeights(ports.world.weights({ system, service: 'api' })),
    versionsOf: (system) =>
      [...ports.world.service({ system, service: 'api' }).revisions.values()].map(
        (one) => one.spec.version,
      ),
  };
}

export function shopSystem(name: string, file: ShopFile = {}): LoadedSystem {
  const { rollout = {}, approval = {}, onInconclusive = 'ask', interval = '50ms' } = file;
  const { checks, configuration, files, uses, promote } = file;
  const said = { checks, configuration, files, promote };
  return sampleSystem(
    {
      rollout: { ...quick, ...rollout },
      ...Object.fromEntries(Object.entries(said).filter(([, value]) => value !== undefined)),
      ...(uses !== undefined && { datastores: uses }),
    },
    {
      system: name,
      ...sectionsOf(file),
      approvals: { promote: approval },
      analyses: {
        errors: {
          source: 'scrape',
          interval,
          onInconclusive,
          metrics: {
            'error-ratio': {
              ratio: { of: 'fairlead_requests_total{code=~"5.."}', to: 'fairlead_requests_total' },
              max: 0.05,
            },
          },
        },
      },
    },
  );
}

const SECTIONS = [
  ...(['notify', 'datastores', 'schedules', 'changes', 'maintenance', 'drill'] as const),
  ...(['recovery', 'people', 'alerts', 'keys'] as const),
];

/** What a system has only when it is asked for. */
function sectionsOf(file: ShopFile): Partial<SystemFile> {
  return Object.fromEntries(
    SECTIONS.flatMap((name) => (file[name] === undefined ? [] : [[name, file[name]]])),
  );
}

/** Puts a version there that carries everything, as a deploy long ago would have left it. */
export function seed(
  { world }: MemoryPorts,
  loaded: LoadedSystem,
  version: string,
  name = 'api',
): void {
  const ref = { system: loaded.name, service: name };
  const spec = revisionSpec(loaded, name, version);
  const service = world.service(ref);
  service.revisions.set(spec.id, {
    spec,
    desired: 2,
    crashes: 0,
    counters: new RevisionCounters(),
  });
  service.url = `http://127.0.0.1:${spec.program.port}`;
  service.traffic = {
    ...service.traffic,
    weights: [{ revision: spec.id, version, percent: 100 }],
    served: [{ spec, replicas: 2, since: new Date(0).toISOString() }, ...service.traffic.served],
  };
}

/** What an update was answered with. */
export async function send(
  handle: WorkflowHandle,
  name: string,
  argument: unknown,
): Promise<{ accepted: true; note: string }> {
  return handle.executeUpdate(name, { args: [argument] });
}

/** The sentence that an update was refused with. */
export async function refusal(
  handle: WorkflowHandle,
  name: string,
  argument: unknown,
): Promise<string> {
  try {
    await handle.executeUpdate(name, { args: [argument] });
  } catch (error) {
    assert.ok(error instanceof WorkflowUpdateFailedError, String(error));
    return error.cause?.message ?? '';
  }
  return assert.fail(`${name} was accepted`);
}

/** Waits for a bake at this share of v2: it begins together with the weights being recorded. */
export async function untilBaking(handle: WorkflowHandle, percent: number): Promise<void> {
  const isThere = (version: string, share: number) => version === 'v2' && share === percent;
  for (;;) {
    const { answer: report } = await askedGently(handle, 'report');
    const { answer: status, pause } = await askedGently(handle, 'status');
    const last = report?.weights.at(-1)?.versions ?? [];
    const isRunning = status?.state === 'running';
    if (isRunning && last.some((one) => isThere(one.version, one.percent))) return;
    assert.notEqual(status?.state, 'closed', `${handle.workflowId} closed before its bake`);
    await sleep(pause);
  }
}

/** A promise and the function that fulfils it. */
export function signal(): { given: Promise<void>; give: () => void } {
  let give = (): void => undefined;
  const given = new Promise<void>((resolve) => {
    give = resolve;
  });
  return { given, give };
}
