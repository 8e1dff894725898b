// No revision comes back to data that a recovery has put into quarantine.
import { Failure } from '../failure.ts';
import type { Plan } from '../operation/plan.ts';
import type { BoundPlace, BoundPlaces } from '../recovery/binding.ts';

/**
 * Throws Refused where a plan brings back a revision that is bound to a place which a record has taken a datastore away
 * from: users would write to what was put into quarantine.
 */
export function refuseQuarantined({ steps }: Pick<Plan, 'steps'>, places: BoundPlaces): void {
  for (const { action } of steps) {
    if (action.kind !== 'ensure') continue;
    const { version, bindings, boundTo = {} } = action.spec;
    for (const datastore of bindings) {
      const there = places[datastore];
      if (there?.by == null || isSame(boundTo[datastore], there.place)) continue;
      const { operation, since } = there.by;
      throw new Failure(
        'Refused',
        `${version} is bound to ${datastore} where it was before ${operation} bound it elsewhere at ${since} (${described(there.place)}): what it would write goes into what is in quarantine; deploy ${version} anew, so that it is bound to what is live`,
      );
    }
  }
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
