// What somebody else restored, in the place of a backup: a point in time of a cloud, a folder, a dump. It climbs the rungs
// that take no manifest, and is shown, asked about and exchanged as a restored backup is.
import { adoptedOf, placeIn } from '../../backup/backup-id.ts';
import { rungsOfFile, titleOfFile } from '../../backup/file-rungs.ts';
import { RUNG_STEPS, rungStep } from '../../backup/rung-steps.ts';
import type { Rung } from '../../backup/rungs.ts';
import type { Datastore } from '../../../config/datastores.ts';
import type { LoadedSystem } from '../../loaded-system.ts';
import type { Plan, PlanStep } from '../../operation/plan.ts';
import type { BoundPlace } from '../binding.ts';
import { placeWords } from './lost.ts';
import { servicePlaceOf, servicePlaceWords } from './service-place.ts';

export interface Adopting {
  datastore: string;
  settings: Datastore;
  /** The name of the copy that it is taken for. */
  copy: string;
  /** In the place of the id of a backup. */
  backup: string;
  /** Where it is, where nothing takes the live one's place. */
  elsewhere?: BoundPlace;
}

/** A place is there already, and nothing is read of it as an artefact. How old it is decides whoever is asked. */
export function adoptSteps(adopting: Adopting): PlanStep[] {
  const { datastore, settings, copy, backup, elsewhere } = adopting;
  const place = placeIn(backup);
  const rungs = rungsOfFile(settings).filter(
    (rung) => rung !== 'pointInTime' && (rung !== 'artefact' || place === undefined),
  );
  return rungs.map((rung) => {
    const step = rungStep({
      ...{ rung, datastore, backup, copy, title: titleOf(rung, adopting) },
      ...(rung === 'loads' && { into: elsewhere === undefined ? 'beside' : { elsewhere } }),
    });
    const undo = rung === 'loads' && place !== undefined ? undoOf(place, elsewhere) : step.undo;
    return { ...step, id: `${RUNG_STEPS[rung]}-${datastore}`, undo };
  });
}

function undoOf(place: string, elsewhere: BoundPlace | undefined): string {
  return servicePlaceOf(place) === undefined || elsewhere === undefined
    ? `leave ${place} as it was`
    : `none: ${placeWords(elsewhere)} stays until somebody removes it`;
}

function titleOf(rung: Rung, { backup, elsewhere, settings: { verify } }: Adopting): string {
  const what = adoptedOf(backup) ?? backup;
  if (rung !== 'loads') return titleOfFile(rung, what, verify.invariants.length);
  const asked = servicePlaceOf(placeIn(backup) ?? '');
  if (asked !== undefined && elsewhere !== undefined) {
    return `Have the datastore's own service ${servicePlaceWords(asked)} into ${placeWords(elsewhere)}`;
  }
  return placeIn(backup) === undefined
    ? `Adopt ${what}, which somebody else made: restored beside what was live`
    : `Adopt ${what}, which somebody else restored, as it is, beside what was live`;
}

/** What a step climbs its rung on, where somebody else restored it. */
export function adoptedBy({ backup }: { backup: string }): string | undefined {
  return adoptedOf(backup);
}

/** What a plan adopts, in its order; none where it restores backups. */
export function adoptedIn({ steps }: Pick<Plan, 'steps'>): { datastore: string; what: string }[] {
  return steps.flatMap(({ action }) => {
    if (action.kind !== 'rung' || action.rung !== 'loads') return [];
    const what = adoptedOf(action.backup);
    return what === undefined ? [] : [{ datastore: action.datastore, what }];
  });
}

/** Why a place cannot be adopted, in a sentence: another datastore of the system is there; undefined where none is. */
export function anothers(
  what: string,
  { name, system: { datastores = {} }, places = {} }: LoadedSystem,
  [datastore = '']: readonly string[],
): string | undefined {
  const there = serverOf(datastores[datastore], places[datastore]?.place);
  const other = Object.entries(places).find(
    ([one, { place }]) =>
      one !== datastore && place.database === what && serverOf(datastores[one], place) === there,
  )?.[0];
  return other === undefined
    ? undefined
    : `adopting ${what} for ${datastore}: ${name}/${other} is there`;
}

/** What two databases of one server have in common, as a text. */
function serverOf(settings: Datastore | undefined, place: BoundPlace | undefined): string {
  const project = settings?.kind === 'firestore' ? settings.project : undefined;
  return JSON.stringify([settings?.kind, project, place?.host, place?.port]);
}
