// What of a system a recovery in the place of the live data is about: the datastores, the services that need them, and
// what is derived from them.
import type { System } from '../../config/system.ts';
import { datastoreOf, primaryDatastores } from '../operation/operation.ts';
import type { OperationRequest } from '../operation/request.ts';

export interface RecoveredSystem {
  /** Primary ones, in sorted order. */
  datastores: string[];
  /** In the order of the system file. */
  services: string[];
  /** Derived ones that these services use. */
  derived: string[];
}

/** Where no service says what it needs, every service may need what is recovered. */
export function recoveredIn(
  system: Pick<System, 'services' | 'datastores'>,
  request: OperationRequest,
): RecoveredSystem {
  const named = datastoreOf(request);
  const datastores = named === undefined ? primaryDatastores(system) : [named];
  const all = Object.entries(system.services);
  const needs = all.filter(([, service]) =>
    service.datastores.some((one) => datastores.includes(one)),
  );
  const affected = needs.length === 0 ? all : needs;
  const used = new Set(affected.flatMap(([, service]) => service.datastores));
  const derived = Object.entries(system.datastores ?? {}).flatMap(([name, { role }]) =>
    role === 'derived' && used.has(name) ? [name] : [],
  );
  return { datastores, services: affected.map(([name]) => name), derived: derived.sort() };
}
