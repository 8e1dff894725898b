// Whether a migration lies between a version that served once and what is live, by the structures that backups have. Pure.
import type { CatalogueEntry } from './backup.ts';
import { structureOf } from './structure.ts';

/** What the newest backup that a version served in says of the structure then. */
export interface ServedStructure {
  backup: string;
  structure: string;
}

/** `undefined` where no complete backup says that the version had users while it was made. */
export function structureServed(
  entries: readonly CatalogueEntry[],
  service: string,
  version: string,
): ServedStructure | undefined {
  const found = entries.flatMap((entry): ServedStructure[] => {
    if (entry.state !== 'complete') return [];
    const { served = {}, contents } = entry.manifest;
    const structure = structureOf(contents.definitions);
    if (structure === undefined || served[service]?.includes(version) !== true) return [];
    return [{ backup: entry.id, structure }];
  });
  return found.at(-1);
}

/** A sentence for whoever deploys or rolls back to a version that served on another structure. */
export function structureNote(
  { service, version, datastore }: { service: string; version: string; datastore: string },
  { backup }: ServedStructure,
): string {
  return `a migration lies between: when ${version} of ${service} served last, by the backup ${backup}, the tables of ${datastore} were otherwise than they are now; whether ${version} works with those of now, nobody has looked at`;
}

/** Why people are asked which version serves on a backup, as a sentence. */
export function structureWords(datastore: string, isKnown: boolean): string {
  return isKnown
    ? `The tables of ${datastore} are otherwise now than when the backup was made: a migration lies between`
    : `Whether the tables of ${datastore} are otherwise now than when the backup was made is not known, for what is live could not be read`;
}
