// Schedules as Temporal keeps them: read into what domain/time/schedule-sync.ts compares, written from what a system file
// asks for. The mark in a schedule's memo says that it is Fairlead's, of which system, and on which task queue.
import {
  ScheduleAlreadyRunning,
  type ScheduleDescription,
  ScheduleNotFoundError,
  type ScheduleOptions,
  type ScheduleUpdateOptions,
} from '@temporalio/client';
import { canonicalJson } from '../../domain/digest.ts';
import { isRecord, textAt } from '../../domain/json.ts';
import { startsText, timesText, type FoundSchedule } from '../../domain/time/schedule-sync.ts';
import { parseRequest } from '../../domain/operation/request.ts';
import { runbookFor } from '../../runbooks/index.ts';
import { summaryOf } from '../../runbooks/runbook.ts';
import {
  markIn,
  OWN_NOTE,
  scheduleDigest,
  type WantedSchedule,
} from '../../domain/time/schedules.ts';
import type { Temporal } from './connect.ts';
import { EXIT, ExitError } from '../exit.ts';

/** Undefined when there is no schedule of this name. */
export async function readSchedule(
  { client }: Temporal,
  id: string,
): Promise<FoundSchedule | undefined> {
  try {
    return foundIn(await client.schedule.getHandle(id).describe());
  } catch (error) {
    if (error instanceof ScheduleNotFoundError) return undefined;
    throw error;
  }
}

/** Ids of the schedules with Fairlead's mark, on any task queue. Visibility lags behind a little. */
export async function markedSchedules({ client }: Temporal): Promise<string[]> {
  const ids: string[] = [];
  for await (const { scheduleId, memo } of client.schedule.list()) {
    if (markIn(memo) !== null) ids.push(scheduleId);
  }
  return ids;
}

export async function createSchedule(temporal: Temporal, wanted: WantedSchedule): Promise<void> {
  const { taskQueue, client } = temporal;
  const mark = { version: 1, system: wanted.system, taskQueue };
  try {
    await client.schedule.create({
      scheduleId: wanted.id,
      ...definitionOf(wanted, taskQueue),
      memo: { fairlead: mark },
      state: { note: OWN_NOTE },
    });
  } catch (error) {
    if (!(error instanceof ScheduleAlreadyRunning)) throw error;
    const message = `creating the schedule ${wanted.id}: somebody else made one of this name meanwhile; sync again`;
    throw new ExitError(EXIT.refused, message);
  }
}

/** Replaces what the schedule does and when; a pause and its note stay. */
export async function updateSchedule(
  { client, taskQueue }: Temporal,
  wanted: WantedSchedule,
): Promise<void> {
  await client.schedule.getHandle(wanted.id).update(({ state }): ScheduleUpdateOptions => {
    const { paused, note, remainingActions } = state;
    return {
      ...definitionOf(wanted, taskQueue),
      state: {
        paused,
        ...(note !== undefined && { note }),
        ...(remainingActions !== undefined && { remainingActions }),
      },
    };
  });
}

/** A schedule that is gone already is fine. */
export async function removeSchedule({ client }: Temporal, id: string): Promise<void> {
  try {
    await client.schedule.getHandle(id).delete();
  } catch (error) {
    if (!(error instanceof ScheduleNotFoundError)) throw error;
  }
}

function definitionOf(
  wanted: WantedSchedule,
  taskQueue: string,
): Pick<ScheduleOptions, 'spec' | 'action' | 'policies'> {
  const { at, zone, everyMs, overlap, catchupMs, workflowType, workflowId, input } = wanted;
  const runbook = runbookFor(workflowType, undefined);
  const summary =
    runbook === undefined ? undefined : summaryOf(runbook, parseRequest(runbook, input));
  return {
    spec: {
      calendars: at.map(({ hour, minute, day, dates, months, years }) => ({
        hour,
        minute,
        ...(day !== null && { dayOfWeek: day }),
        ...(dates !== undefined && { dayOfMonth: { start: dates.from, end: dates.to } }),
        ...(months !== undefined && { month: [...months] }),
        ...(years !== undefined && {
          year: { start: years.from, end: years.to, step: years.step },
        }),
      })),
      ...(zone !== undefined && { timezone: zone }),
      intervals: everyMs === null ? [] : [{ every: everyMs }],
    },
    action: {
      type: 'startWorkflow',
      ...{ workflowType, workflowId, taskQueue, args: [input] },
      workflowTaskTimeout: '5s',
      ...(summary !== undefined && { staticSummary: summary }),
      memo: { fairlead: { schedule: wanted.id, digest: scheduleDigest(wanted) } },
    },
    policies: { overlap, catchupWindow: catchupMs, pauseOnFailure: false },
  };
}

function foundIn({ scheduleId, spec, action, policies, memo }: ScheduleDescription): FoundSchedule {
  const { workflowType, workflowId, taskQueue } = action;
  // Whatever its type says, an offset that is nothing is not there.
  const intervals: { every: number; offset?: number | undefined }[] = spec.intervals ?? [];
  const args: readonly unknown[] = action.args ?? [];
  const started = isRecord(action.memo) ? action.memo['fairlead'] : undefined;
  return {
    id: scheduleId,
    ours: markIn(memo),
    digest: textAt(started, 'digest') ?? null,
    facets: {
      times: timesText({
        calendars: (spec.calendars ?? []).map(({ comment: _, ...calendar }) => calendar),
        intervals: intervals.map(({ every, offset = 0 }) => ({ every, offset })),
        other: otherTimes(spec),
      }),
      starts: startsText({ workflowType, workflowId, taskQueue, args: [...args] }),
      overlap: policies.overlap ?? 'SKIP',
      'catch-up': String(policies.catchupWindow),
    },
  };
}

/** Parts of the times that no system file asks for, as JSON; null when there are none. */
function otherTimes({
  skip = [],
  startAt,
  endAt,
  jitter = 0,
  timezone,
}: ScheduleDescription['spec']) {
  const set = {
    ...(skip.length > 0 && { skip }),
    ...(startAt !== undefined && { startAt: startAt.toISOString() }),
    ...(endAt !== undefined && { endAt: endAt.toISOString() }),
    ...(jitter > 0 && { jitter }),
    ...(!['', 'UTC', undefined].includes(timezone) && { timezone }),
  };
  return Object.keys(set).length === 0 ? null : canonicalJson(set);
}
