// The messages of an incident: each as an update, which is answered, and as a signal of the same name. A text that people wrote is
// redacted before it is kept; an acknowledgement counts at once.
import {
  ApplicationFailure,
  condition,
  defineQuery,
  defineSignal,
  defineUpdate,
  setDefaultSignalHandler,
  setDefaultUpdateHandler,
  setHandler,
} from '@temporalio/workflow';
import { Failure } from '../../domain/failure.ts';
import { alertsIn, type AlertChange } from '../../domain/incident/alerts.ts';
import type { Change } from '../../domain/incident/change.ts';
import { alerted, decide } from '../../domain/incident/decide.ts';
import {
  ALERT_MESSAGE,
  INCIDENT_MESSAGES,
  parseIncidentMessage,
  WRITTEN_FIELDS,
  type IncidentMessage,
  type IncidentMessageName,
} from '../../domain/incident/incident-messages.ts';
import type { Incident } from '../../domain/incident/incident.ts';
import { statusOf, type IncidentStatus } from '../../domain/incident/incident-status.ts';
import { describeValue } from '../../domain/text/describe-value.ts';
import { answerReservedNames } from '../steps/reserved-names.ts';
import { redactedTexts } from './redact.ts';
import { enter, presentOf, type Room } from './room.ts';

interface Accepted {
  accepted: true;
  operation: string;
  note: string;
}

export function listen(room: Room): void {
  setHandler(defineQuery<IncidentStatus | null>('status'), () =>
    room.incident === undefined ? null : statusOf(room.incident, room.tail, room.head.count),
  );
  for (const name of INCIDENT_MESSAGES) {
    setHandler(defineSignal<[unknown]>(name), async (raw) => {
      await unanswered(() => handle(room, name, raw));
    });
    setHandler(
      defineUpdate<Accepted, [unknown]>(name),
      async (raw) => answered(() => handle(room, name, raw)),
      {
        validator: (raw) => {
          asRefused(() => {
            refuse(room, name, raw);
          });
        },
      },
    );
  }
  // One after the other: an alert that fires again is no repeat of what was over in between.
  let before = Promise.resolve();
  setHandler(defineSignal<[unknown]>(ALERT_MESSAGE), async (raw) => {
    const turn = before.then(() => unanswered(() => handleAlerts(room, alertsIn(raw) ?? [])));
    before = turn.catch(() => undefined);
    await turn;
  });
  const unknown = (name: string): never => {
    const text = `an incident takes ${INCIDENT_MESSAGES.join(', ')}, and no message ${describeValue(name)}`;
    throw ApplicationFailure.nonRetryable(text, 'Refused');
  };
  setDefaultSignalHandler(() => undefined);
  setDefaultUpdateHandler(unknown);
  answerReservedNames(() => undefined, unknown);
}

/** Before it is accepted: what makes no sense or is not allowed leaves nothing in the history. */
function refuse(room: Room, name: IncidentMessageName, raw: unknown): void {
  const message = parseIncidentMessage(name, raw);
  if (room.incident !== undefined) decide(room.incident, name, message, Date.now());
}

async function handle(room: Room, name: IncidentMessageName, raw: unknown): Promise<Accepted> {
  const now = Date.now();
  const message = parseIncidentMessage(name, raw);
  room.messages += 1;
  await begun(room);
  if (name !== 'acknowledge') return accepted(await said(room, name, message, now));
  const { actor, note } = message;
  const change = decideNow(room, name, { actor }, now);
  if (note !== undefined) await said(room, 'update', { actor, note }, now);
  return accepted(change);
}

/** Refused at once where it is to be refused; decided upon once its texts were sent to be redacted, with all that has come since. */
async function said(
  room: Room,
  name: IncidentMessageName,
  message: IncidentMessage,
  now: number,
): Promise<Change> {
  const before = presentOf(room);
  decide(before, name, message, now);
  const shown = await redacted(room, before, message);
  return decideNow(room, name, shown, now);
}

/** Decides and enters in one: messages that come together are handled in turns, and none may go by what another one has changed. */
function decideNow(
  room: Room,
  name: IncidentMessageName,
  message: IncidentMessage,
  now: number,
): Change {
  const change = decide(presentOf(room), name, message, now);
  enter(room, change);
  room.wantsLook = true;
  return change;
}

async function handleAlerts(room: Room, changes: readonly AlertChange[]): Promise<Accepted> {
  const now = Date.now();
  room.messages += 1;
  await begun(room);
  const texts = await redactedTexts(
    room,
    presentOf(room),
    changes.map(({ summary }) => summary),
  );
  const shown = changes.map((one, index) => ({ ...one, summary: texts[index] ?? '' }));
  const before = presentOf(room);
  const change = alerted(before, shown, now);
  enter(room, change);
  const isBack = before.phase === 'resolved' && change.incident.phase === 'open';
  if (isBack && before.runbook !== null) room.wantsRunbook = true;
  return accepted(change);
}

async function begun(room: Room): Promise<void> {
  await condition(() => room.incident !== undefined);
}

async function redacted(
  room: Room,
  incident: Incident,
  message: IncidentMessage,
): Promise<IncidentMessage> {
  const fields = WRITTEN_FIELDS.filter((field) => message[field] !== undefined);
  if (fields.length === 0) return message;
  const texts = await redactedTexts(
    room,
    incident,
    fields.map((field) => message[field] ?? ''),
  );
  return {
    ...message,
    ...Object.fromEntries(fields.map((field, index) => [field, texts[index] ?? ''])),
  };
}

function accepted({ incident, lines }: Change): Accepted {
  const note = lines.map(({ what }) => what).join('; ');
  return { accepted: true, operation: incident.incident, note };
}

async function answered(work: () => Promise<Accepted>): Promise<Accepted> {
  try {
    return await work();
  } catch (error) {
    throw asRefusal(error);
  }
}

function asRefused(work: () => void): void {
  try {
    work();
  } catch (error) {
    throw asRefusal(error);
  }
}

function asRefusal(error: unknown): unknown {
  if (!(error instanceof Failure)) return error;
  return ApplicationFailure.nonRetryable(error.message, error.kind);
}

/** A signal is answered by nobody: what makes no sense, or is not allowed, changes nothing. */
async function unanswered(work: () => Promise<unknown>): Promise<void> {
  try {
    await work();
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
  }
}
