// Which activities make a change that a freeze holds back: all that bring something new or remove what is old.
import type { StepActivity } from './step-inputs.ts';

/** `operation`: held where the operation that asks goes forward; `always`: whichever operation asks. */
export type HeldChange = 'operation' | 'always';

const HELD: Partial<Record<StepActivity, HeldChange>> = {
  ensureRevision: 'operation',
  shiftTraffic: 'operation',
  scaleRevision: 'operation',
  restartRevision: 'operation',
  settleService: 'operation',
  removeRevision: 'operation',
  makeChange: 'operation',
  applyRetention: 'always',
};
const BY_NAME: ReadonlyMap<string, HeldChange> = new Map(Object.entries(HELD));

/** How a freeze holds the change of an activity; undefined for an activity that it does not hold. */
export function heldChange(activity: string): HeldChange | undefined {
  return BY_NAME.get(activity);
}
