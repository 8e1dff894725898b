// Asks Temporal how the runbooks on a system's schedule stand: what was started, what is open, what was missed.
import { Context, getClient } from '@temporalio/activity';
import type { LoadedSystem } from '../../domain/loaded-system.ts';
import {
  judgeScheduled,
  type ScheduledFound,
  type ScheduledRunbook,
} from '../../domain/time/scheduled.ts';
import { markIn, noteIn } from '../../domain/time/schedules.ts';
import { runbookOfSteps } from '../../runbooks/steps.ts';
import { unavailable } from '../executions.ts';

/** In the order of the file. `now`: ms. */
export async function scheduledOf(
  { name: system, system: written }: Pick<LoadedSystem, 'name' | 'system'>,
  now: number,
): Promise<ScheduledRunbook[]> {
  const runbooks = Object.entries(written.schedules?.runbooks ?? {});
  const judged = runbooks.map(async ([runbook, when]) => {
    const operation = runbookOfSteps.id({ system, runbook });
    return judgeScheduled({ runbook, operation, when, found: await found(operation), now });
  });
  return Promise.all(judged);
}

async function found(operation: string): Promise<ScheduledFound> {
  try {
    const [schedule, newest] = await Promise.all([scheduleOf(operation), newestRun(operation)]);
    return { ...schedule, newest };
  } catch (error) {
    throw unavailable(`asking how ${operation} stands on its schedule`, error);
  }
}

/** The schedule has the name of the operation. */
async function scheduleOf(id: string): Promise<Omit<ScheduledFound, 'newest'>> {
  const none = { since: 0, paused: false, note: null, startedFor: [] };
  try {
    const { memo, info, state } = await getClient().schedule.getHandle(id).describe();
    if (markIn(memo)?.taskQueue !== Context.current().info.taskQueue)
      return { ...none, kept: 'foreign' };
    return {
      kept: 'ours',
      since: (info.lastUpdatedAt ?? info.createdAt).getTime(),
      paused: state.paused,
      note: noteIn(state.note),
      startedFor: info.recentActions.map(({ scheduledAt }) => scheduledAt.getTime()),
    };
  } catch (error) {
    // By name: the client's error classes are not ours to import here.
    if (error instanceof Error && error.name === 'ScheduleNotFoundError')
      return { ...none, kept: 'none' };
    throw error;
  }
}

/** More runs of one runbook than this are open or new at no time. */
const MOST_RUNS = 50;

/** The newest run, whoever started it: of the operation's id, or with the time of its schedule behind it. One that no worker has looked at has no search attributes yet. */
async function newestRun(operation: string): Promise<ScheduledFound['newest']> {
  // Names were checked against the pattern of names: they cannot leave their quotes.
  const query = `WorkflowType = '${runbookOfSteps.type}' AND (WorkflowId = '${operation}' OR WorkflowId STARTS_WITH '${operation}-')`;
  const isIts = new RegExp(`^${operation}(-\\d{4}-\\d\\d-\\d\\dT[\\d:.]+Z)?$`);
  let newest: ScheduledFound['newest'] = null;
  let seen = 0;
  for await (const run of getClient().workflow.list({ query, pageSize: MOST_RUNS })) {
    const startedAt = run.startTime.getTime();
    if (isIts.test(run.workflowId) && startedAt > (newest?.startedAt ?? 0)) {
      const said = run.typedSearchAttributes.getAll();
      const outcome = said.find(({ key }) => key.name === 'FairleadOutcome')?.value;
      newest = {
        startedAt,
        open: run.status.name === 'RUNNING',
        outcome: typeof outcome === 'string' ? outcome : run.status.name.toLowerCase(),
      };
    }
    seen += 1;
    if (seen >= MOST_RUNS) break;
  }
  return newest;
}
