// Decides what an operation does next: a state machine over the steps of its plan. Pure: the workflow performs the action
// that `next` names, hands the result to `apply` as an event, and asks again; the exploration test does the same with a
// model in place of the real world.
import type { Outcome } from './outcome.ts';
import type { PlanStep } from './plan.ts';
import { indexAfter, indexOfNextCandidate } from './candidate-steps.ts';
import { dropNewest, undoFailed } from './failed-undo.ts';
import {
  currentStep,
  forward,
  keeping,
  missing,
  onFailureOf,
  passing,
  unbegun,
  withSkip,
  withVerdict,
} from './machine-step.ts';
import { fullStepAhead } from './read-machine.ts';
import type { Action, Policy, Problem, MachineEvent, MachineState } from './machine-state.ts';
import { staying, stayingAsItIs } from './what-stays.ts';
import { covers, inNobodysWay, isBarred, isTakenBack, newestUndo, undoOf } from './undo.ts';

export function startMachine(steps: PlanStep[], policy: Policy): MachineState {
  return {
    policy,
    steps,
    index: 0,
    part: 'change',
    phase: steps.length === 0 ? 'ended' : 'forward',
    undo: [],
    leftovers: [],
    failures: [],
    findings: [],
    verdict: null,
    ...(steps.length === 0 && { ending: { outcome: 'succeeded', message: 'nothing to do' } }),
  };
}

export function next(state: MachineState): Action {
  switch (state.phase) {
    case 'forward': {
      const step = currentStep(state);
      const isPassed = state.passed?.includes(step.id) === true;
      return { do: isPassed ? 'passOver' : state.part, step };
    }
    case 'parked':
      return { do: 'ask', problem: state.problem ?? missing('problem') };
    case 'undoing': {
      const entry = newestUndo(state.undo);
      return entry === undefined ? end(state) : { do: 'undo', entry };
    }
    case 'ended':
      return end(state);
  }
}

/** Call before a change is made: its undo is kept from here on, whatever becomes of it. */
export function begin(state: MachineState): MachineState {
  const step = currentStep(state);
  const undo = state.undo.filter((entry) => !isBarred(entry, step));
  const entry = undoOf(step);
  const isNew = entry !== undefined && !undo.some((one) => covers(one, entry));
  return { ...state, undo: isNew ? [...undo, entry] : undo };
}

export function apply(state: MachineState, event: MachineEvent): MachineState {
  switch (event.type) {
    case 'done':
      return advance(
        takenBack({ ...state, ...(event.stays !== undefined && { stays: event.stays }) }),
      );
    case 'noted':
      return advance(noted(state, event));
    case 'ticked':
      return advance(state);
    case 'chosen':
      return advance(passing(state, event.passes));
    case 'passedOver':
      return onward(passing(unbegun(state), event.passes ?? []));
    case 'failed':
      return failed(state, event);
    case 'baked':
      return baked(state, event);
    case 'judged':
      return judged(state, event);
    case 'nextCandidate':
      return nextCandidate(state, event.message);
    case 'answered':
      return event.decision === 'approved' || event.decision === 'overridden'
        ? advance(state)
        : refused(state, event.decision, { kind: 'Refused', message: event.message });
    case 'retryStep':
    case 'adopt':
      return forward(state);
    case 'skipStep':
      return advance(
        withSkip(forward(state), `${state.problem?.step ?? ''} was skipped by ${event.by}`),
      );
    case 'promoted':
      return promoted(state, event);
    case 'abort':
      return event.keep
        ? ended(keeping(stayingAsItIs(state)), 'aborted', event.message)
        : giveUp(state, 'aborted', event.message);
    case 'cancelled':
      return giveUp(state, 'aborted', 'cancelled through Temporal');
    case 'preempted':
      return preempted(state, event.message);
    case 'watched':
      return refused(withVerdict(state, 'fail'), 'failed', {
        kind: 'CheckFailed',
        message: event.message,
      });
    case 'undone':
      return dropNewest(state);
    case 'undoFailed':
      return undoFailed(state, event.message);
  }
}

function end(state: MachineState): Action {
  const { outcome, message } = state.ending ?? missing('ending');
  return { do: 'end', outcome, message };
}

function advance(state: MachineState): MachineState {
  const step = currentStep(state);
  if (state.part === 'change' && step.bake !== undefined) return { ...state, part: 'bake' };
  if (state.part !== 'gate' && step.gate !== undefined) return { ...state, part: 'gate' };
  return onward(state);
}

/** To the next step, or to the end. */
function onward(state: MachineState): MachineState {
  const index = indexAfter(state.steps, state.index);
  if (index < state.steps.length) return { ...state, index, part: 'change' };
  const problems = [...state.leftovers, ...state.failures];
  if (problems.length > 0) return ended(state, 'failed', problems.join('; '));
  return state.wentBack !== undefined
    ? ended(state, 'rolledBack', state.wentBack)
    : ended(state, 'succeeded', state.said ?? 'done as planned');
}

function nextCandidate(state: MachineState, message: string): MachineState {
  const index = indexOfNextCandidate(state.steps, state.index);
  return index === undefined
    ? refused(state, 'failed', { kind: 'CheckFailed', message })
    : { ...state, index, part: 'change' };
}

function failed(
  state: MachineState,
  event: Extract<MachineEvent, { type: 'failed' }>,
): MachineState {
  const at = event.unbegun === true ? unbegun(state) : state;
  return event.ends === true ? giveUp(at, 'failed', event.message) : failedAt(at, event);
}

