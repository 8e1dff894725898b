// Who is kept out of data that were exchanged, for whoever ends a recovery then. Pure.
import type { Plan, PlanStep } from '../../operation/plan.ts';

type Planned = Pick<Plan, 'steps' | 'system'>;

/** From the exchange of a datastore on, as a sentence. */
export function keptOut({ steps, system }: Planned, datastore: string): string {
  const kept = steps.flatMap(({ action }) => (action.kind === 'stop' ? [action.service] : []));
  const who = kept.length === 0 ? 'users' : `users of ${kept.join(', ')}`;
  return `${datastore} was exchanged, and ${who} are kept out: ${letIn(system)}`;
}

/** Once the step has let its share in; empty when all are in, `undefined` where nothing is exchanged. */
export function keptOutAfter(
  { steps, system }: Planned,
  { id, action: done }: PlanStep,
): string | undefined {
  const exchanged = steps.flatMap(({ action }) =>
    action.kind === 'exchange' || action.kind === 'bindElsewhere' ? [action.datastore] : [],
  );
  if (exchanged.length === 0) return undefined;
  const later = steps.slice(steps.findIndex((one) => one.id === id) + 1);
  // A service may come back in either of two versions: its other step of the same share lets nobody in.
  const isOther = (one: PlanStep['action']): boolean =>
    done.kind === 'admit' &&
    one.kind === 'admit' &&
    one.service === done.service &&
    one.percent <= done.percent;
  const waiting = later.flatMap(({ action }) =>
    action.kind === 'admit' && !isOther(action) ? [action.service] : [],
  );
  if (waiting.length === 0) return '';
  const who = [...new Set(waiting)].join(', ');
  return `${exchanged.join(' and ')} ${exchanged.length === 1 ? 'was' : 'were'} exchanged, and not all users of ${who} are in: ${letIn(system)}`;
}

function letIn(system: string): string {
  return `"fairlead admit ${system}" lets them in on what is live now`;
}
