// What loading a system file gives: activities load it once, plans and operations work with it.
import type { Setting, System } from '../config/system.ts';

/** A system file as an operation works with it from start to end. */
export interface LoadedSystem {
  name: string;
  /** Absolute folder that commands, files and checks are relative to. */
  directory: string;
  /** SHA-256 (hex) over the RFC 8785 form of `system`. */
  digest: string;
  system: System;
}

/** As much of a loaded system as it takes to look its secrets up. */
export interface SecretSource {
  name: string;
  directory: string;
  system: { services: Record<string, { configuration: Record<string, Setting> }> };
}

/** The references alone: small enough to go with every activity, and no secret. */
export function secretSource({ name, directory, system }: LoadedSystem): SecretSource {
  const services = Object.entries(system.services).map(([service, { configuration }]) => {
    const references = Object.entries(configuration).filter(([, one]) => typeof one === 'object');
    return [service, { configuration: Object.fromEntries(references) }] as const;
  });
  return { name, directory, system: { services: Object.fromEntries(services) } };
}
