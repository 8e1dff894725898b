// The report of one run: from its evidence once it is over, else from the workflow itself.
import { reportOfEntries } from '../../domain/record/report-answer.ts';
import type { Report } from '../../domain/record/report.ts';
import { isReport } from '../temporal/answers.ts';
import { answersNothing, endOfClosed, problemOf } from './ask-status.ts';
import type { Temporal } from '../temporal/connect.ts';
import type { Ending, RunName } from './ending.ts';
import { EXIT, ExitError } from '../exit.ts';
import { inspect } from '../temporal/inspect.ts';

export interface ReportedRun extends RunName {
  open: boolean;
  system: string;
}

/** The report of a run. The evidence of a closed run is asked first: it knows more than the history, and somebody else may have sealed it. */
export async function askReport(temporal: Temporal, run: ReportedRun): Promise<Report> {
  const { workflowId, runId, system } = run;
  const problems: unknown[] = [];
  const attempt = async (ask: () => Promise<unknown>): Promise<Report | undefined> => {
    try {
      const answer = await ask();
      if (isReport(answer)) return answer;
      const made = reportOfEntries(answer);
      if (made !== undefined) return made;
      problems.push('the answer was no report');
    } catch (error) {
      problems.push(error);
    }
    return undefined;
  };
  const handle = temporal.client.workflow.getHandle(workflowId, runId);
  const fromEvidence = () => inspect(temporal, { system, report: { workflowId, runId } });
  const fromWorkflow = () =>
    temporal.client.withDeadline(Date.now() + 10_000, () => handle.query<unknown>('report'));
  const found =
    (run.open || system === '' ? undefined : await attempt(fromEvidence)) ??
    (await attempt(fromWorkflow));
  if (found !== undefined) return found;
  const hasNone = !run.open && problems.some(answersNothing);
  const end = hasNone ? await endOfClosed(temporal, run) : undefined;
  if (end !== undefined) throw new ExitError(EXIT.badInput, leftNone(run, end));
  throw new ExitError(
    EXIT.noAnswer,
    `asking for the report of ${run.operation} (${runId}): ${problems.map(problemOf).join('; ')}`,
  );
}

function leftNone({ operation }: RunName, { outcome, message }: Ending): string {
  return `${operation} left no report: it was ${outcome} before it began: ${message}`;
}
