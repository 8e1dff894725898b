// Which incident somebody means, and how it is asked: by its id as Temporal has it, or by its system where one is open.
import { WorkflowFailedError, WorkflowNotFoundError } from '@temporalio/client';
import { isRecord } from '../../domain/json.ts';
import { isOpen } from '../../domain/operation/operation.ts';
import { didYouMean } from '../../domain/text/did-you-mean.ts';
import { describeValue } from '../../domain/text/describe-value.ts';
import {
  memoIn,
  type IncidentMemo,
  type IncidentStatus,
} from '../../domain/incident/incident-status.ts';
import { INCIDENT, incidentId, incidentNamed } from '../../domain/incident/incident.ts';
import { EXIT, ExitError } from '../exit.ts';
import { systemName } from '../ids.ts';
import { take } from '../operation/find-operation.ts';
import { hasWorker, noWorker, type Temporal } from '../temporal/connect.ts';

export interface IncidentRow extends IncidentMemo {
  /** `incident/<system>/<id>` */
  incident: string;
  system: string;
  id: string;
  runId: string;
  openedAt: string;
  closedAt: string | null;
}

const MOST = 200;
const ANSWER_MS = 10_000;

/** Incidents as Temporal lists them, newest first. */
export async function listRows(
  temporal: Temporal,
  { system, all }: { system?: string | undefined; all?: boolean },
): Promise<IncidentRow[]> {
  // The name was checked against the pattern of names: it cannot leave its quotes.
  const query = [
    `WorkflowType = "${INCIDENT}" AND TaskQueue = "${temporal.taskQueue}"`,
    ...(system === undefined ? [] : [`WorkflowId STARTS_WITH "${incidentId(system, '')}"`]),
    ...(all === true ? ['ExecutionStatus != "ContinuedAsNew"'] : ['ExecutionStatus = "Running"']),
  ].join(' AND ');
  const found = await take(temporal, query, MOST);
  return found
    .flatMap(({ workflowId, runId, memo, startTime, closeTime }) => {
      const named = incidentNamed(workflowId);
      if (named === undefined) return [];
      const times = {
        openedAt: startTime.toISOString(),
        closedAt: closeTime?.toISOString() ?? null,
      };
      return [{ incident: workflowId, ...named, runId, ...memoIn(memo), ...times }];
    })
    .sort((a, b) => (a.openedAt < b.openedAt ? 1 : -1));
}

export interface IncidentName {
  system: string;
  /** Undefined: the only one that is open. */
  id?: string;
}

/** `shop/errors`, `incident/shop/errors`, or `shop`. Throws ExitError (2). */
export function incidentName(text: string): IncidentName {
  const named = incidentNamed(text) ?? incidentNamed(`${INCIDENT}/${text}`);
  if (named !== undefined) return named;
  if (!text.includes('/')) return { system: systemName(text) };
  throw new ExitError(
    EXIT.badInput,
    `INCIDENT is ${describeValue(text)}, allowed: SYSTEM/ID as "fairlead incident list" shows it, or SYSTEM`,
  );
}

/** The one incident that is meant. Throws ExitError (2) where there is none, or several are open. */
export async function meant(
  temporal: Temporal,
  text: string,
): Promise<{ system: string; id: string }> {
  const { system, id } = incidentName(text);
  if (id !== undefined) return { system, id };
  const open = await listRows(temporal, { system });
  const [only, ...more] = open;
  if (only === undefined) throw new ExitError(EXIT.badInput, `no incident of ${system} is open`);
  if (more.length === 0) return { system, id: only.id };
  const names = open.map((one) => `${system}/${one.id}`).join(', ');
  throw new ExitError(
    EXIT.badInput,
    `${open.length} incidents of ${system} are open; say which: ${names}`,
  );
}

export function handleOf({ client }: Temporal, { system, id }: { system: string; id: string }) {
  return client.workflow.getHandle(incidentId(system, id));
}

/** How an incident stands, as a worker says it. Throws ExitError: 2 where there is none, 5 where nobody answers. */
export async function askIncident(
  temporal: Temporal,
  which: { system: string; id: string },
): Promise<IncidentStatus> {
  const handle = handleOf(temporal, which);
  const described = await handle.describe().catch(async (error: unknown) => {
    throw error instanceof WorkflowNotFoundError ? await unknownIncident(temporal, which) : error;
  });
  if (described.status.name === 'FAILED') await failed(temporal, which);
  const patience = Date.now() + ANSWER_MS;
  for (;;) {
    const status = await query(temporal, which);
    if (isStatus(status)) return status;
    if (Date.now() > patience) {
      const state = isOpen(described) ? 'it has not begun yet' : 'it ended before it had begun';
      throw new ExitError(
        EXIT.noAnswer,
        `asking about ${incidentId(which.system, which.id)}: ${state}`,
      );
    }
    await new Promise((done) => setTimeout(done, 100));
  }
}

async function query(temporal: Temporal, which: { system: string; id: string }): Promise<unknown> {
  try {
    return await temporal.client.withDeadline(Date.now() + ANSWER_MS, () =>
      handleOf(temporal, which).query<unknown>('status'),
    );
  } catch {
    const name = incidentId(which.system, which.id);
    const why = (await hasWorker(temporal)) ? 'no worker answered in time' : noWorker(temporal);
    throw new ExitError(EXIT.noAnswer, `asking how ${name} stands: ${why}`);
  }
}

/** Throws what an incident failed with. */
async function failed(temporal: Temporal, which: { system: string; id: string }): Promise<void> {
  try {
    await handleOf(temporal, which).result();
  } catch (error) {
    if (!(error instanceof WorkflowFailedError)) throw error;
    const why = error.cause?.message ?? error.message;
    throw new ExitError(
      EXIT.badInput,
      `${incidentId(which.system, which.id)} was not opened: ${why}`,
    );
  }
}

export async function unknownIncident(
  temporal: Temporal,
  { system, id }: { system: string; id: string },
): Promise<ExitError> {
  const open = await listRows(temporal, { system });
  const names = open.map((one) => `${system}/${one.id}`);
  const there = names.length === 0 ? `none of ${system} is open` : `open are ${names.join(', ')}`;
  const near = didYouMean(`${system}/${id}`, names);
  return new ExitError(EXIT.badInput, `there is no incident ${system}/${id}${near}; ${there}`);
}

function isStatus(value: unknown): value is IncidentStatus {
  return (
    isRecord(value) &&
    typeof value['incident'] === 'string' &&
    ['timeline', 'followUps', 'alerts', 'operations', 'left'].every((key) =>
      Array.isArray(value[key]),
    )
  );
}
