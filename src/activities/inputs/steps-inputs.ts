// What the activities of a runbook of steps work with: what its plan has of the step, and the system that it was made for.
import { actionOf, unfit, type StepAt } from './step-at.ts';

export const STEPS_INPUTS = {
  lookAt: (at: StepAt) => {
    const { looks, timeout } = actionOf(at, 'look');
    return { loaded: at.loaded, looks, timeout };
  },
  /** Whether the step is to be done. */
  askCheck: (at: StepAt) => {
    const { action } = at.step;
    const when = 'when' in action ? action.when : undefined;
    if (typeof when !== 'object') throw unfit(at, 'asks nothing before it is done');
    return { loaded: at.loaded, check: when };
  },
  awaitCheck: (at: StepAt) => {
    const { check, every, atMost } = actionOf(at, 'await');
    return { loaded: at.loaded, check, every, atMost };
  },
  /** As the step, or as its way back. */
  makeChange: (at: StepAt, { back }: { back?: true }) => {
    const { change, check, back: wayBack, timeout } = actionOf(at, 'do');
    if (back !== true) return { loaded: at.loaded, change, check, back: false, timeout };
    if (wayBack === null) throw unfit(at, 'has no way back');
    return { loaded: at.loaded, change: wayBack, check: null, back: true, timeout };
  },
};
