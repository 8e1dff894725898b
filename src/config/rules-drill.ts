// What the section `drill:` says of services: they have to be there, and to be started.
import { RUNGS } from '../domain/rungs.ts';
import { servicesOf, startedServices, type Sections } from '../domain/started-services.ts';
import type { Datastore } from './datastores.ts';
import type { Drill } from './drill.ts';
import type { Remark } from './rules.ts';
import type { Service } from './system.ts';
import { didYouMean, listed, shown } from './wording.ts';

/** What is right of a file; `declared`: the names of all services. */
export interface DrillFile {
  services: Readonly<Record<string, Service>>;
  datastores: Readonly<Record<string, Datastore>>;
  declared: readonly string[];
}

export function drillRemarks(drill: Drill, file: DrillFile): Remark[] {
  const { services, declared } = file;
  const named = [
    ...(drill.services ?? []).map((name, index) => ({ name, path: ['services', index] })),
    ...Object.keys(drill.configuration).map((name) => ({ name, path: ['configuration', name] })),
    ...drill.golden.map(({ service }, index) => ({
      name: service,
      path: ['golden', index, 'service'],
    })),
  ];
  const unknown = named.flatMap(({ name, path }) => {
    if (declared.includes(name)) return [];
    const message = `there is no service ${shown(name)}${didYouMean(name, declared)}; declared in services: ${listed(declared)}`;
    return [{ path, message }];
  });
  // Which services are started is known only once all of them are right.
  const whole = declared.every((name) => services[name] !== undefined);
  const more = unknown.length === 0 && whole ? startedRemarks(drill, file) : [];
  return [...unknown, ...more, ...twiceRemarks(drill)];
}

/**
 * Of one datastore: the rung `usable` takes a service that needs it alone, and is asked something. `drill` is
 * undefined where there is no such section.
 */
export function usableRemarks(
  name: string,
  { required }: Datastore['verify'],
  sections: Sections,
): Remark[] {
  const index = required.indexOf('usable');
  const showing = index < 0 ? undefined : servicesOf(name, sections);
  if (showing === undefined || !('why' in showing)) return [];
  const others = listed(RUNGS.filter((rung) => rung !== 'usable'));
  const what =
    sections.drill === undefined
      ? `declare it, or write ${others}`
      : `write ${others} here; a drill asks the golden queries all the same`;
  const message = `"usable" cannot be shown of ${name}: ${showing.why}; ${what}`;
  return [{ path: ['verify', 'required', index], message }];
}

/** As a drill starts them, in the order of the section, or of the file. */
export function drilledServices(
  drill: Drill,
  { services, datastores }: Pick<DrillFile, 'services' | 'datastores'>,
): string[] {
  const named = Object.values(services).flatMap((service) => service.datastores);
  // One that is not right in itself may be a primary one.
  const restored = named.filter((name) => datastores[name]?.role !== 'derived');
  return startedServices({ services, drill }, restored);
}

function startedRemarks(drill: Drill, file: DrillFile): Remark[] {
  const started = drilledServices(drill, file);
  if (started.length === 0) {
    const message =
      'no service names a datastore that is restored, so a drill would start none; name those that are to be started in drill.services';
    return [{ path: ['golden'], message }];
  }
  const what = (name: string) =>
    `the service ${shown(name)} is not started in a drill, which starts ${listed(started)}; name it in drill.services`;
  return [
    ...drill.golden.flatMap(({ service }, index) =>
      started.includes(service)
        ? []
        : [{ path: ['golden', index, 'service'], message: what(service) }],
    ),
    ...Object.keys(drill.configuration)
      .filter((name) => !started.includes(name))
      .map((name) => ({ path: ['configuration', name], message: what(name) })),
  ];
}

function twiceRemarks({ golden }: Drill): Remark[] {
  return golden.flatMap(({ name }, index) =>
    golden.findIndex((one) => one.name === name) === index
      ? []
      : [
          {
            path: ['golden', index, 'name'],
            message: `${shown(name)} names two golden queries; give each its own name`,
          },
        ],
  );
}
