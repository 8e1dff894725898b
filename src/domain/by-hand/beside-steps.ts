// What a person types for a copy that no backup of Fairlead's makes: one that the datastore's own service makes first, and the
// runbooks that work on one.
import type { Datastore } from '../../config/datastores.ts';
import type { LoadedSystem } from '../loaded-system.ts';
import type { StepAction } from '../operation/plan.ts';
import type { BesideInputs } from '../recovery/live/reconcile.ts';
import { servicePlaceOf, type ServicePlace } from '../recovery/live/service-place.ts';
import { line, person, type ByHand } from './by-hand.ts';

const GCLOUD = ['gcloud', 'firestore', 'databases'];

/** The inputs of a runbook on a copy, as words of a command. */
export function besideWords(datastore: string): string[] {
  const inputs: BesideInputs = { datastore, copy: 'COPY', quarantined: 'QUARANTINED' };
  return Object.entries(inputs).flatMap(([name, value]) => ['--input', `${name}=${value}`]);
}

/** `asked`: `backup:ID` or `at:MINUTE`; undefined for what is there already. */
export function madeByService(
  { rung, datastore, into }: Extract<StepAction, { kind: 'rung' }>,
  asked: string,
  { system, places }: LoadedSystem,
): ByHand | undefined {
  const service = servicePlaceOf(asked);
  if (service === undefined) return undefined;
  if (rung !== 'loads' || typeof into !== 'object') {
    return person(`${rung}: on the database that was made from ${asked}.`);
  }
  const project = projectOf(system.datastores?.[datastore]);
  const live = String(places?.[datastore]?.place.database ?? '(default)');
  const made = String(into.elsewhere.database);
  return {
    type: [line(...wayOf(service, project, live), `--destination-database=${made}`)],
    see: [line(...GCLOUD, 'describe', `--project=${project}`, `--database=${made}`)],
  };
}

function projectOf(settings: Datastore | undefined): string {
  return (settings?.kind === 'firestore' ? settings.project : undefined) ?? 'PROJECT';
}

function wayOf(service: ServicePlace, project: string, live: string): string[] {
  if ('at' in service) {
    const source = `--source-database=projects/${project}/databases/${live}`;
    return [...GCLOUD, 'clone', source, `--snapshot-time=${service.at}`];
  }
  const backup = `projects/${project}/locations/LOCATION/backups/${service.backup}`;
  return [...GCLOUD, 'restore', `--project=${project}`, `--source-backup=${backup}`];
}
