// How a step is undone, as plain data that can be shown, stored and carried out by any worker.
import type { Weights } from './model.ts';
import type { PlanStep } from './plan.ts';
import { describeWeights } from './weights.ts';

export type UndoEntry =
  | { step: string; verb: 'setWeights'; service: string; weights: Weights }
  | { step: string; verb: 'removeRevision'; service: string; revision: string; version: string }
  | { step: string; verb: 'scale'; service: string; revision: string; replicas: number }
  | { step: string; verb: 'discardCopy'; datastore: string; copy: string };

/** The undo of a step; `undefined` where it has none. */
export function undoOf(step: PlanStep): UndoEntry | undefined {
  const { action } = step;
  switch (action.kind) {
    case 'ensure':
      if (action.existed) return undefined;
      return {
        step: step.id,
        verb: 'removeRevision',
        service: action.service,
        revision: action.spec.id,
        version: action.spec.version,
      };
    case 'weights':
      return { step: step.id, verb: 'setWeights', service: action.service, weights: action.back };
    case 'scale':
      return {
        step: step.id,
        verb: 'scale',
        service: action.service,
        revision: action.revision,
        replicas: action.before,
      };
    case 'rung': {
      const { datastore, copy, rung } = action;
      if (rung !== 'loads') return undefined;
      return { step: step.id, verb: 'discardCopy', datastore, copy };
    }
    default:
      return undefined;
  }
}

/** A copy is this operation's alone: it goes also when somebody else takes over. */
export function inNobodysWay({ verb }: UndoEntry): boolean {
  return verb === 'discardCopy';
}

/** Traffic before workloads, then newest first. */
export function newestUndo(entries: UndoEntry[]): UndoEntry | undefined {
  const traffic = entries.filter((entry) => entry.verb === 'setWeights');
  return traffic.at(-1) ?? entries.at(-1);
}

export function describeUndo(entry: UndoEntry): string {
  switch (entry.verb) {
    case 'setWeights':
      return `${entry.step}: traffic of ${entry.service} back to ${describeWeights(entry.weights)}`;
    case 'removeRevision':
      return `${entry.step}: remove ${entry.version} of ${entry.service}`;
    case 'scale':
      return `${entry.step}: ${entry.service} back to ${entry.replicas} replicas`;
    case 'discardCopy':
      return `${entry.step}: discard the copy ${entry.copy} of ${entry.datastore}`;
  }
}
