// What the section `drill:` must be to the rest of a file, and what other sections say of drills: services have to be
// there, and to be started on the copies; placeholders name copies that a drill makes; what is flushed can be warmed.
import { RUNGS } from '../domain/backup/rungs.ts';
import { copyPlaceholder, strangeIn } from '../domain/recovery/copy-template.ts';
import { servicesOf, startedServices, type Sections } from '../domain/recovery/started-services.ts';
import type { Datastore } from './datastores.ts';
import type { Drill } from './drill.ts';
import { DATASTORES, PLATFORMS, type DatastoreKind } from './kinds.ts';
import { whyNotIsolated, type Placed } from './platform-rules.ts';
import { didYouMean } from '../domain/text/did-you-mean.ts';
import { listed, shown } from './reading/wording.ts';
import { noSuch, remarksIn, repeatsIn, type Remark } from './remark.ts';
import type { Service } from './system.ts';

/** What is right of a file; `serviceNames` are those of all services, right or wrong. */
interface DrillFile {
  services: Readonly<Record<string, Service>>;
  datastores: Readonly<Record<string, Datastore>>;
  serviceNames: readonly string[];
}

export function drillRemarks(drill: Drill, file: DrillFile): Remark[] {
  const { serviceNames } = file;
  const named = [
    ...(drill.services ?? []).map((name, index) => ({ name, path: ['services', index] })),
    ...Object.keys(drill.configuration).map((name) => ({ name, path: ['configuration', name] })),
    ...drill.golden.map(({ service }, index) => ({
      name: service,
      path: ['golden', index, 'service'],
    })),
  ];
  const unknown = remarksIn(
    named.map(({ name, path }) => [
      !serviceNames.includes(name),
      path,
      noSuch('service', name, serviceNames),
    ]),
  );
  const isKnown = unknown.length === 0 && servicesAreRight(file);
  const queries = drill.golden.map(({ name }) => name);
  return [
    ...unknown,
    ...(isKnown ? [...startedRemarks(drill, file), ...isolationRemarks(drill, file)] : []),
    ...repeatsIn(queries).map((index) => ({
      path: ['golden', index, 'name'],
      message: `${shown(queries[index])} names two golden queries; give each its own name`,
    })),
    ...copyRemarks(drill, file),
  ];
}

/** Which services are started is known only once all of them are right. */
function servicesAreRight({ services, serviceNames }: DrillFile): boolean {
  return serviceNames.every((name) => services[name] !== undefined);
}

/** The services that a drill starts, in the order of the section, or of the file. */
function drilledServices(
  drill: Drill,
  { services, datastores }: Pick<DrillFile, 'services' | 'datastores'>,
): string[] {
  const named = Object.values(services).flatMap((service) => service.datastores);
  // A datastore that is not right in itself may be a primary one.
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
  const idle = (name: string): string =>
    `the service ${shown(name)} is not started in a drill, which starts ${listed(started)}; name it in drill.services`;
  return [
    ...remarksIn(
      drill.golden.map(({ service }, index) => [
        !started.includes(service),
        ['golden', index, 'service'],
        idle(service),
      ]),
    ),
    ...remarksIn(
      Object.keys(drill.configuration).map((name) => [
        !started.includes(name),
        ['configuration', name],
        idle(name),
      ]),
    ),
  ];
}

function isolationRemarks(drill: Drill, file: DrillFile): Remark[] {
  const started = drilledServices(drill, file).flatMap((name): Placed[] => {
    const platform = file.services[name]?.platform;
    return platform === undefined ? [] : [{ name, platform, ...PLATFORMS[platform] }];
  });
  const why = whyNotIsolated(started);
  return why === undefined ? [] : [{ path: ['services'], message: why }];
}

/**
 * Of a datastore whose `verify.required` names the rung `usable`: that rung takes a service that needs this datastore
 * alone, and is asked something. `sections` without `drill`: the file has none.
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

/** What a datastore with `warm` must be: it is flushed in a drill, and the services that fill it are started there. */
export function warmRemarks(
  name: string,
  { role, warm = [] }: Datastore,
  file: DrillFile & { drill: Drill | undefined },
): Remark[] {
  const { services, serviceNames, drill } = file;
  if (warm.length === 0) return [];
  if (role === 'primary') {
    const message =
      'means nothing for a primary datastore, which is restored and never flushed; remove it, or write role: derived';
    return [{ path: ['warm'], message }];
  }
  const needs = (service: string): boolean => services[service]?.datastores.includes(name) === true;
  const isKnown = servicesAreRight(file);
  if (isKnown && !serviceNames.some(needs)) {
    const message = `no service names ${name} in its datastores, so that a drill neither flushes nor warms it; name it there, or remove this`;
    return [{ path: ['warm'], message }];
  }
  const started = drill === undefined || !isKnown ? [] : drilledServices(drill, file);
  const isFlushed = started.some(needs);
  return warm.flatMap(({ service }, index) => {
    const isDeclared = serviceNames.includes(service);
    return remarksIn([
      [!isDeclared, ['warm', index, 'service'], noSuch('service', service, serviceNames)],
      [
        isDeclared && isFlushed && !started.includes(service),
        ['warm', index, 'service'],
        `the service ${shown(service)} is not started in a drill, which starts ${listed(started)}, so that ${name} would stay cold there; name it in drill.services`,
      ],
    ]);
  });
}

/** `{{copy.orders.password}}` has to name a copy that a drill makes and that somebody logs in to. */
function copyRemarks(drill: Drill, file: DrillFile): Remark[] {
  const known = copiesOf(drill, file);
  return Object.entries(drill.configuration).flatMap(([service, settings]) =>
    Object.entries(settings).flatMap(([name, value]) =>
      typeof value === 'string'
        ? strangeIn(value, known).map((one) => ({
            path: ['configuration', service, name],
            message: strangeWords(one, known, file),
          }))
        : [],
    ),
  );
}

/** The datastores that a drill makes copies of: those that are restored, and those started empty because a started service names them. */
function copiesOf(drill: Drill, file: DrillFile): string[] {
  const bound = drilledServices(drill, file).flatMap(
    (name) => file.services[name]?.datastores ?? [],
  );
  return Object.entries(file.datastores).flatMap(([name, { kind, role }]) =>
    role === 'primary' || bound.includes(name) ? copyNames(name, kind) : [],
  );
}

/** `copy.orders.user` and its kin. */
function copyNames(datastore: string, kind: DatastoreKind): string[] {
  return DATASTORES[kind].capabilities.copyLogin.map((field) => `copy.${datastore}.${field}`);
}

function strangeWords(one: string, known: readonly string[], { datastores }: DrillFile): string {
  const filled = `filled in here: ${listed(known.map((name) => `{{${name}}}`))}`;
  if (one === '{{' || one === '}}') return `${shown(one)} without its partner; ${filled}`;
  const name = copyPlaceholder(one)?.datastore ?? '';
  const kind = datastores[name]?.kind;
  const names = kind === undefined ? [] : copyNames(name, kind);
  if (kind !== undefined && names.length === 0) {
    return `{{${one}}}: ${name} is of kind ${kind}, which nobody logs in to; ${filled}`;
  }
  if (names.includes(one)) {
    return `{{${one}}}: the derived datastore ${name} is not started in a drill, because no service that is started names it in its datastores; ${filled}`;
  }
  return `unknown placeholder {{${one}}}${didYouMean(one, known)}; ${filled}`;
}
