// What no single value can say: weights that rise, names that are declared, ports that are free of each other. One table
// says which checks a section goes through; they lie beside the section's shape. The schema (system.ts) has done its
// part before; what it refused is not looked at here.
import { RESERVED_NAMES } from '../domain/text/names.ts';
import { analysisRemarks } from './analysis.ts';
import { approvalRemarks, keyRemarks } from './approval.ts';
import { channelRemarks } from './channel.ts';
import { compareRolloutRemarks } from './comparison.ts';
import { datastoreRemarks } from './datastores.ts';
import { drillRemarks, usableRemarks, warmRemarks } from './drill-rules.ts';
import { ownMetricRemarks } from './own-metrics.ts';
import { isWritten, mistakeAt, type Located, type Path } from './reading/located.ts';
import type { Mistake } from './reading/mistake.ts';
import type { Readable } from './reading/salvage.ts';
import { shown } from './reading/wording.ts';
import { under, type Remark } from './remark.ts';
import { alertRemarks } from './people/alerts.ts';
import { peopleRemarks } from './people/people.ts';
import { recoveryRemarks } from './recovery.ts';
import { rolloutRemarks } from './rollout.ts';
import { rpoRemarks, scheduleRemarks } from './schedules.ts';
import { bindingRemarks, placeRemarks, serviceRemarks } from './service.ts';
import { isSystemName } from './system-names.ts';
import { changeRemarks } from './time/changes.ts';
import { maintenanceRemarks } from './time/maintenance.ts';

interface Context extends Readable {
  /** The system's own folder first, then those of its bases. */
  folders: readonly string[];
  isWritten: (path: Path) => boolean;
}

/** The checks of each section, paths seen from the root of the file. */
const RULES: readonly ((file: Context) => Remark[])[] = [
  portRemarks,
  (file) =>
    inEach('services', file.services, (service) => [
      ...serviceRemarks(service, file.folders),
      ...bindingRemarks(service, file.datastoreNames),
      ...(storesAreRight(file) ? placeRemarks(service, file.datastores) : []),
      ...under(['rollout'], rolloutRemarks(service.rollout, file)),
      ...under(['rollout'], compareRolloutRemarks(service.rollout, file.analyses)),
    ]),
  (file) =>
    inEach('datastores', file.datastores, (store, name) => [
      ...datastoreRemarks(name, store, file),
      ...warmRemarks(name, store, file),
      ...(isWhole(file) ? usableRemarks(name, store.verify, sectionsOf(file)) : []),
    ]),
  (file) => inEach('analyses', file.analyses, analysisRemarks),
  (file) =>
    inEach('approvals', file.approvals, (policy, name) =>
      approvalRemarks(policy, (key) => file.isWritten(['approvals', name, key])),
    ),
  (file) => inEach('approvals', file.approvals, (policy) => keyRemarks(policy, file.keys ?? {})),
  (file) => inEach('notify', file.notify, channelRemarks),
  (file) => under(['people'], file.people ? peopleRemarks(file.people) : []),
  (file) => under(['alerts'], alertRemarks(file.alerts ?? {}, file.serviceNames)),
  (file) => under(['schedules'], scheduleRemarks(file.schedules ?? {}, hasPrimary(file))),
  (file) => under(['changes'], changeRemarks(file.changes ?? {}, file.approvalNames)),
  (file) =>
    under(['maintenance'], file.maintenance ? maintenanceRemarks(file.maintenance, file) : []),
  (file) => under(['drill'], file.drill ? drillRemarks(file.drill, file) : []),
  (file) => under(['recovery'], file.recovery ? recoveryRemarks(file.recovery, file) : []),
];

/** `folders`: the system's own folder first, then those of its bases. */
export function ruleMistakes(
  readable: Readable,
  root: Located,
  folders: readonly string[],
): Mistake[] {
  const file = { ...readable, folders, isWritten: (path: Path) => isWritten(root, path) };
  return RULES.flatMap((remarksOn) => remarksOn(file)).map(({ path, message }) =>
    mistakeAt(root, path, message),
  );
}

/**
 * What the file promises and does not keep: backups too rare by its own figures, analyses that look at nothing. Somebody has
 * to hear of it, and a stop or a backup must not wait for that.
 */
export function promiseMistakes(system: string, file: Readable, root: Located): Mistake[] {
  return [
    ...inEach('datastores', file.datastores, (store, name) =>
      rpoRemarks(store, file.schedules, (key) =>
        isWritten(root, ['datastores', name, 'backup', key]),
      ),
    ),
    ...inEach('analyses', file.analyses, (analysis) => ownMetricRemarks(analysis, file, system)),
  ].map(({ path, message }) => mistakeAt(root, path, message));
}

/** `written` is the value of `system:`, `folder` the folder's name. */
export function nameMistakes(written: unknown, folder: string, root: Located): Mistake[] {
  if (RESERVED_NAMES.has(folder)) {
    const message = `${shown(folder)} is the name of an operation and cannot be a system's; rename the folder and the field`;
    return [mistakeAt(root, ['system'], message)];
  }
  // The schema has its own word on what can be no name at all.
  if (typeof written !== 'string' || written === folder || !isSystemName(written)) return [];
  const message = `${shown(written)} differs from the name of the folder; write ${folder}, or rename the folder`;
  return [mistakeAt(root, ['system'], message)];
}

/** What is said of each entry of a section; paths are seen from the entry. */
function inEach<Entry>(
  section: string,
  entries: Readonly<Record<string, Entry>>,
  remarksOn: (entry: Entry, name: string) => Remark[],
): Remark[] {
  return Object.entries(entries).flatMap(([name, entry]) =>
    under([section, name], remarksOn(entry, name)),
  );
}

/** A datastore that is not right in itself may be a primary one. */
function hasPrimary({ datastores, datastoreNames = [] }: Readable): boolean {
  return datastoreNames.some((name) => datastores[name]?.role !== 'derived');
}

function storesAreRight({ datastores, datastoreNames = [] }: Readable): boolean {
  return datastoreNames.every((name) => datastores[name] !== undefined);
}

/** Which services show that a copy is usable is known only once all sections are right. */
function isWhole(context: Context): boolean {
  const { drill, services, datastores, serviceNames, datastoreNames = [] } = context;
  return (
    serviceNames.every((name) => services[name] !== undefined) &&
    datastoreNames.every((name) => datastores[name] !== undefined) &&
    context.isWritten(['drill']) === (drill !== undefined)
  );
}

function sectionsOf({ services, datastores, drill }: Readable) {
  return { services, datastores, ...(drill !== undefined && { drill }) };
}

function portRemarks({ services }: Readable): Remark[] {
  const holders = new Map<number, string>();
  return Object.entries(services).flatMap(([name, { port }]) => {
    const holder = holders.get(port);
    holders.set(port, holder ?? name);
    if (holder === undefined) return [];
    const message = `the port ${port} is that of the service ${holder}; give each service its own`;
    return [{ path: ['services', name, 'port'], message }];
  });
}
