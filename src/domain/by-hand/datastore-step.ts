// One step of a datastore by hand, by the names that rungs and exchanges have.
import type { Rung } from '../backup/rungs.ts';
import { person, type ByHand, type DatastoreByHand } from './by-hand.ts';

export type HandStep = keyof DatastoreByHand | Rung;

const SAID: Partial<Record<HandStep, string>> = {
  usable: 'start the service on the copy and ask it what users ask',
  pointInTime: 'see how old the newest thing in the copy is',
};

/** A sentence for a person where the kind of the datastore has no command for it. */
export function datastoreStep(datastore: string, hand: DatastoreByHand, step: HandStep): ByHand {
  const said = Object.entries(hand).find(([name]) => name === step)?.[1];
  return (
    said ?? person(`By hand, of ${datastore}: ${SAID[step] ?? step}. No command is known for it.`)
  );
}
