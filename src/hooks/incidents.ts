// Incidents as the hooks reach them in Temporal. What Temporal does not answer in time throws a `Failure` Unavailable: whoever
// posted it posts it again.
import { WorkflowNotFoundError, type Client } from '@temporalio/client';
import { Failure } from '../domain/failure.ts';
import type { AlertChange, AlertSeen } from '../domain/incident/alerts.ts';
import { ALERT_MESSAGE } from '../domain/incident/incident-messages.ts';
import { incidentStart, type IncidentRequest } from '../domain/incident/incident-request.ts';
import { INCIDENT, incidentId } from '../domain/incident/incident.ts';
import { isRecord } from '../domain/json.ts';

/** How the newest incident of an id stands. */
export type IncidentState =
  | { is: 'open' }
  /** It is closed, with these alerts, and `more` that were not kept one by one. */
  | { is: 'closed'; alerts: AlertSeen[]; more: number; closedAt: string }
  /** There is none, or one that ended otherwise than by being closed. */
  | { is: 'none' };

export interface Incidents {
  state(system: string, id: string): Promise<IncidentState>;
  /** How many incidents of a system are open. */
  countOpen(system: string): Promise<number>;
  /** Opens the incident, or joins it where it is open. */
  openOrJoin(request: IncidentRequest, alerts: readonly AlertChange[]): Promise<void>;
  /** Says to an incident how alerts stand; false where it is not open. */
  tell(system: string, id: string, alerts: readonly AlertChange[]): Promise<boolean>;
}

/** How long (ms) Temporal has for an answer. */
const PATIENCE_MS = 5_000;

export function temporalIncidents(client: Client, taskQueue: string): Incidents {
  const asking = async <T>(what: string, ask: () => Promise<T>): Promise<T> => {
    try {
      return await client.withDeadline(Date.now() + PATIENCE_MS, ask);
    } catch (error) {
      if (error instanceof WorkflowNotFoundError) throw error;
      throw new Failure('Unavailable', `${what}: ${saidBy(error)}; Temporal may be away`);
    }
  };
  const handle = (system: string, id: string, runId?: string) =>
    client.workflow.getHandle(incidentId(system, id), runId);
  return {
    state: (system, id) =>
      orNone({ is: 'none' }, async () => {
        const name = incidentId(system, id);
        const { status, runId } = await asking(`describing ${name}`, () =>
          handle(system, id).describe(),
        );
        if (status.name === 'RUNNING' || status.name === 'CONTINUED_AS_NEW') return { is: 'open' };
        if (status.name !== 'COMPLETED') return { is: 'none' };
        const end = await asking<unknown>(`reading how ${name} ended`, () =>
          handle(system, id, runId).result(),
        );
        return closedState(end);
      }),
    countOpen: async (system) => {
      // The name was checked against the pattern of names: it cannot leave its quotes.
      const query = `WorkflowType = "${INCIDENT}" AND TaskQueue = "${taskQueue}" AND ExecutionStatus = "Running" AND WorkflowId STARTS_WITH "${incidentId(system, '')}"`;
      const what = `counting the open incidents of ${system}`;
      return (await asking(what, () => client.workflow.count(query))).count;
    },
    openOrJoin: async (request, alerts) => {
      const { type, ...options } = incidentStart(request);
      await asking(`opening or joining ${options.workflowId}`, () =>
        client.workflow.signalWithStart(type, {
          ...{ ...options, taskQueue },
          ...{ signal: ALERT_MESSAGE, signalArgs: [{ alerts }] },
        }),
      );
    },
    tell: (system, id, alerts) =>
      orNone(false, async () => {
        await asking(`telling ${incidentId(system, id)} how its alerts stand`, () =>
          handle(system, id).signal(ALERT_MESSAGE, { alerts }),
        );
        return true;
      }),
  };
}

async function orNone<T>(none: T, ask: () => Promise<T>): Promise<T> {
  try {
    return await ask();
  } catch (error) {
    if (error instanceof WorkflowNotFoundError) return none;
    throw error;
  }
}

function closedState(end: unknown): IncidentState {
  if (!isRecord(end)) return { is: 'none' };
  const { alerts, moreAlerts, closedAt } = end;
  if (!Array.isArray(alerts) || typeof closedAt !== 'string') return { is: 'none' };
  const more = typeof moreAlerts === 'number' ? moreAlerts : 0;
  return { is: 'closed', alerts: alerts as AlertSeen[], more, closedAt };
}

/** The client's own sentence, and what the server or the network said. */
function saidBy(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const { cause, message } = error;
  return cause instanceof Error ? `${message} (${cause.message})` : message;
}
