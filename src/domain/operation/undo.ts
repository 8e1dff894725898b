// How a step is undone, as plain data that can be shown, stored and carried out by any worker.
import type { Weights } from '../rollout/model.ts';
import type { PlanStep } from './plan.ts';
import { describeWeights } from '../traffic/weights.ts';

export type UndoEntry =
  | { step: string; verb: 'setWeights'; service: string; weights: Weights }
  | { step: string; verb: 'removeRevision'; service: string; revision: string; version: string }
  | { step: string; verb: 'scale'; service: string; revision: string; replicas: number }
  | { step: string; verb: 'settle'; service: string; revision: string; version: string }
  | { step: string; verb: 'admit'; service: string; percent: number }
  | { step: string; verb: 'liftFence'; datastore: string }
  /** `byHand`: only people can. */
  | { step: string; verb: 'startWriter'; writer: string; byHand?: true }
  | WrittenEntry
  | OwnEntry;

/** Takes back a step that people wrote as data: by what they wrote for it, or by hand. */
export type WrittenEntry =
  { step: string; verb: 'takeBack' } | { step: string; verb: 'byHand'; text: string };

/** Takes back what is this operation's alone. */
export type OwnEntry =
  | { step: string; verb: 'discardCopy'; datastore: string; copy: string }
  | { step: string; verb: 'closeTarget'; target: string };

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
    case 'scale': {
      const { service, revision, before: replicas } = action;
      return replicas === null
        ? undefined
        : { step: step.id, verb: 'scale', service, revision, replicas };
    }
    case 'settle':
      return action.back === null
        ? undefined
        : { step: step.id, verb: 'settle', service: action.service, ...action.back };
    case 'rung': {
      const { datastore, copy, rung } = action;
      if (rung !== 'loads') return undefined;
      return { step: step.id, verb: 'discardCopy', datastore, copy };
    }
    case 'empty':
      return {
        step: step.id,
        verb: 'discardCopy',
        datastore: action.datastore,
        copy: action.copy,
      };
    case 'isolate':
      return { step: step.id, verb: 'closeTarget', target: action.target };
    case 'stop': {
      const { service, back: percent } = action;
      return percent === undefined ? undefined : { step: step.id, verb: 'admit', service, percent };
    }
    case 'writeFence':
      return { step: step.id, verb: 'liftFence', datastore: action.datastore };
    default:
      return undoOfOthers(step);
  }
}

/** Of what is neither a service nor data: writers, and steps that people wrote. */
function undoOfOthers({ id, action }: PlanStep): UndoEntry | undefined {
  switch (action.kind) {
    case 'stopWriter':
      return { step: id, verb: 'startWriter', writer: action.writer };
    case 'askWriter': {
      const { writer, to } = action;
      if (to === 'start') return undefined;
      return { step: id, verb: 'startWriter', writer, byHand: true };
    }
    case 'do':
      return action.back === null ? undefined : { step: id, verb: 'takeBack' };
    case 'manual':
      return action.back === null ? undefined : { step: id, verb: 'byHand', text: action.back };
    default:
      return undefined;
  }
}

/** A copy is this operation's alone: it goes also when somebody else takes over. */
export function inNobodysWay(entry: UndoEntry): entry is OwnEntry {
  return entry.verb === 'discardCopy' || entry.verb === 'closeTarget';
}

/**
 * The platform's own object first, for the old revision answers again only once that stands on it; then traffic before
 * workloads, what runs on a copy before the copy, a datastore before the users that need it, then newest first.
 */
export function newestUndo(entries: UndoEntry[]): UndoEntry | undefined {
  const last = (verb: UndoEntry['verb']) => entries.findLast((entry) => entry.verb === verb);
  return (
    last('settle') ??
    last('setWeights') ??
    last('closeTarget') ??
    last('liftFence') ??
    // Users are let in to what is there again.
    last('scale') ??
    last('admit') ??
    entries.at(-1)
  );
}

