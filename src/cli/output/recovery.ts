// Whether a system is recoverable, as `fairlead health SYSTEM --detailed` shows it.
import { provedWords } from '../../domain/backup/backup.ts';
import { isRecord, isText } from '../../domain/json.ts';
import { span } from '../../domain/text/markdown.ts';
import type {
  DatastoreState,
  LastDrill,
  Recoverability,
} from '../../domain/recovery/recoverability.ts';
import type { Temporal } from '../temporal/connect.ts';
import { EXIT, ExitError } from '../exit.ts';
import { inspect } from '../temporal/inspect.ts';

/** `null`: the system holds no data. `problem`: no worker could work it out, which says nothing of the system. */
export type RecoverySeen = Recoverability | null | { problem: string };

/** A worker that does not answer is a `problem` and no error: whether services are healthy is shown all the same. */
export async function askRecovery(temporal: Temporal, system: string): Promise<RecoverySeen> {
  try {
    const answer = await inspect(temporal, { system, recovery: true });
    if (isRecord(answer) && answer['recovery'] === null) return null;
    if (isRecord(answer) && isRecoverability(answer['recovery'])) return answer['recovery'];
    throw new ExitError(EXIT.noAnswer, 'the answer of the worker does not say it');
  } catch (error) {
    if (error instanceof ExitError) return { problem: error.message };
    throw error;
  }
}

export function recoveryLines(seen: RecoverySeen): string[] {
  if (seen === null) return [];
  if ('problem' in seen) return [`recovery: not known: ${seen.problem}`];
  return [
    `recovery: ${seen.state}`,
    ...seen.why.map((reason) => `  because ${reason}`),
    `  ${drillLine(seen.lastDrill)}`,
    ...seen.datastores.map((one) => `  ${datastoreLine(one)}`),
  ];
}

function drillLine(drill: LastDrill | null): string {
  if (drill === null) return 'last drill: never';
  const measured = [
    ...(drill.rtoMs === null ? [] : [`took ${span(drill.rtoMs)}`]),
    ...(drill.rpoMs === null ? [] : [`went back ${span(drill.rpoMs)}`]),
  ];
  const how = drill.verdict ?? drill.outcome;
  return [`last drill: ${how}, ${span(drill.ageMs)} ago`, ...measured, drill.operation].join('; ');
}

function datastoreLine({ datastore, rpoMs, newestBackup }: DatastoreState): string {
  if (newestBackup === null) return `${datastore}: no good backup`;
  const { id, ageMs } = newestBackup;
  return `${datastore}: ${id}, goes back ${span(ageMs)} of ${span(rpoMs)} allowed; ${provedWords(newestBackup)}`;
}

function isRecoverability(value: unknown): value is Recoverability {
  return (
    isRecord(value) &&
    isText(value['state']) &&
    Array.isArray(value['why']) &&
    Array.isArray(value['datastores']) &&
    (value['lastDrill'] === null || isRecord(value['lastDrill']))
  );
}
