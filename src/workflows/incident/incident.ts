// An incident: open for as long as it lives, for weeks if need be. It takes no lease and starts no child, so that it can go on as a
// new run: its timeline lies in the object store, its clocks are absolute times. What happens when is in domain/incident/.
import {
  allHandlersFinished,
  CancellationScope,
  condition,
  continueAsNew,
  isCancellation,
  proxyActivities,
  setCurrentDetails,
  upsertMemo,
  upsertSearchAttributes,
  workflowInfo,
} from '@temporalio/workflow';
import { defineSearchAttributeKey, SearchAttributeType } from '@temporalio/common';
import type { Activities } from '../../activities/create.ts';
import { Failure } from '../../domain/failure.ts';
import { FAIRLEAD } from '../../domain/incident/change.ts';
import { incidentPage } from '../../domain/incident/details-page.ts';
import { memoOf } from '../../domain/incident/incident-status.ts';
import { parseIncident, type IncidentRequest } from '../../domain/incident/incident-request.ts';
import { incidentId, incidentWords, type Incident } from '../../domain/incident/incident.ts';
import { opened } from '../../domain/incident/opening.ts';
import { nextLook } from '../../domain/incident/operations-seen.ts';
import { nextDue, passTime } from '../../domain/incident/passing-time.ts';
import { peopleOf, type IncidentPeople } from '../../domain/incident/people.ts';
import { timerOf } from '../../domain/time/longest-timer.ts';
import { isRecord } from '../../domain/json.ts';
import { failureOf } from '../steps/call.ts';
import { answered, singleEnvelope } from '../steps/single-activity.ts';
import { beside, keepLines, lookAtOperations, lookByRunbook, tell } from './beside.ts';
import { listen } from './listen.ts';
import { enter, isContinued, newRoom, presentOf, type Continued, type Room } from './room.ts';

/** Long before the server refuses the 2,001st update of a run. */
const MOST_MESSAGES = 1000;

/** Input: `{system, id, title, severity, service?, requestedBy?}`. Ends when it is closed, with the incident. */
export async function incident(input: unknown): Promise<Incident> {
  const continued = continuedIn(input);
  const room = newRoom(continued);
  listen(room);
  return answered(async () => {
    if (continued === undefined) await begin(room, asked(input));
    try {
      return await live(room);
    } catch (error) {
      if (!isCancellation(error)) throw error;
      return await CancellationScope.nonCancellable(() =>
        ended(room, 'cancelled through Temporal'),
      );
    }
  });
}

/** Only a run of this very workflow hands its state on. */
function continuedIn(input: unknown): Continued | undefined {
  const isOurs = workflowInfo().continuedFromExecutionRunId !== undefined;
  const state = isOurs && isRecord(input) ? input['continued'] : undefined;
  return isContinued(state) ? state : undefined;
}

function asked(input: unknown): IncidentRequest {
  const request = parseIncident(input);
  const id = incidentId(request.system, request.id);
  if (workflowInfo().workflowId !== id) {
    throw new Failure('BadInput', `this incident has the workflow id ${id}: start it so`);
  }
  return request;
}

async function begin(room: Room, request: IncidentRequest): Promise<void> {
  const { people, title } = await peopleAndTitle(request);
  const { firstExecutionRunId: runId, startTime } = workflowInfo();
  enter(room, opened({ ...request, title }, people, { runId, now: startTime.getTime() }));
  room.wantsRunbook = request.source === 'alert' && request.runbook !== undefined;
}

/** An alert is not lost because the file of its system cannot be read: its title is the alert's name. */
async function peopleAndTitle({
  system,
  title,
  source,
  people,
}: IncidentRequest): Promise<{ people: IncidentPeople; title: string }> {
  // What the title of an alert says stands in the system file.
  if (people !== undefined) return { people, title };
  const { readPeople } = proxyActivities<Activities>({
    ...{ startToCloseTimeout: '30s', heartbeatTimeout: '5s' },
    retry: { initialInterval: '200ms', maximumInterval: '5s' },
    summary: `Read who is told of incidents of ${system}`,
  });
  try {
    const sent = singleEnvelope({ system, texts: [title] }, { system, step: 'people' });
    const { value } = await readPeople(sent);
    return { people: value.people, title: value.texts[0] ?? '' };
  } catch (error) {
    if (source !== 'alert' || failureOf(error) === undefined) throw error;
    return { people: peopleOf(undefined), title };
  }
}

async function live(room: Room): Promise<Incident> {
  for (;;) {
    room.isStirred = false;
    const now = Date.now();
    const present = presentOf(room);
    enter(room, passTime(present, now));
    startBeside(room, now);
    show(room);
    const isIdle = room.busy === 0 && room.unwritten.length === 0 && allHandlersFinished();
    if (presentOf(room).phase === 'closed' && isIdle) return presentOf(room);
    if (isIdle && isLong(room)) await goOn(room);
    await condition(() => room.isStirred, waitOf(room, now));
  }
}

function startBeside(room: Room, now: number): void {
  const present = presentOf(room);
  const lookDue = nextLook(present, room.lookedAt);
  if (room.wantsLook || (lookDue !== null && lookDue <= now)) {
    room.wantsLook = false;
    room.lookedAt = now;
    beside(room, () => lookAtOperations(room, present));
  }
  if (room.wantsRunbook) {
    room.wantsRunbook = false;
    beside(room, () => lookByRunbook(room, present));
  }
  if (room.unwritten.length > 0 && !room.isWriting) beside(room, () => keepLines(room));
  for (const news of room.untold.splice(0)) beside(room, () => tell(room, present, news));
}

/** How long (ms) nothing is due. */
function waitOf(room: Room, now: number): number {
  const present = presentOf(room);
  const times = [nextDue(present), nextLook(present, room.lookedAt)].filter((at) => at !== null);
  const next = Math.min(...times, Number.MAX_SAFE_INTEGER);
  return timerOf(Math.max(1, next - now));
}

function isLong({ messages }: Room): boolean {
  return messages >= MOST_MESSAGES || workflowInfo().continueAsNewSuggested;
}

async function goOn({ head, tail, notices, lookedAt, ...room }: Room): Promise<never> {
  const { incident: present } = room;
  return await continueAsNew<(input: unknown) => Promise<Incident>>({
    continued: { incident: present, head, tail, notices, lookedAt },
  });
}

/** Its timeline says how it ended, also when that was not by its people. */
async function ended(room: Room, what: string): Promise<Incident> {
  const at = new Date(Date.now()).toISOString();
  const closed: Incident = {
    ...presentOf(room),
    phase: 'closed',
    closedAt: at,
    closedBy: FAIRLEAD,
  };
  enter(room, { incident: closed, lines: [{ kind: 'closed', at, who: FAIRLEAD, what }], news: [] });
  show(room);
  await condition(() => !room.isWriting);
  await keepLines(room);
  return closed;
}

function show(room: Room): void {
  const present = presentOf(room);
  const page = incidentPage(present);
  if (page === room.shown) return;
  room.shown = page;
  setCurrentDetails(page);
  upsertMemo(memoOf(present));
  const key = defineSearchAttributeKey('FairleadSummary', SearchAttributeType.KEYWORD);
  upsertSearchAttributes([{ key, value: incidentWords(present).slice(0, 200) }]);
}