/** True when `one` makes `entry` needless: one way back for a revision, or for the traffic of a service, is enough: the oldest, which leads to where it was. */
export function covers(one: UndoEntry, entry: UndoEntry): boolean {
  if (one.verb !== entry.verb) return false;
  switch (one.verb) {
    case 'takeBack':
    case 'byHand':
      return entry.step === one.step;
    case 'discardCopy':
      return entry.verb === one.verb && entry.copy === one.copy;
    case 'closeTarget':
      return entry.verb === one.verb && entry.target === one.target;
    case 'setWeights':
    case 'admit':
      return entry.verb === one.verb && entry.service === one.service;
    case 'liftFence':
      return entry.verb === one.verb && entry.datastore === one.datastore;
    case 'startWriter':
      return entry.verb === one.verb && entry.writer === one.writer;
    default:
      return (
        entry.verb === one.verb && entry.service === one.service && entry.revision === one.revision
      );
  }
}

/**
 * The step has taken back itself what this entry would, or has handed it over to people, or there is no way back behind it:
 * not to the data that were exchanged, and to nothing at all once users are let in again.
 */
export function isTakenBack(entry: UndoEntry, { action }: PlanStep): boolean {
  if (action.kind === 'admit') return true;
  switch (entry.verb) {
    case 'discardCopy':
      return isOutOfHand(entry, action);
    case 'liftFence':
      return action.kind === 'liftFence' && entry.datastore === action.datastore;
    case 'closeTarget':
      return action.kind === 'close' && entry.target === action.target;
    default:
      return false;
  }
}

/** The copy is discarded, kept or live. */
function isOutOfHand(
  { copy, datastore }: Extract<UndoEntry, { verb: 'discardCopy' }>,
  action: PlanStep['action'],
): boolean {
  // Whichever copy it was: the others were discarded before.
  if (isExchange(action)) return datastore === action.datastore;
  return (action.kind === 'discard' || action.kind === 'keepCopy') && copy === action.copy;
}

/** Another place holds what is live from then on. */
function isExchange(
  action: PlanStep['action'],
): action is Extract<PlanStep['action'], { kind: 'exchange' | 'bindElsewhere' }> {
  return action.kind === 'exchange' || action.kind === 'bindElsewhere';
}

/** From the beginning of the step on nobody knows what is live: users and writers come back by a person's word only. */
export function isBarred(entry: UndoEntry, { action }: PlanStep): boolean {
  return isExchange(action) && (entry.verb === 'admit' || entry.verb === 'startWriter');
}

export function describeUndo(entry: UndoEntry): string {
  switch (entry.verb) {
    case 'setWeights':
      return `${entry.step}: traffic of ${entry.service} back to ${describeWeights(entry.weights)}`;
    case 'removeRevision':
      return `${entry.step}: remove ${entry.version} of ${entry.service}`;
    case 'scale':
      return `${entry.step}: ${entry.service} back to ${entry.replicas} replicas`;
    case 'settle':
      return `${entry.step}: settle ${entry.service} on ${entry.version} again`;
    case 'admit':
      return `${entry.step}: let ${entry.percent} % of the clients of ${entry.service} in again`;
    case 'liftFence':
      return `${entry.step}: lift the write fence of ${entry.datastore}`;
    case 'startWriter':
      return entry.byHand === true
        ? `${entry.step}: a person starts ${entry.writer} again`
        : `${entry.step}: start the writer ${entry.writer} again`;
    case 'discardCopy':
      return `${entry.step}: discard the copy ${entry.copy} of ${entry.datastore}`;
    case 'closeTarget':
      return `${entry.step}: close the isolated target ${entry.target}`;
    case 'takeBack':
      return `${entry.step}: take it back as its runbook says`;
    case 'byHand':
      return `${entry.step}: by hand: ${entry.text}`;
  }
}
