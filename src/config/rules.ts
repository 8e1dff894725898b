// What no single value can say: weights that rise, names that are declared, ports that are free of each
// other. Pure over what was read; the schema (system.ts) has done its part before.
import { RESERVED_NAMES } from '../domain/names.ts';
import { isWritten, mistakeAt } from './located.ts';
import type { Located, Path } from './located.ts';
import type { Mistake } from './mistake.ts';
import { channelRemarks } from './rules-channels.ts';
import { bindingRemarks, datastoreRemarks, sharedNameRemarks } from './rules-datastores.ts';
import { copyRemarks } from './rules-copies.ts';
import { drillRemarks, usableRemarks } from './rules-drill.ts';
import { analysisRemarks, approvalRemarks } from './rules-judges.ts';
import { rolloutRemarks } from './rules-rollout.ts';
import { rpoRemarks, scheduleRemarks } from './rules-schedules.ts';
import { serviceRemarks } from './rules-service.ts';
import type { Readable } from './salvage.ts';
import { isSystemName } from './system-names.ts';
import { warmRemarks } from './rules-warm.ts';
import { shown } from './wording.ts';

/** Something that is wrong at a path, before it is known where that stands in a file. */
export interface Remark {
  path: Path;
  message: string;
}

/** `folders`: the system's own folder first, then those of its bases. */
export function ruleMistakes(
  readable: Readable,
  root: Located,
  folders: readonly string[],
): Mistake[] {
  const remarks = [
    ...portRemarks(readable),
    ...under(['services'], readable.services, (service) => [
      ...serviceRemarks(service, folders),
      ...bindingRemarks(service, readable.datastoreNames),
      ...rolloutRemarks(service.rollout, readable).map(({ path, message }) => ({
        path: ['rollout', ...path],
        message,
      })),
    ]),
    ...under(['datastores'], readable.datastores, (store, name) => [
      ...sharedNameRemarks(name, Object.keys(readable.services)),
      ...datastoreRemarks(store, folders),
      ...warmRemarks(name, store, { ...readable, declared: readable.serviceNames }),
    ]),
    ...under(['analyses'], readable.analyses, analysisRemarks),
    ...under(['approvals'], readable.approvals, (policy, name) =>
      approvalRemarks(policy, (key) => isWritten(root, ['approvals', name, key])),
    ),
    ...under(['notify'], readable.notify, channelRemarks),
    ...inSchedules(readable),
    ...drillOf(readable),
    ...usableOf(readable, isWritten(root, ['drill'])),
  ];
  return remarks.map(({ path, message }) => mistakeAt(root, path, message));
}

/** What the file promises and its own figures do not keep: somebody has to hear of it, and a stop or a backup must not wait for that. */
export function promiseMistakes({ datastores, schedules }: Readable, root: Located): Mistake[] {
  return under(['datastores'], datastores, (store) => rpoRemarks(store, schedules)).map(
    ({ path, message }) => mistakeAt(root, path, message),
  );
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

function drillOf({ drill, serviceNames: declared, ...readable }: Readable): Remark[] {
  if (drill === undefined) return [];
  return [...drillRemarks(drill, { ...readable, declared }), ...copyRemarks(drill, readable)].map(
    ({ path, message }) => ({
      path: ['drill', ...path],
      message,
    }),
  );
}

/** Who is started on what is known only once all of it is right. */
function usableOf(readable: Readable, hasDrill: boolean): Remark[] {
  const { drill, services, datastores, serviceNames, datastoreNames = [] } = readable;
  const isWhole =
    serviceNames.every((name) => services[name] !== undefined) &&
    datastoreNames.every((name) => datastores[name] !== undefined) &&
    hasDrill === (drill !== undefined);
  if (!isWhole) return [];
  const sections = { services, datastores, ...(drill !== undefined && { drill }) };
  return under(['datastores'], datastores, ({ verify }, name) =>
    usableRemarks(name, verify, sections),
  );
}

function under<T>(
  path: Path,
  values: Record<string, T>,
  remarksOn: (value: T, name: string) => Remark[],
): Remark[] {
  return Object.entries(values).flatMap(([name, value]) =>
    remarksOn(value, name).map((remark) => ({
      path: [...path, name, ...remark.path],
      message: remark.message,
    })),
  );
}

function inSchedules({ schedules, datastores, datastoreNames = [] }: Readable): Remark[] {
  if (schedules === undefined) return [];
  // One that is not right in itself may be a primary one.
  const kept = datastoreNames.some((name) => datastores[name]?.role !== 'derived');
  return scheduleRemarks(schedules, kept).map(({ path, message }) => ({
    path: ['schedules', ...path],
    message,
  }));
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
