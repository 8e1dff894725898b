// What a service asks of its platform that this platform cannot do. Said when the file is checked or loaded, so that it
// never comes up in the middle of an operation.
import type { PlatformCapabilities } from '../domain/capabilities.ts';
import { listed } from './reading/wording.ts';
import { remarksIn, type Remark } from './remark.ts';

/** What of a service is looked at here. */
interface Asking {
  platform: string;
  command?: string[];
  image?: string;
  replicas: number;
  checks: { smoke: readonly unknown[]; preview: readonly unknown[] };
  rollout: {
    canary?: { steps: readonly { weight: number }[] };
    blueGreen?: { preview: { bake: number; analysis?: string[] } };
  };
}

export function capabilityRemarks(service: Asking, capabilities: PlatformCapabilities): Remark[] {
  return [
    ...programRemarks(service, capabilities),
    ...(capabilities.weights === 'whole' ? wholeRemarks(service) : []),
    ...(capabilities.replicas === 'elastic' ? replicaRemarks(service) : []),
    ...(capabilities.preview === 'none' ? previewRemarks(service) : []),
  ];
}

const PROGRAMS = {
  command: { what: 'a command', written: 'command: [program, argument, ...]', other: 'image' },
  image: { what: 'an image', written: 'image: REFERENCE', other: 'command' },
} as const;

function programRemarks(service: Asking, { program }: PlatformCapabilities): Remark[] {
  const { platform } = service;
  const { what, written, other } = PROGRAMS[program];
  const [has, hasOther] = [service[program] !== undefined, service[other] !== undefined];
  return remarksIn([
    [has && hasOther, [other], 'both command and image are there; keep one of them'],
    [
      !has && hasOther,
      [other],
      `the platform ${platform} runs ${what}, not ${PROGRAMS[other].what}; write ${written}`,
    ],
    [!has && !hasOther, [program], `is missing; the platform ${platform} needs ${written}`],
  ]);
}

/** A service with the name and the kind and capabilities of its platform. */
export interface Placed {
  name: string;
  platform: string;
  capabilities: Pick<PlatformCapabilities, 'isolation'>;
}

/** Why these services cannot be started together on copies, apart from everything live; undefined when they can. */
export function whyNotIsolated(services: readonly Placed[]): string | undefined {
  const unable = services.find(({ capabilities }) => !capabilities.isolation);
  if (unable !== undefined) {
    return `the service ${unable.name} cannot be started on a copy: the platform ${unable.platform} starts nothing apart from what is live`;
  }
  const kinds = [...new Set(services.map(({ platform }) => platform))];
  if (kinds.length < 2) return undefined;
  return `${listed(services.map(({ name }) => name))} run on the platforms ${listed(kinds)}, and an isolated target is on one; name services of one platform in drill.services`;
}

function wholeRemarks({ platform, rollout: { canary } }: Asking): Remark[] {
  return remarksIn(
    (canary?.steps ?? []).map(({ weight }, index) => [
      !Number.isInteger(weight),
      ['rollout', 'canary', 'steps', index, 'weight'],
      `${weight} is not allowed; the platform ${platform} shares traffic by whole percents`,
    ]),
  );
}

/** A file that says nothing of replicas says 1. */
function replicaRemarks({ platform, replicas }: Asking): Remark[] {
  return remarksIn([
    [
      replicas > 1,
      ['replicas'],
      `${replicas} is not allowed; the platform ${platform} has as many replicas as it finds right; remove it`,
    ],
  ]);
}

function previewRemarks({ platform, checks, rollout: { blueGreen } }: Asking): Remark[] {
  const { bake = 0, analysis } = blueGreen?.preview ?? {};
  const message = `cannot be done: on the platform ${platform} nobody reaches a revision that has no traffic; remove it`;
  return remarksIn([
    [checks.smoke.length > 0, ['checks', 'smoke'], message],
    [checks.preview.length > 0, ['checks', 'preview'], message],
    [bake > 0 || analysis !== undefined, ['rollout', 'blueGreen', 'preview'], message],
  ]);
}
