// What stays done of an operation that ended before its end, read from its record: whoever took over is told, for nobody undoes it.
import type { PlanStep, StepAction } from '../../domain/operation/plan.ts';
import { undoOf, type UndoEntry } from '../../domain/operation/undo.ts';
import { buildReport } from '../../domain/record/build-report.ts';
import type { EvidenceEntry } from '../../domain/record/evidence.ts';
import type { Report } from '../../domain/record/report.ts';

/** Changes that last, with an undo or without one. */
const LASTING: ReadonlySet<StepAction['kind']> = new Set([
  ...(['do', 'operation', 'work', 'exchange', 'bindElsewhere'] as const),
]);

/**
 * Undos of changes that last. Revisions and shares of users are not among them: whoever takes over plans from those as they
 * are. Copies and isolated targets go with their operation.
 */
const LASTING_UNDOS: ReadonlySet<UndoEntry['verb']> = new Set([
  ...(['scale', 'admit', 'liftFence', 'startWriter', 'takeBack', 'byHand'] as const),
]);

/** A sentence on what stays done of an operation that gave way; undefined where nothing does. */
export function staysDone(entries: readonly EvidenceEntry[]): string | undefined {
  const report = buildReport(entries, { verify: false });
  const said = clausesOn(report);
  if (said.length === 0) return undefined;
  const last = report.steps.findLast(({ status }) => status !== 'passedOver');
  const where = `${last?.status === 'done' ? 'after' : 'at'} step ${last?.id ?? ''}`;
  return [`${report.operation} gave way ${where}`, ...said].join('; ');
}

/** Clauses on the changes of an operation that last and were not undone; none where there are none. */
export function clausesOn(report: Report): string[] {
  const done = changesOf(report, 'done').map(({ id }) => id);
  const [first] = done;
  const stays =
    done.length > 1
      ? `its steps ${done.join(', ')} stay done`
      : `its step ${first ?? ''} stays done`;
  return [
    ...(first === undefined ? [] : [stays]),
    ...changesOf(report, 'started').map(
      ({ id }) => `${id} was under way, and how far it came was not recorded`,
    ),
    ...changesOf(report, 'failed').map(({ id }) => `${id} failed, and may be done in part`),
  ];
}

/** The steps of this status whose changes last, without those that were undone or led back by a later step. */
function changesOf(report: Report, status: string): PlanStep[] {
  const done = plannedOf(report, 'done');
  const isUndone = ({ id }: PlanStep): boolean =>
    report.undo.some((one) => one.step === id && one.status === 'done');
  return plannedOf(report, status).filter(
    (step) => lasts(step) && !isUndone(step) && !done.some(({ action }) => leadsBack(action, step)),
  );
}

function plannedOf({ plan, steps }: Report, status: string): PlanStep[] {
  return steps
    .filter((step) => step.status === status)
    .flatMap(({ id }) => plan?.steps.find((step) => step.id === id) ?? []);
}

function lasts(step: PlanStep): boolean {
  const undo = undoOf(step);
  return LASTING.has(step.action.kind) || (undo !== undefined && LASTING_UNDOS.has(undo.verb));
}

/** The operation itself led the change back on its way, by a step of its plan. */
function leadsBack(action: StepAction, step: PlanStep): boolean {
  const undo = undoOf(step);
  switch (undo?.verb) {
    case 'admit':
      return action.kind === 'admit' && action.service === undo.service;
    case 'scale':
      return (
        action.kind === 'scale' &&
        action.service === undo.service &&
        action.replicas === undo.replicas
      );
    case 'liftFence':
      return action.kind === 'liftFence' && action.datastore === undo.datastore;
    case 'startWriter':
      return startsWriter(action, undo.writer);
    default:
      return false;
  }
}

function startsWriter(action: StepAction, writer: string): boolean {
  const isAsked = action.kind === 'askWriter' && action.to === 'start';
  return (action.kind === 'startWriter' || isAsked) && action.writer === writer;
}
