// No revision comes back to data that a recovery has put into quarantine.
import { Failure } from '../failure.ts';
import type { Plan } from '../operation/plan.ts';
import type { RevisionSpec } from './model.ts';
import type { BoundPlace, BoundPlaces } from '../recovery/binding.ts';

/**
 * Throws Refused where a plan brings back a revision that is bound to a place which a record has taken a datastore away
 * from: users would write to what was put into quarantine.
 */
export function refuseQuarantined({ steps }: Pick<Plan, 'steps'>, places: BoundPlaces): void {
  for (const { action } of steps) {
    if (action.kind !== 'ensure') continue;
    refuseRevision(action.spec, places, (datastore) => boundBy(steps, datastore));
  }
}

/** The same of one revision that users are to get. `planned`: where the plan itself brings a datastore to. */
export function refuseRevision(
  { version, bindings, boundTo = {} }: Pick<RevisionSpec, 'version' | 'bindings' | 'boundTo'>,
  places: BoundPlaces,
  planned: (datastore: string) => BoundPlace = () => ({}),
): void {
  for (const datastore of bindings) {
    const there = places[datastore];
    if (there?.by == null) continue;
    const live = { ...there.place, ...planned(datastore) };
    if (isSame(boundTo[datastore], live)) continue;
    const { operation, since } = there.by;
    throw new Failure(
      'Refused',
      `${version} is bound to ${datastore} where it was before ${operation} bound it elsewhere at ${since} (${described(there.place)}): what it would write goes into what is in quarantine; deploy ${version} anew, so that it is bound to what is live`,
    );
  }
}

/** Where the plan itself brings a datastore to: what it starts afterwards is bound to that. */
function boundBy(steps: Plan['steps'], datastore: string): BoundPlace {
  const places = steps.flatMap(({ action }) =>
    (action.kind === 'bindElsewhere' || action.kind === 'exchange') &&
    action.datastore === datastore &&
    action.place !== undefined
      ? [action.place]
      : [],
  );
  return places.at(-1) ?? {};
}

function isSame(one: BoundPlace | undefined, other: BoundPlace): boolean {
  return one !== undefined && described(one) === described(other);
}

function described(place: BoundPlace): string {
  return Object.entries(place)
    .toSorted(([one], [other]) => (one < other ? -1 : 1))
    .map(([field, value]) => `${field} ${value}`)
    .join(', ');
}
