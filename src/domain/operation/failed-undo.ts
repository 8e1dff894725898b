// What becomes of the rest when an entry of the undo stack was carried out, or could not be: nothing is taken back that what
// is left over needs. A part of the machine of decisions.
import type { MachineState } from './machine-state.ts';
import { newestUndo, type UndoEntry } from './undo.ts';

export function dropNewest(state: MachineState): MachineState {
  const entry = newestUndo(state.undo);
  return { ...state, undo: state.undo.filter((one) => one !== entry) };
}

export function undoFailed(state: MachineState, message: string): MachineState {
  const entry = newestUndo(state.undo);
  const rest = dropNewest(state);
  const leftovers = [...rest.leftovers, message];
  if (entry?.verb === 'liftFence') return usersStayOut(rest, leftovers);
  return entry?.verb === 'setWeights'
    ? trafficStays(rest, entry, leftovers)
    : { ...rest, leftovers };
}

/** The traffic did not go back: what may carry it has to stay, and this was no roll-back. */
function trafficStays(
  rest: MachineState,
  entry: Extract<UndoEntry, { verb: 'setWeights' }>,
  leftovers: string[],
): MachineState {
  const isOfIt = (one: UndoEntry): boolean => 'service' in one && one.service === entry.service;
  const kept = rest.undo.filter(isOfIt);
  const ending = rest.ending?.outcome === rest.policy.undone ? 'failed' : rest.ending?.outcome;
  return {
    ...rest,
    undo: rest.undo.filter((one) => !isOfIt(one)),
    leftovers: [
      ...leftovers,
      ...kept.map((one) => `${one.step}: not undone, because it may carry traffic`),
    ],
    ending: { outcome: ending ?? 'failed', message: rest.ending?.message ?? '' },
  };
}

/** What users need is still kept from them: they are let in by nobody's machine. */
function usersStayOut(state: MachineState, leftovers: string[]): MachineState {
  const closed = state.undo.filter(({ verb }) => verb === 'admit');
  return {
    ...state,
    undo: state.undo.filter(({ verb }) => verb !== 'admit'),
    leftovers: [
      ...leftovers,
      ...closed.map((one) => `${one.step}: users stay out, because a datastore is still fenced`),
    ],
  };
}
