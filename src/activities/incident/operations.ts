// What operations of a system Temporal lists since a time: what changed around an incident, and who did something in it.
import { getClient } from '@temporalio/activity';
import { MOST_OPERATIONS } from '../../domain/incident/operations-seen.ts';
import type { OperationSeen } from '../../domain/incident/incident.ts';
import type { Call } from '../call.ts';
import { unavailable } from '../executions.ts';

/** `since` is ISO 8601; what was still open then is listed too. The newest ones where there are too many. */
export async function listOperations(
  { system, since }: { system: string; since: string },
  _: Call,
): Promise<OperationSeen[]> {
  // The name was checked against the pattern of names: it cannot leave its quotes.
  const query = `FairleadSystem = '${system}' AND FairleadKind IS NOT NULL AND (StartTime >= '${since}' OR CloseTime >= '${since}')`;
  const found: OperationSeen[] = [];
  try {
    for await (const run of getClient().workflow.list({ query, pageSize: MOST_OPERATIONS })) {
      found.push(seen(run));
      if (found.length >= MOST_OPERATIONS) break;
    }
  } catch (error) {
    throw unavailable(`listing the operations of ${system}`, error);
  }
  return found.reverse();
}

type Listed =
  ReturnType<ReturnType<typeof getClient>['workflow']['list']> extends AsyncIterable<infer One>
    ? One
    : never;

function seen(run: Listed): OperationSeen {
  const { workflowId, runId, raw, startTime, closeTime, status } = run;
  const outcome = textIn(run, 'FairleadOutcome') ?? status.name;
  return {
    operation: textIn(run, 'FairleadOperation') ?? workflowId,
    workflowId,
    firstRunId: raw.firstRunId || runId,
    kind: textIn(run, 'FairleadKind') ?? run.type,
    startedAt: startTime.toISOString(),
    endedAt: closeTime?.toISOString() ?? null,
    outcome: closeTime === undefined ? null : outcome,
    summary: textIn(run, 'FairleadSummary'),
  };
}

function textIn({ typedSearchAttributes }: Listed, name: string): string | null {
  const value = typedSearchAttributes.getAll().find(({ key }) => key.name === name)?.value;
  return typeof value === 'string' && value !== '' ? value : null;
}
