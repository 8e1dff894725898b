// What `fairlead schedules list` does: every schedule that Fairlead keeps, as Temporal has it. Asks no worker.
import { type ScheduleSummary, WorkflowNotFoundError } from '@temporalio/client';
import { oneLine } from '../../domain/text/markdown.ts';
import { markIn, noteIn } from '../../domain/time/schedules.ts';
import { staleStatus } from '../operation/ask-status.ts';
import type { CommonOptions } from '../command-options.ts';
import { type Temporal, withTemporal } from './connect.ts';
import { actorName } from '../identity.ts';
import { columns, printJson, printText } from '../output/print.ts';

interface ScheduleRow {
  id: string;
  system: string | null;
  /** The workflow type that it starts. */
  starts: string;
  /** The next times, ISO 8601; empty for a schedule that only people start. */
  next: string[];
  paused: boolean;
  /** The note that a person left in Temporal. */
  note: string | null;
  /** The newest workflow that the schedule started; null when it never started one. */
  last: LastStart | null;
}

interface LastStart {
  workflowId: string;
  runId: string;
  startedAt: string;
  /** The outcome of that workflow, else how Temporal says that it ended, or its state; null when its history is gone. */
  result: string | null;
}

const NEXT_SHOWN = 3;

export async function listSchedules(options: CommonOptions): Promise<void> {
  await withTemporal(actorName(options.as), async (temporal) => {
    const schedules = await readRows(temporal);
    if (options.json === true) {
      printJson({ schema: 'fairlead/schedules/v1', schedules });
      return;
    }
    if (schedules.length === 0) {
      printText(
        'there are no schedules; "fairlead schedules sync" makes those of the system files',
      );
      return;
    }
    const head = ['SCHEDULE', 'STARTS', 'NEXT', 'PAUSED', 'LAST', 'RESULT', ''];
    printText(columns([head, ...schedules.map(cells)]).join('\n'));
  });
}

function cells({ id, starts, next, paused, note, last }: ScheduleRow): string[] {
  return [
    id,
    starts,
    paused ? '' : (next[0] ?? 'when somebody starts it'),
    paused ? 'paused' : '',
    last?.startedAt ?? 'never',
    last === null ? '' : (last.result ?? 'unknown'),
    oneLine(note ?? ''),
  ];
}

export async function readRows(temporal: Temporal): Promise<ScheduleRow[]> {
  const rows: ScheduleRow[] = [];
  for await (const summary of temporal.client.schedule.list()) {
    const mark = markIn(summary.memo);
    if (mark?.taskQueue !== temporal.taskQueue) continue;
    rows.push(await rowOf(temporal, summary, mark.system));
  }
  return rows.sort((one, other) => (one.id < other.id ? -1 : 1));
}

async function rowOf(
  temporal: Temporal,
  { scheduleId, action, state, info }: ScheduleSummary,
  system: string | null,
): Promise<ScheduleRow> {
  return {
    id: scheduleId,
    system,
    starts: action?.workflowType ?? '',
    next: info.nextActionTimes.slice(0, NEXT_SHOWN).map((time) => time.toISOString()),
    paused: state.paused,
    note: noteIn(state.note),
    last: await lastStart(temporal, info.recentActions),
  };
}

async function lastStart(
  { client }: Temporal,
  recent: ScheduleSummary['info']['recentActions'],
): Promise<LastStart | null> {
  const newest = recent.at(-1);
  if (newest === undefined) return null;
  const { workflowId, firstExecutionRunId: runId } = newest.action.workflow;
  const about = { workflowId, runId, startedAt: newest.takenAt.toISOString() };
  try {
    const info = await client.workflow.getHandle(workflowId, runId).describe();
    const { state, outcome = info.status.name.toLowerCase() } = staleStatus(info);
    return { ...about, result: state === 'closed' ? outcome : state };
  } catch (error) {
    if (error instanceof WorkflowNotFoundError) return { ...about, result: null };
    throw error;
  }
}
