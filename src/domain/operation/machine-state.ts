// The state of the machine of decisions (machine.ts), the actions that it asks for, and the events that it is told.
// Plain data.
import type { FailureKind } from '../failure.ts';
import type { Outcome } from './outcome.ts';
import type { PlanStep } from './plan.ts';
import type { UndoEntry } from './undo.ts';
import type { Verdict } from '../analysis/verdict.ts';

/** A step's parts, in order: its change or check, then its bake, then its gate. */
export type Part = 'change' | 'bake' | 'gate';

export interface Problem {
  step: string;
  part: Part;
  kind: FailureKind | 'Inconclusive';
  message: string;
  details?: unknown;
}

export interface Policy {
  /**
   * What a failed step leads to: everything undone, or the next step all the same: a stop stops what it can, and what
   * it could not is left over; a backup of several datastores takes those it can, and has failed (`failAtEnd`); a recovery
   * stays where it is, users kept out, until a person says what to do (`ask`).
   */
  onFailure: 'undo' | 'continue' | 'failAtEnd' | 'ask';
  /** What it is called when everything was undone. */
  undone: Outcome;
}

export interface MachineState {
  policy: Policy;
  steps: PlanStep[];
  index: number;
  part: Part;
  phase: 'forward' | 'parked' | 'undoing' | 'ended';
  /** Undo of everything begun so far, oldest first; pushed before the step. */
  undo: UndoEntry[];
  leftovers: string[];
  /** What failed on the way under `failAtEnd`. */
  failures: string[];
  findings: string[];
  /** Ids of steps that nothing leads to any more, as another way was chosen. */
  passed?: string[];
  verdict: Verdict | null;
  problem?: Problem;
  /** What a judgement came to: the sentence that a success ends with. */
  said?: string;
  /** How it was taken back, where it went on to its end all the same: the sentence that it ends with. */
  wentBack?: string;
  /** What stays as it is when it is ended from here on, as a sentence; it is left over then. */
  stays?: string;
  ending?: { outcome: Outcome; message: string };
}

export type Action =
  | { do: 'change'; step: PlanStep }
  | { do: 'bake'; step: PlanStep }
  | { do: 'gate'; step: PlanStep }
  | { do: 'passOver'; step: PlanStep }
  | { do: 'ask'; problem: Problem }
  | { do: 'undo'; entry: UndoEntry }
  | { do: 'end'; outcome: Outcome; message: string };

export type MachineEvent =
  /** `stays`: what an end leaves from here on; empty for nothing. */
  | { type: 'done'; stays?: string }
  /** `unbegun`: nothing of the step was tried, and nothing of it has to be taken back. `ends`: nothing that people could say helps. */
  | {
      type: 'failed';
      kind: FailureKind;
      message: string;
      details?: unknown;
      unbegun?: true;
      ends?: true;
    }
  /** A person did what a step asks for. */
  | { type: 'ticked' }
  /** A person chose; the steps with these ids are passed over. */
  | { type: 'chosen'; passes: string[] }
  /** The step is not to be done, and those that only it leads to neither. */
  | { type: 'passedOver'; passes?: string[] }
  | {
      type: 'baked';
      verdict: Verdict;
      message: string;
      judged: boolean;
      onInconclusive: 'ask' | 'undo';
    }
  /** A verdict that decides alone: a fail ends it, and so does an inconclusive one that `ends`. */
  | { type: 'judged'; verdict: Verdict; message: string; ends: boolean }
  /** A verdict that the conclusion decides on; what it found left over needs a person. `wentBack`: how all of it was taken back. */
  | { type: 'noted'; verdict: Verdict; leftovers?: string[]; wentBack?: string }
  /** The backup of this step is bad: the steps of the next candidate come now; where there is none, it has failed. */
  | { type: 'nextCandidate'; message: string }
  | {
      type: 'answered';
      decision: 'approved' | 'overridden' | 'rejected' | 'expired';
      message: string;
    }
  /** While people were waited for, what is deployed was found bad. */
  | { type: 'watched'; message: string }
  | { type: 'retryStep' | 'adopt' }
  | { type: 'skipStep'; by: string }
  | { type: 'promoted'; full: boolean; by: string }
  | { type: 'abort'; keep: boolean; message: string }
  | { type: 'cancelled' }
  | { type: 'preempted'; message: string }
  | { type: 'undone' }
  | { type: 'undoFailed'; message: string };
