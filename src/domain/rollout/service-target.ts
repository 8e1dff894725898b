// A service with the platform that it runs on: what every verb of a platform's ports is told.
import type { PLATFORMS } from '../../config/kinds.ts';
import type { Service } from '../../config/system.ts';
import { Failure } from '../failure.ts';
import { didYouMean } from '../text/did-you-mean.ts';
import type { LoadedSystem } from '../loaded-system.ts';
import type { ServiceRef } from './model.ts';

export type PlatformKind = keyof typeof PLATFORMS;

/** A platform by its kind, with what the system file says of it for one service; one shape per kind. */
export type PlatformTarget = {
  [Kind in PlatformKind]: { kind: Kind } & Pick<
    Service,
    keyof Service & keyof (typeof PLATFORMS)[Kind]['fields']
  >;
}[PlatformKind];

export interface ServiceTarget extends ServiceRef {
  /** Absolute folder of the system. */
  directory: string;
  platform: PlatformTarget;
}

/** Throws NotFound with the services that there are. */
export function serviceTarget(loaded: LoadedSystem, service: string): ServiceTarget {
  const { name: system, directory } = loaded;
  const config = Object.hasOwn(loaded.system.services, service)
    ? loaded.system.services[service]
    : undefined;
  if (config !== undefined) {
    return { system, service, directory, platform: platformTarget(config) };
  }
  const known = Object.keys(loaded.system.services);
  const near = didYouMean(service, known);
  throw new Failure(
    'NotFound',
    `${system} has no service ${service}${near}; it has ${known.join(', ')}`,
  );
}

/** What is left of a service without what services of every kind say is what its platform's kind asks for. */
function platformTarget(config: Service): PlatformTarget {
  const {
    platform: kind,
    description,
    command,
    image,
    port,
    replicas,
    configuration,
    datastores,
    files,
    health,
    drain,
    rollout,
    checks,
    ...settings
  } = config;
  return { kind, ...settings };
}

/** How long the service may take until it is ready (ms). */
export function readyWithin({ system }: LoadedSystem, service: string): number {
  return system.services[service]?.rollout.deadlines.ready ?? 0;
}
