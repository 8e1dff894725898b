// What an incident does beside its main loop, so that a channel that hangs or a store that is away holds up no escalation: the
// timeline is kept, people are told, operations are looked at. None of it ever fails the incident.
import { CancellationScope, proxyActivities, workflowInfo } from '@temporalio/workflow';
import type { Activities } from '../../activities/create.ts';
import { FAIRLEAD, incidentAnswers, type News } from '../../domain/incident/change.ts';
import type { Incident } from '../../domain/incident/incident.ts';
import { LOOK_BACK_MS, withOperations } from '../../domain/incident/operations-seen.ts';
import { chained } from '../../domain/incident/timeline.ts';
import type { NoticeFacts } from '../../domain/people/notice-facts.ts';
import { failureOf } from '../steps/call.ts';
import { singleEnvelope } from '../steps/single-activity.ts';
import { enter, SHOWN_LINES, type Room } from './room.ts';

/** Lines of one object: what has piled up while the store was away is kept in parts. */
const MOST_LINES = 200;
const RETRY = { initialInterval: '500ms', maximumInterval: '30s' } as const;

/** Runs it beside the main loop; the run ends after it. */
export function beside(room: Room, work: () => Promise<void>): void {
  room.busy += 1;
  void CancellationScope.nonCancellable(work).finally(() => {
    room.busy -= 1;
    room.isStirred = true;
  });
}

/** Keeps the lines that are not kept yet, in their order; tried until the store answers. */
export async function keepLines(room: Room): Promise<void> {
  const { keepTimeline } = proxyActivities<Activities>({
    ...{ startToCloseTimeout: '30s', heartbeatTimeout: '5s', retry: RETRY },
    summary: 'Keep the timeline',
  });
  room.isWriting = true;
  try {
    while (room.unwritten.length > 0 && room.incident !== undefined) {
      const { incident } = room;
      const { lines, head } = chained(room.head, room.unwritten.splice(0, MOST_LINES));
      room.head = head;
      room.tail = [...room.tail, ...lines].slice(-SHOWN_LINES);
      await keepTimeline(singleEnvelope({ incident, lines }, aboutOf(incident)));
    }
  } catch (error) {
    if (failureOf(error) === undefined) throw error;
  } finally {
    room.isWriting = false;
  }
}

export async function tell(room: Room, incident: Incident, told: News): Promise<void> {
  const { tellIncident } = proxyActivities<Activities>({
    ...{ startToCloseTimeout: '2m', heartbeatTimeout: '5s' },
    retry: { ...RETRY, maximumAttempts: 10 },
    summary: `Tell people: ${told.event}`,
  });
  room.notices += 1;
  const key = `${incident.runId}/${room.notices}`;
  try {
    const sent = singleEnvelope({ facts: factsOf(incident, told), key }, aboutOf(incident));
    const { value } = await tellIncident(sent);
    for (const { channel, reason } of value.notTold) notTold(room, channel, reason);
  } catch (error) {
    const known = failureOf(error);
    if (known === undefined) throw error;
    notTold(room, 'anybody', known.message);
  }
}

function notTold(room: Room, channel: string, reason: string): void {
  const at = new Date(Date.now()).toISOString();
  room.unwritten.push({
    kind: 'told',
    at,
    who: FAIRLEAD,
    what: `could not tell ${channel}: ${reason}`,
  });
}

function factsOf(incident: Incident, { event, title, text, to }: News): NoticeFacts {
  const { system, id, severity, phase } = incident;
  const answers = incidentAnswers(incident);
  const look = `fairlead incident show ${system}/${id}`;
  return {
    ...{ operation: incident.incident, runId: incident.runId, kind: 'incident', system },
    at: new Date(Date.now()).toISOString(),
    ...{ requestedBy: incident.openedBy, reason: null },
    subject: { event, incident: { title, text, to, severity, phase, answers, look } },
  };
}

/** What operations of the system did: from a day before it was opened. */
export async function lookAtOperations(room: Room, incident: Incident): Promise<void> {
  const { listOperations } = proxyActivities<Activities>({
    ...{ startToCloseTimeout: '30s', heartbeatTimeout: '5s' },
    retry: { ...RETRY, maximumAttempts: 5 },
    summary: `Look at what operations of ${incident.system} did`,
  });
  const { system, openedAt } = incident;
  const since = new Date(Date.parse(openedAt) - LOOK_BACK_MS).toISOString();
  try {
    const { value } = await listOperations(singleEnvelope({ system, since }, aboutOf(incident)));
    if (room.incident !== undefined) enter(room, withOperations(room.incident, value, Date.now()));
  } catch (error) {
    if (failureOf(error) === undefined) throw error;
  }
}

/** Starts the runbook that its alert names; the timeline says what came of it. */
export async function lookByRunbook(room: Room, incident: Incident): Promise<void> {
  const { system, runbook, openedBy: requestedBy } = incident;
  if (runbook === null) return;
  const { startRunbook } = proxyActivities<Activities>({
    ...{ startToCloseTimeout: '30s', heartbeatTimeout: '5s' },
    retry: { ...RETRY, maximumAttempts: 10 },
    summary: `Start the runbook ${runbook}`,
  });
  // Of each opening: what was started for an earlier one is over.
  const reason = `${incident.incident}, to be acknowledged by ${incident.clocks.acknowledge.dueAt} (run ${incident.runId})`;
  const sent = { system, runbook, reason, requestedBy };
  const by = `fairlead run ${system}/${runbook}`;
  try {
    const { value } = await startRunbook(singleEnvelope(sent, aboutOf(incident)));
    if ('problem' in value) sayLine(room, `its runbook is not started: ${value.problem}; ${by}`);
    else sayLine(room, `its runbook looks: ${value.operation}`, value.operation);
  } catch (error) {
    const known = failureOf(error);
    if (known === undefined) throw error;
    sayLine(room, `its runbook was not started: ${known.message}; ${by}`);
  }
}

function sayLine(room: Room, what: string, link?: string): void {
  const at = new Date(Date.now()).toISOString();
  const line = { kind: 'link' as const, at, who: FAIRLEAD, what };
  room.unwritten.push(link === undefined ? line : { ...line, link });
}

export function aboutOf({ system }: Pick<Incident, 'system'>): { system: string; step: string } {
  return { system, step: workflowInfo().workflowType };
}
