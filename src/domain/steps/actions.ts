// What the steps of a runbook of steps do, with the inputs filled in.
import type { Look, StepChange, StepCheck } from '../../config/steps/runbook-schema.ts';

/** Only when this check passes. */
interface Conditional {
  when?: StepCheck;
}

/** What an operation is asked, by the names of its fields. */
export type OperationAsked = Record<string, string | number | boolean>;

export type StepsAction =
  /** `looks`: one, or several side by side; `timeout` in ms. */
  | (Conditional & { kind: 'look'; looks: { name: string; look: Look }[]; timeout: number })
  /** `check`: how one sees that it is done; null for none. `back`: how it is taken back; null for none. */
  | (Conditional & {
      kind: 'do';
      change: StepChange;
      check: StepCheck | null;
      back: StepChange | null;
      timeout: number;
    })
  /** `back`: what a person does to take it back; null for nothing. */
  | (Conditional & { kind: 'manual'; text: string; back: string | null })
  /** `options`: by answer, the ids of the steps that are done only then. */
  | (Conditional & { kind: 'choose'; question: string; options: Record<string, string[]> })
  /** `runbook`: the name of a runbook in the table; `asked`: what it is asked, but for the system and who asks; `summary`: what it does, in a line. */
  | (Conditional & {
      kind: 'operation';
      runbook: string;
      asked: OperationAsked;
      summary: string;
    })
  | (Conditional & { kind: 'pause'; ms: number })
  /** Milliseconds. */
  | (Conditional & { kind: 'await'; check: StepCheck; every: number; atMost: number })
  | (Conditional & { kind: 'tell'; channel: string; text: string })
  /** A runbook of steps as a child, in a maintenance window; what comes next where it fails, people say. */
  | (Conditional & {
      kind: 'work';
      runbook: string;
      inputs: OperationAsked;
      /** When the window ends (ms). */
      endsAt: number;
      /** When it is too late to go back within the window (ms); null where nobody has measured how long that takes. */
      lastSafeAt: number | null;
      /** There is a backup of this window to go back to. */
      canRestore: boolean;
    })
  /** People are asked before the step `before`: its gate. */
  | (Conditional & { kind: 'consent'; before: string });

/** Kinds of steps that people wrote as data: whoever wrote them may go on without one. */
export const STEPS_KINDS: ReadonlySet<string> = new Set<StepsAction['kind']>([
  ...([
    'look',
    'do',
    'manual',
    'choose',
    'operation',
    'work',
    'pause',
    'await',
    'tell',
    'consent',
  ] as const),
]);
