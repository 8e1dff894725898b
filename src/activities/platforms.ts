// Where services run: one pair of ports per kind of platform, all of them named here.
import type { Service } from '../config/system.ts';
import type { LoadedSystem } from '../domain/loaded-system.ts';
import type { ServiceRef } from '../domain/model.ts';
import type { ServiceWorld } from '../domain/world.ts';
import { Failure } from '../domain/failure.ts';
import type { TrafficPort, WorkloadPort } from './ports.ts';

export type PlatformKind = Service['platform'];

export interface Platform {
  workload: WorkloadPort;
  traffic: TrafficPort;
}

export type Platforms = Record<PlatformKind, Platform>;

/** A service and the platform that it runs on. */
export interface Place extends ServiceRef {
  platform: PlatformKind;
}

export function workloadOf(platforms: Platforms, place: Place): WorkloadPort {
  return platforms[place.platform].workload;
}

export function trafficOf(platforms: Platforms, place: Place): TrafficPort {
  return platforms[place.platform].traffic;
}

export async function readWorld(platforms: Platforms, place: Place): Promise<ServiceWorld> {
  const [traffic, revisions] = await Promise.all([
    trafficOf(platforms, place).read(place),
    workloadOf(platforms, place).revisions(place),
  ]);
  return { traffic, revisions };
}

/** Throws NotFound with the services that there are. */
export function placeOf(loaded: LoadedSystem, service: string): Place {
  const config = loaded.system.services[service];
  if (config === undefined) {
    throw new Failure(
      'NotFound',
      `${loaded.name} has no service ${service}; it has ${Object.keys(loaded.system.services).join(', ')}`,
    );
  }
  return { system: loaded.name, service, platform: config.platform };
}
