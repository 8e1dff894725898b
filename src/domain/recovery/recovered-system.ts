// What of a system a recovery in the place of the live data is about: the datastores, the services that need them, and
// what is derived from them.
import type { System } from '../../config/system.ts';
import { datastoreOf, primaryDatastores } from '../operation/operation.ts';
import type { OperationRequest } from '../operation/request.ts';
import { stopOrder } from './live/writers.ts';

export interface RecoveredSystem {
  /** Primary ones, in sorted order. */
  datastores: string[];
  /** In the order in which they are stopped. */
  services: string[];
  /** Derived ones that these services use. */
  derived: string[];
}

/** Where no service says what it needs, every service may need what is recovered. */
export function recoveredIn(
  system: Pick<System, 'services' | 'datastores' | 'recovery'>,
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
  const services = stopOrder(
    affected.map(([name]) => name),
    system,
  );
  return { datastores, services, derived: derived.sort() };
}
