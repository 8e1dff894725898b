// The report of one run: from its evidence once it is over, else from the workflow itself.
import { reportOfEntries } from '../domain/report-answer.ts';
import type { Report } from '../domain/report.ts';
import { isReport } from './answers.ts';
import { problemOf } from './ask-status.ts';
import type { Temporal } from './connect.ts';
import type { RunName } from './ending.ts';
import { EXIT, ExitError } from './exit.ts';
import { inspect } from './inspect.ts';

export interface ReportedRun extends RunName {
  open: boolean;
  system: string;
}

/** A closed run's evidence knows more than its history: it was sealed, maybe by somebody else. */
export async function askReport(temporal: Temporal, run: ReportedRun): Promise<Report> {
  const { workflowId, runId, system } = run;
  const problems: string[] = [];
  const attempt = async (ask: () => Promise<unknown>): Promise<Report | undefined> => {
    try {
      const answer = await ask();
      if (isReport(answer)) return answer;
      const made = reportOfEntries(answer);
      if (made !== undefined) return made;
      problems.push('the answer was no report');
    } catch (error) {
      problems.push(problemOf(error));
    }
    return undefined;
  };
  const handle = temporal.client.workflow.getHandle(workflowId, runId);
  const fromEvidence = () => inspect(temporal, { system, report: { workflowId, runId } });
  const fromWorkflow = () =>
    temporal.client.withDeadline(Date.now() + 10_000, () => handle.query<unknown>('report'));
  const found =
    (run.open ? undefined : await attempt(fromEvidence)) ?? (await attempt(fromWorkflow));
  if (found !== undefined) return found;
  throw new ExitError(
    EXIT.noAnswer,
    `asking for the report of ${run.operation} (${runId}): ${problems.join('; ')}`,
  );
}
