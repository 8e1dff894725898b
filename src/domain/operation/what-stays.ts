// What an operation leaves behind where it ends, as sentences for people: data that were exchanged, fences that nobody lifts. A part
// of the machine of decisions.
import type { MachineState } from './machine-state.ts';
import type { UndoEntry } from './undo.ts';

export type LiftFence = Extract<UndoEntry, { verb: 'liftFence' }>;

/** What cannot be taken back any more is left over. */
export function staying(state: MachineState): MachineState {
  const { stays = '', leftovers } = state;
  if (stays === '' || leftovers.includes(stays)) return state;
  return { ...state, leftovers: [...leftovers, stays] };
}

/** The same where nothing of a service or of data is undone: nobody is let in to what is fenced still. */
export function stayingAsItIs(state: MachineState): MachineState {
  const fences = state.undo.filter((entry): entry is LiftFence => entry.verb === 'liftFence');
  return fences.some((one) => isShut(state, one)) ? stillFenced(state, fences) : staying(state);
}

/** These are not lifted. */
export function stillFenced(state: MachineState, fences: readonly LiftFence[]): MachineState {
  const words = fences
    .filter((one) => isShut(state, one))
    .map(
      ({ datastore }) =>
        `${datastore} is still fenced: begin "fairlead recover" again, which lifts the fence`,
    );
  if (words.length === 0) return state;
  const others = state.leftovers.filter((one) => one !== state.stays && !words.includes(one));
  return { ...state, leftovers: [...others, ...words] };
}

/** Of a kind without a fence, or elsewhere, nothing is shut, and no step lifts it. */
function isShut({ steps }: MachineState, { datastore }: LiftFence): boolean {
  return steps.some(({ action }) => action.kind === 'liftFence' && action.datastore === datastore);
}
