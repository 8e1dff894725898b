// Small systems and worlds that tests start from.
import { systemSchema, type SystemFile } from '../../src/config/system.ts';
import { digestOf } from '../../src/domain/digest.ts';
import type { LoadedSystem } from '../../src/domain/loaded-system.ts';
import type {
  RevisionState,
  TrafficState,
  Weights,
  ServicePlatform,
} from '../../src/domain/rollout/model.ts';
import { local } from '../../src/platforms/local/settings.ts';
import { revisionSpec } from '../../src/domain/rollout/revision.ts';

type ServiceFile = SystemFile['services'][string];

/** A system `shop` with one service `api` on the local platform; `changes` go over the service. */
export function sampleSystem(
  changes: Partial<ServiceFile> = {},
  system: Partial<SystemFile> = {},
): LoadedSystem {
  const parsed = systemSchema.parse({
    system: 'shop',
    services: {
      api: {
        platform: 'local',
        command: ['node', 'versions/{version}.mjs'],
        port: 8000,
        replicas: 2,
        rollout: {
          canary: {
            steps: [{ weight: 5, bake: '1s', analysis: 'errors', approval: 'promote' }],
            watch: '1s',
            analysis: 'errors',
          },
          insurance: '60s',
        },
        ...changes,
      },
    },
    analyses: {
      errors: {
        source: 'scrape',
        metrics: {
          'error-ratio': {
            ratio: {
              of: 'fairlead_requests_total{code=~"5.."}',
              to: 'fairlead_requests_total',
            },
            max: 0.05,
          },
        },
      },
    },
    approvals: { promote: { quorum: 1 } },
    ...system,
  });
  return {
    name: parsed.system,
    directory: '/systems/shop',
    digest: digestOf(parsed),
    system: parsed,
  };
}

/** What the services of a sample system run on. */
export const SAMPLE_PLATFORM: ServicePlatform = { kind: 'local', ...local.capabilities };

/** A revision of a sample system as a platform would show it. */
export function sampleRevision(
  loaded: LoadedSystem,
  version: string,
  changes: Partial<RevisionState> = {},
): RevisionState {
  return {
    spec: revisionSpec(loaded, 'api', version),
    condition: 'ready',
    desired: 2,
    ready: 2,
    crashes: 0,
    previewUrl: 'http://127.0.0.1:1',
    metricsUrl: 'http://127.0.0.1:2/metrics',
    ...changes,
  };
}

export function sampleTraffic(weights: Weights, changes: Partial<TrafficState> = {}): TrafficState {
  return {
    weights,
    url: 'http://127.0.0.1:8000',
    stopped: false,
    admitPercent: 100,
    beforeStop: [],
    ...changes,
  };
}
