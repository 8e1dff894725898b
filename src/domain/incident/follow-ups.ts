// What has to be done after an incident: each with an owner before the incident can be closed. Pure.
import { Failure } from '../failure.ts';
import { samePerson } from '../text/names.ts';
import type { Change } from './change.ts';
import type { FollowUp, Incident } from './incident.ts';
import type { IncidentMessage } from './incident-messages.ts';

const MOST = 100;

/** Adds a follow-up, or changes the one of this number. Throws Refused. */
export function followUp(incident: Incident, message: IncidentMessage, at: string): Change {
  refusePast(message, at);
  return message.id === undefined ? added(incident, message, at) : changed(incident, message, at);
}

/** A day that is over is a slip far more often than a debt; what is done already may have been due at any time. */
function refusePast(message: IncidentMessage, at: string): void {
  const due = dueOf(message);
  if (due === null || message.past === true || message.done === true || due > at) return;
  throw new Failure(
    'Refused',
    `${message.due ?? ''} is over (it is ${at.slice(0, 10)}, UTC), and nobody would be reminded in time: name a day that is still to come, or say that it is meant (past: true; --past)`,
  );
}

function added(incident: Incident, message: IncidentMessage, at: string): Change {
  const { followUps } = incident;
  if (followUps.length >= MOST) {
    throw new Failure('Refused', `${incident.incident} has ${MOST} follow-ups, which is the most`);
  }
  const { actor, text = '', owner = null } = message;
  const one: FollowUp = {
    ...{ id: followUps.length + 1, text, owner, due: dueOf(message) },
    ...(message.done === true ? { doneAt: at, doneBy: actor } : { doneAt: null, doneBy: null }),
    reminded: false,
  };
  const what = `follow-up ${one.id}: ${text} (${ownerWords(one)})`;
  return {
    incident: { ...incident, followUps: [...followUps, one] },
    lines: [{ kind: 'followUp', at, who: actor, what }],
    news: [],
  };
}

function changed(incident: Incident, message: IncidentMessage, at: string): Change {
  const { id, actor, done } = message;
  const before = incident.followUps.find((one) => one.id === id);
  if (before === undefined) {
    const there = incident.followUps.map((one) => one.id).join(', ') || 'none';
    throw new Failure(
      'Refused',
      `${incident.incident} has no follow-up ${id ?? ''}; there are: ${there}`,
    );
  }
  if (done === true && before.doneAt !== null && samePerson(before.doneBy, actor)) {
    throw new Failure(
      'Refused',
      `follow-up ${before.id} was done before, by ${before.doneBy ?? ''}`,
    );
  }
  const next = revised(before, message, at);
  const how = next.doneAt === null ? ownerWords(next) : 'done';
  return {
    incident: {
      ...incident,
      followUps: incident.followUps.map((one) => (one === before ? next : one)),
    },
    lines: [
      { kind: 'followUp', at, who: actor, what: `follow-up ${next.id}: ${next.text} (${how})` },
    ],
    news: [],
  };
}

function revised(before: FollowUp, message: IncidentMessage, at: string): FollowUp {
  const { actor, text, owner, done } = message;
  const due = dueOf(message);
  return {
    ...before,
    ...(text !== undefined && { text }),
    ...(owner !== undefined && { owner }),
    ...(due !== null && { due, reminded: false }),
    ...(done === true && { doneAt: at, doneBy: actor }),
    ...(done === false && { doneAt: null, doneBy: null }),
  };
}

/** The end of a day as people mean it, in UTC: they are told when it is over. */
function dueOf({ due }: IncidentMessage): string | null {
  return due === undefined ? null : `${due}T23:59:59.000Z`;
}

export function ownerWords({ owner, due }: FollowUp): string {
  const who = owner === null ? 'nobody owns it' : `${owner} owns it`;
  return due === null ? who : `${who}, due ${due.slice(0, 10)}`;
}
