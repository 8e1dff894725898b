// Which services are started on copies: all that a drill starts, or those that can show that the copy of one datastore
// is usable. Pure over the sections of a system file; the rules of `fairlead check` ask the same.
import type { Datastore } from '../../config/datastores.ts';
import type { Drill } from '../../config/drill.ts';
import type { Service } from '../../config/system.ts';
import { primaryDatastores } from '../operation/operation.ts';

export interface Sections {
  services: Readonly<Record<string, Pick<Service, 'datastores'>>>;
  datastores?: Record<string, Datastore>;
  drill?: Pick<Drill, 'services' | 'golden'>;
}

/** The services that a drill starts: those that its section names, else those that use what is restored. */
export function startedServices(
  { services, drill }: Omit<Sections, 'datastores'>,
  restored: readonly string[],
): string[] {
  const uses = (name: string): boolean =>
    (services[name]?.datastores ?? []).some((one) => restored.includes(one));
  return drill?.services ?? Object.keys(services).filter(uses);
}

/** `why`: nothing can show it, in a sentence. */
export type Showing = { services: string[] } | { why: string };

/** Services of a drill that need this one of the primary datastores and no other; one of them is asked something. */
export function servicesOf(datastore: string, system: Sections): Showing {
  const { drill } = system;
  if (drill === undefined) {
    return { why: 'no section "drill" says which service is started, and what it is asked' };
  }
  const primary = primaryDatastores(system);
  const started = startedServices(system, primary);
  const told = started.map((name) => ({ name, more: moreThan(datastore, name, system, primary) }));
  const alone = told.filter(({ more }) => more === undefined).map(({ name }) => name);
  if (drill.golden.some(({ service }) => alone.includes(service))) return { services: alone };
  const why =
    alone.length === 0
      ? `${told.flatMap(({ more }) => more ?? []).join(', ')}; a drill restores all of them together`
      : `no golden query asks ${alone.join(', ')}; name one in drill.golden`;
  return { why };
}

/** Which datastores a service takes beside this one, or instead of it, in words; undefined where none. */
function moreThan(
  datastore: string,
  name: string,
  { services }: Sections,
  primary: readonly string[],
): string | undefined {
  const named = (services[name]?.datastores ?? []).filter((one) => primary.includes(one));
  // One that names none is started all the same where the section names it, and may need any of them.
  const needed = named.length === 0 ? primary : named;
  const others = needed.filter((one) => one !== datastore);
  if (others.length === 0 && needed.length > 0) return undefined;
  if (!needed.includes(datastore)) return `${name} is on ${needed.join(' and ')}`;
  if (named.length === 0) return `${name} names no datastore, and may need ${others.join(' and ')}`;
  return `${name} also needs ${others.join(' and ')}`;
}
