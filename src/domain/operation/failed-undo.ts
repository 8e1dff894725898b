// What becomes of the rest when an entry of the undo stack was carried out, or could not be: nothing is taken back that what
// is left over needs. A part of the machine of decisions.
import type { MachineState } from './machine-state.ts';
import { newestUndo, type UndoEntry } from './undo.ts';
import { stillFenced } from './what-stays.ts';

type Admit = Extract<UndoEntry, { verb: 'admit' }>;

export function dropNewest(state: MachineState): MachineState {
  const entry = newestUndo(state.undo);
  return { ...state, undo: state.undo.filter((one) => one !== entry) };
}

export function undoFailed(state: MachineState, message: string): MachineState {
  const entry = newestUndo(state.undo);
  const rest = dropNewest(state);
  const leftovers = [...rest.leftovers, message];
  switch (entry?.verb) {
    case 'liftFence':
      return usersStayOut(
        stillFenced({ ...rest, leftovers }, [entry]),
        'a datastore is still fenced',
        () => true,
      );
    case 'scale': {
      const why = `replicas of ${entry.service} are not there again`;
      return usersStayOut({ ...rest, leftovers }, why, ({ service }) => service === entry.service);
    }
    case 'setWeights':
      return trafficStays(rest, entry, leftovers);
    default:
      return { ...rest, leftovers };
  }
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

/** Users are let in by nobody's machine. */
function usersStayOut(
  state: MachineState,
  why: string,
  isMeant: (entry: Admit) => boolean,
): MachineState {
  const isOne = (one: UndoEntry): boolean => one.verb === 'admit' && isMeant(one);
  const words = state.undo
    .filter(isOne)
    .map(({ step }) => `${step}: users stay out, because ${why}`);
  return {
    ...state,
    undo: state.undo.filter((one) => !isOne(one)),
    leftovers: [...state.leftovers, ...words],
  };
}
