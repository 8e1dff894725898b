// How the runbooks on a system's schedule stand, as `fairlead health SYSTEM --detailed` shows it.
import { isRecord, isText } from '../../domain/json.ts';
import type { ScheduledRunbook } from '../../domain/time/scheduled.ts';
import type { Temporal } from '../temporal/connect.ts';
import { EXIT, ExitError } from '../exit.ts';
import { inspect } from '../temporal/inspect.ts';

/** `problem`: no worker could say it, which says nothing of the system. */
export type ScheduledAnswer = ScheduledRunbook[] | { problem: string };

/** A worker that does not answer is a `problem` and no error: whether services are healthy is shown all the same. */
export async function askScheduled(temporal: Temporal, system: string): Promise<ScheduledAnswer> {
  try {
    const answer = await inspect(temporal, { system, scheduled: true });
    const found: unknown = isRecord(answer) ? answer['scheduled'] : undefined;
    if (Array.isArray(found) && found.every(isScheduled)) return found;
    throw new ExitError(EXIT.noAnswer, 'the answer of the worker does not say it');
  } catch (error) {
    if (error instanceof ExitError) return { problem: error.message };
    throw error;
  }
}

export function scheduledLines(answer: ScheduledAnswer): string[] {
  if ('problem' in answer) return [`on the schedule: not known: ${answer.problem}`];
  if (answer.length === 0) return [];
  const late = answer.filter(({ attention }) => attention).length;
  return [
    `on the schedule: ${late === 0 ? 'all well' : `${late} to look at`}`,
    ...answer.map(({ operation, text }) => `  ${operation} ${text}`),
  ];
}

function isScheduled(value: unknown): value is ScheduledRunbook {
  return (
    isRecord(value) &&
    ['runbook', 'operation', 'state', 'text'].every((key) => isText(value[key])) &&
    typeof value['attention'] === 'boolean'
  );
}
