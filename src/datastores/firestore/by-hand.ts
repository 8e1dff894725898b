// What a person types for a Firestore database without Fairlead: Google's own export and import, and services told of
// another database. A backup of Fairlead's is loaded by a few lines of shell.
import type { DatastoreRef } from '../../ports/backups.ts';
import { person, type DatastoreByHand } from '../../domain/by-hand/by-hand.ts';
import { totalRows } from '../../domain/backup/backup.ts';
import type { HandBackup } from '../store.ts';
import { firestore } from './settings.ts';
import { DUMP } from './take-documents.ts';

/** One line of a backup as one write of the REST API; jq keeps numbers as they are written from 1.7 on. */
const AS_WRITE = `"$(jq -c --arg d "$DB" 'walk(if type == "object" and has("ownReference") then {referenceValue: ($d + "/documents/" + .ownReference)} else . end) | {writes: [{update: {name: ($d + "/documents/" + .name), fields: .fields}}]}')"`;

export async function firestoreByHand(
  { settings }: DatastoreRef,
  backup: HandBackup | undefined,
): Promise<DatastoreByHand> {
  const { project = '', database = firestore.capabilities.defaultPlace.database } = settings;
  const restored = `${database.replace(/[()]/g, '')}-by-hand`;
  return {
    look: {
      type: [`gcloud firestore databases list --project=${project}`],
      see: [`# ${restored} is not among them`],
    },
    fence: person(
      `Stop everybody who writes to ${database}, and take roles/datastore.user from the accounts of the services on it: rules keep out browsers and phones only, and rights that are taken are seen within minutes.`,
    ),
    backup: {
      type: [
        `gcloud firestore export gs://BUCKET/before-recovery --project=${project} --database='${database}'`,
      ],
      see: [`gcloud firestore operations list --project=${project} --database='${database}'`],
    },
    exchange: person(
      `Give the services the database ${restored} in the place of ${database}, and start them anew; ${database} stays as it is.`,
    ),
    ...(backup && restores(backup, { project, restored })),
  };
}

function restores(
  { manifest, objects }: HandBackup,
  { project, restored }: { project: string; restored: string },
): DatastoreByHand {
  const read = objects.find(({ name }) => name === DUMP)?.read ?? 'false';
  const { parts } = manifest.contents;
  const commit = `curl -sf -H "Authorization: Bearer $(gcloud auth print-access-token)" "https://firestore.googleapis.com/v1/$DB/documents:commit" -d @-`;
  return {
    loads: {
      type: [
        `gcloud firestore databases create --project=${project} --database=${restored} --location=LOCATION`,
        `DB=projects/${project}/databases/${restored}`,
        `${read} | sed '1d;$d' | while IFS= read -r line; do printf '%s' "$line" | { printf '%s' ${AS_WRITE}; } | ${commit} > /dev/null || echo "not loaded: $line" | cut -c1-200; done`,
      ],
      see: [`# no line "not loaded"; ${totalRows({ parts })} documents, and canary records`],
    },
    complete: person(
      ...parts.map(({ name, rows }) => `The collection group ${name} has ${rows ?? 0} documents.`),
    ),
    correct: person('Documents are compared by "fairlead verify"; by hand only their number is.'),
  };
}
