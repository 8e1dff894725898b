// What the values of one datastore must be to each other, and to the services that name it.
import type { Datastore, DatastoreKind } from './datastores.ts';
import { durationText } from './duration-text.ts';
import type { Remark } from './rules.ts';
import { staysInside } from './rules-service.ts';
import type { Service } from './system.ts';
import { didYouMean, listed, shown } from './wording.ts';

/** What a schedule can do; more often serves nobody. */
const SHORTEST_CANARY_MS = 1_000;
const FIELDS = ['directory', 'host', 'port', 'database', 'user', 'password'] as const;

/** What each kind must have, and may have beside that. */
const NEEDS: Record<DatastoreKind, { all: (typeof FIELDS)[number][]; may: string[] }> = {
  files: { all: ['directory'], may: [] },
  postgres: { all: ['database', 'user'], may: ['host', 'port', 'password'] },
  redis: { all: [], may: ['host', 'port', 'user', 'password'] },
};

export function datastoreRemarks(store: Datastore, folders: readonly string[]): Remark[] {
  return [
    ...fieldRemarks(store),
    ...pathRemarks(store, folders),
    ...recipientRemarks(store),
    ...invariantRemarks(store),
    ...recoveryPointRemarks(store),
  ];
}

/** A lease is named by the system and one of the two. */
export function sharedNameRemarks(name: string, services: readonly string[]): Remark[] {
  if (!services.includes(name)) return [];
  const message = `${shown(name)} is the name of a service too, and one of them would hold the other's lease; give the datastore another`;
  return [{ path: [], message }];
}

/** Without the section, the names are labels as they were before there was one. */
export function bindingRemarks(
  service: Service,
  declared: readonly string[] | undefined,
): Remark[] {
  if (declared === undefined) return [];
  return service.datastores.flatMap((name, index) => {
    if (declared.includes(name)) return [];
    const message = `there is no datastore ${shown(name)}${didYouMean(name, declared)}; declared in datastores: ${listed(declared)}`;
    return [{ path: ['datastores', index], message }];
  });
}

function fieldRemarks(store: Datastore): Remark[] {
  const { all, may } = NEEDS[store.kind];
  const takes = [...all, ...may];
  return [
    ...all
      .filter((field) => store[field] === undefined)
      .map((field) => ({
        path: [field],
        message: `is missing; a datastore of kind ${store.kind} needs ${listed(all)}`,
      })),
    ...FIELDS.filter((field) => store[field] !== undefined && !takes.includes(field)).map(
      (field) => ({
        path: [field],
        message: `means nothing for a datastore of kind ${store.kind}, which takes ${listed(takes)}; remove it`,
      }),
    ),
  ];
}

function pathRemarks({ directory }: Datastore, folders: readonly string[]): Remark[] {
  if (directory === undefined || staysInside(directory, folders)) return [];
  const message = `${shown(directory)} leaves the system's folder; write a relative path inside it`;
  return [{ path: ['directory'], message }];
}

function recipientRemarks({ backup: { encryption } }: Datastore): Remark[] {
  const recipients = encryption?.recipients ?? [];
  return recipients.flatMap((recipient, index) =>
    recipients.indexOf(recipient) === index
      ? []
      : [
          {
            path: ['backup', 'encryption', 'recipients', index],
            message: 'is there twice; a second recipient is for the day on which the first is lost',
          },
        ],
  );
}

function invariantRemarks({ kind, verify: { invariants } }: Datastore): Remark[] {
  return invariants.flatMap((invariant, index) => {
    const path = ['verify', 'invariants', index];
    const limits = (['equals', 'min', 'max'] as const).filter(
      (limit) => invariant[limit] !== undefined,
    );
    const remarks: Remark[] = [];
    if (kind !== 'postgres') {
      const message = `a datastore of kind ${kind} answers no queries yet; remove it`;
      remarks.push({ path: [...path, 'query'], message });
    }
    if (limits.length === 0 || (limits.length > 1 && invariant.equals !== undefined)) {
      const message =
        'says nothing about the value, or two things; write equals, or min, max, both';
      remarks.push({ path, message });
    }
    if (invariants.findIndex(({ name }) => name === invariant.name) < index) {
      const message = `${shown(invariant.name)} names two invariants; give each its own name`;
      remarks.push({ path: [...path, 'name'], message });
    }
    return remarks;
  });
}

function recoveryPointRemarks({ kind, backup, recoveryPoint = {} }: Datastore): Remark[] {
  const { canary, watermark } = recoveryPoint;
  const remarks: Remark[] = [];
  if (canary !== undefined && kind === 'redis') {
    const message = 'a datastore of kind redis takes no canary records; remove it';
    remarks.push({ path: ['recoveryPoint', 'canary'], message });
  }
  if (canary !== undefined && canary.interval < SHORTEST_CANARY_MS) {
    const message = `${durationText(canary.interval)} is not allowed; write a second or more: a schedule writes the records`;
    remarks.push({ path: ['recoveryPoint', 'canary', 'interval'], message });
  }
  if (canary !== undefined && canary.interval >= backup.rpo) {
    const message =
      'is not shorter than rpo: every copy would look older than what may be lost; write records more often';
    remarks.push({ path: ['recoveryPoint', 'canary', 'interval'], message });
  }
  if (watermark !== undefined && kind !== 'postgres') {
    const message = `a datastore of kind ${kind} answers no queries yet; remove it`;
    remarks.push({ path: ['recoveryPoint', 'watermark', 'query'], message });
  }
  return remarks;
}
