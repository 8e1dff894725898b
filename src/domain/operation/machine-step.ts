// The step that the machine of decisions is at, and what is put beside the state. A part of machine.ts.
import { worst, type Verdict } from '../analysis/verdict.ts';
import type { MachineState, Policy } from './machine-state.ts';
import type { PlanStep } from './plan.ts';
import { describeUndo } from './undo.ts';

export function currentStep(state: MachineState): PlanStep {
  return state.steps[state.index] ?? missing(`step ${state.index}`);
}

/** What a failure leads to: as its step says, else its runbook. */
export function onFailureOf(state: MachineState): Policy['onFailure'] {
  return state.steps[state.index]?.onFailure ?? state.policy.onFailure;
}

/** The state without an undo of the current step, of which nothing was tried. */
export function unbegun(state: MachineState): MachineState {
  const { id } = currentStep(state);
  return { ...state, undo: state.undo.filter(({ step }) => step !== id) };
}

/** The state in which nothing leads to the steps with these ids any more. */
export function passing(state: MachineState, ids: readonly string[]): MachineState {
  return ids.length === 0 ? state : { ...state, passed: [...(state.passed ?? []), ...ids] };
}

/** A step passed without its check: said in the findings, and never a pass. */
export function withSkip(state: MachineState, finding: string): MachineState {
  return { ...withVerdict(state, 'inconclusive'), findings: [...state.findings, finding] };
}

export function withVerdict(state: MachineState, verdict: Verdict): MachineState {
  return { ...state, verdict: state.verdict === null ? verdict : worst([state.verdict, verdict]) };
}

export function forward(state: MachineState): MachineState {
  const { problem: _, ...rest } = state;
  return { ...rest, phase: 'forward' };
}

/** Left as it is because somebody wants that: what is not undone is said. */
export function keeping(state: MachineState): MachineState {
  const kept = state.undo.map((entry) => `kept, not undone: ${describeUndo(entry)}`);
  return { ...state, undo: [], findings: [...state.findings, ...kept] };
}

export function missing(what: string): never {
  throw new Error(`the machine of decisions has no ${what}: a bug in domain/operation/machine.ts`);
}
