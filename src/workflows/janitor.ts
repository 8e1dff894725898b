// Takes away what operations left that are over: copies of backups, isolated targets, cut-off uploads. Started by the
// schedule `janitor`, or by hand; it takes no lease and leaves no record.
import { proxyActivities, setCurrentDetails } from '@temporalio/workflow';
import type { Activities } from '../activities/create.ts';
import { describeValue } from '../domain/text/describe-value.ts';
import { isRecord } from '../domain/json.ts';
import { sweepLines, type SweepReport } from '../domain/recovery/sweep.ts';
import { failureOf } from './steps/call.ts';
import { endingFailure } from './steps/ending-failure.ts';
import { singleEnvelope } from './steps/single-activity.ts';

/** Input: nothing, or `{}`. Answers what it removed, what it left, and why; fails when something would not go. */
export async function janitor(input: unknown): Promise<SweepReport> {
  if (!isNothing(input)) {
    throw ended(`janitor takes nothing, or {}, and not ${describeValue(input)}; send {}`, null);
  }
  const report = await sweep();
  setCurrentDetails(sweepLines(report).join('\n'));
  const [first] = report.failed;
  if (first === undefined) return report;
  const more = report.counts.failed === 1 ? '' : ` (and ${report.counts.failed - 1} more)`;
  throw ended(`${first.name} could not be removed${more}: ${first.reason}`, report);
}

async function sweep(): Promise<SweepReport> {
  const { sweepRemnants } = proxyActivities<Activities>({
    startToCloseTimeout: '30m',
    heartbeatTimeout: '5s',
    retry: { maximumAttempts: 3, initialInterval: '1s' },
    summary: 'Remove what runs left that are over',
  });
  try {
    const { value } = await sweepRemnants(
      singleEnvelope(null, { system: 'janitor', step: 'sweep' }),
    );
    return value;
  } catch (error) {
    const known = failureOf(error);
    if (known === undefined) throw error;
    throw ended(known.message, null);
  }
}

function isNothing(input: unknown): boolean {
  if (input === undefined || input === null) return true;
  return isRecord(input) && Object.keys(input).length === 0;
}

function ended(message: string, report: SweepReport | null): Error {
  return endingFailure('failed', message, [report]);
}