function failedAt(
  state: MachineState,
  event: Extract<MachineEvent, { type: 'failed' }>,
): MachineState {
  switch (event.kind) {
    case 'WorldChanged':
    case 'Outage':
      return park(state, event.kind, event.message, event.details);
    default:
      if (onFailureOf(state) === 'continue') {
        return advance({ ...state, leftovers: [...state.leftovers, event.message] });
      }
      if (event.kind === 'Superseded' || event.kind === 'LeaseLost') {
        return isStopped(state, event.kind)
          ? park(state, event.kind, event.message, event.details)
          : preempted(state, event.message);
      }
      return onFailureOf(state) === 'failAtEnd'
        ? advance({ ...state, failures: [...state.failures, event.message] })
        : refused(state, 'failed', event);
  }
}

/** A stop was carried out beside a recovery that lets users in: people say when they may. */
function isStopped(state: MachineState, kind: Problem['kind']): boolean {
  const { action } = currentStep(state);
  return state.policy.onFailure === 'ask' && kind === 'Superseded' && action.kind === 'admit';
}

/** Takes everything back; or stays where it is and asks, where that is the policy. */
function refused(
  state: MachineState,
  outcome: Outcome,
  { kind, message, details }: Pick<Problem, 'kind' | 'message' | 'details'>,
): MachineState {
  return onFailureOf(state) === 'ask'
    ? park(state, kind, message, details)
    : giveUp(state, outcome, message);
}

function baked(state: MachineState, event: Extract<MachineEvent, { type: 'baked' }>): MachineState {
  const next = event.judged ? withVerdict(state, event.verdict) : state;
  switch (event.verdict) {
    case 'pass':
      return advance(next);
    case 'fail':
      return refused(next, 'failed', { kind: 'CheckFailed', message: event.message });
    case 'inconclusive':
      return event.onInconclusive === 'undo'
        ? refused(next, 'inconclusive', { kind: 'Inconclusive', message: event.message })
        : park(next, 'Inconclusive', event.message);
  }
}

function judged(
  state: MachineState,
  event: Extract<MachineEvent, { type: 'judged' }>,
): MachineState {
  const said = event.message === '' ? {} : { said: event.message };
  const next = { ...withVerdict(state, event.verdict), ...said };
  const { verdict, ends, message } = event;
  if (verdict === 'fail') return refused(next, 'failed', { kind: 'CheckFailed', message });
  return verdict === 'inconclusive' && ends
    ? refused(next, 'inconclusive', { kind: 'Inconclusive', message })
    : advance(takenBack(next));
}

/** Goes on all the same: what comes after it is worth knowing, and the conclusion counts it. */
function noted(
  state: MachineState,
  { verdict, leftovers = [], wentBack }: Extract<MachineEvent, { type: 'noted' }>,
): MachineState {
  return {
    ...withVerdict(state, verdict),
    leftovers: [...state.leftovers, ...leftovers],
    ...(wentBack !== undefined && { wentBack }),
  };
}

/** What a step has cleaned up, or handed over to people, needs no undo any more. */
function takenBack(state: MachineState): MachineState {
  const step = currentStep(state);
  return { ...state, undo: state.undo.filter((entry) => !isTakenBack(entry, step)) };
}

function promoted(
  state: MachineState,
  event: Extract<MachineEvent, { type: 'promoted' }>,
): MachineState {
  const noted = withSkip(
    state,
    `${event.by} ended the bake of ${currentStep(state).id} early${event.full ? ' and went straight to 100' : ''}`,
  );
  const full = event.full ? fullStepAhead(state) : undefined;
  if (full !== undefined) return { ...noted, index: full, part: 'change' };
  return advance(noted);
}

function park(
  state: MachineState,
  kind: Problem['kind'],
  message: string,
  details?: unknown,
): MachineState {
  const problem: Problem = { step: currentStep(state).id, part: state.part, kind, message };
  return {
    ...state,
    phase: 'parked',
    problem: { ...problem, ...(details !== undefined && { details }) },
  };
}

/** Undo what was done, then end; what failed without having changed anything simply failed. */
function giveUp(state: MachineState, outcome: Outcome, message: string): MachineState {
  if (state.phase === 'undoing' || state.phase === 'ended') return state;
  const given = staying(state);
  if (given.undo.length === 0) return ended(given, outcome, message);
  const called = outcome === 'failed' ? state.policy.undone : outcome;
  return { ...forward(given), phase: 'undoing', ending: { outcome: called, message } };
}

/** The end of a preempted operation: the one with precedence goes on from here, so traffic is sent nowhere and nothing is removed. */
function preempted(state: MachineState, message: string): MachineState {
  if (state.phase === 'ended') return state;
  const given = stayingAsItIs(state);
  const own = given.undo.filter(inNobodysWay);
  const left = given.undo
    .filter((entry) => !inNobodysWay(entry))
    .map((entry) => `${entry.step}: left to whoever took over`);
  const rest = { ...given, undo: own, findings: [...given.findings, ...left] };
  if (own.length === 0) return ended(rest, 'preempted', message);
  return { ...forward(rest), phase: 'undoing', ending: { outcome: 'preempted', message } };
}

function ended(state: MachineState, outcome: Outcome, message: string): MachineState {
  return { ...forward(state), phase: 'ended', ending: { outcome, message } };
}
