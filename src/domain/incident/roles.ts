// Who does what in an incident: roles are given, and handed over by one person to another, who has to take them. Pure.
import { Failure } from '../failure.ts';
import { samePerson } from '../text/names.ts';
import { news, unchanged, type Change } from './change.ts';
import { COMMANDER, type Handover, type Incident } from './incident.ts';
import type { IncidentMessage } from './incident-messages.ts';
import { allowedIn, mayHave } from './people.ts';

/** Gives a role that nobody has; one that somebody has is handed over. */
export function giveRole(
  incident: Incident,
  { actor, role, person }: IncidentMessage,
  at: string,
): Change {
  if (role === undefined || person === undefined) return unchanged(incident);
  refuseOthers(incident, role, person);
  const holder = incident.roles[role];
  if (holder !== undefined && !samePerson(holder, actor) && !samePerson(holder, person)) {
    throw new Failure('Refused', `${holder} is ${role}: ${holder} hands it over`);
  }
  return {
    incident: { ...incident, roles: { ...incident.roles, [role]: person } },
    lines: [{ kind: 'role', at, who: actor, what: `${person} is ${role}` }],
    news: [news(incident, 'incident', `${person} is ${role}`, [person])],
  };
}

export function askHandover(
  incident: Incident,
  { actor, handover: to, role = COMMANDER }: IncidentMessage,
  at: string,
): Change {
  if (to === undefined) return unchanged(incident);
  const holder = incident.roles[role];
  if (holder === undefined || !samePerson(holder, actor)) {
    const who = holder === undefined ? 'nobody' : holder;
    throw new Failure('Refused', `${who} is ${role}, so ${actor} cannot hand it over`);
  }
  if (samePerson(to, actor)) throw new Failure('Refused', `${actor} is ${role} already`);
  if (incident.handover !== null) {
    const { role: other, to: receiver } = incident.handover;
    throw new Failure('Refused', `${receiver} has not answered yet whether to take over ${other}`);
  }
  refuseOthers(incident, role, to);
  const patience = incident.people.clocks[incident.severity].acknowledge;
  const dueAt = new Date(Date.parse(at) + patience).toISOString();
  const asked: Handover = { role, from: holder, to, askedAt: at, dueAt, reminded: false };
  const what = `hands ${role} over to ${to}, who has to acknowledge it`;
  return {
    incident: { ...incident, handover: asked },
    lines: [{ kind: 'handover', at, who: actor, what }],
    news: [news(incident, 'paging', `${actor} ${what}`, [to])],
  };
}

export function acceptHandover(incident: Incident, asked: Handover, at: string): Change {
  const { role, from, to } = asked;
  const what = `took ${role} over from ${from}`;
  return {
    incident: { ...incident, handover: null, roles: { ...incident.roles, [role]: to } },
    lines: [{ kind: 'handover', at, who: to, what }],
    news: [news(incident, 'incident', `${to} ${what}`, [from])],
  };
}

/** Says no to a hand-over; who had the role has it still. */
export function declineHandover(
  incident: Incident,
  { actor, decline }: IncidentMessage,
  at: string,
): Change {
  if (decline === undefined) return unchanged(incident);
  const { handover } = incident;
  if (handover === null || !samePerson(handover.to, actor)) {
    throw new Failure('Refused', `nothing is handed over to ${actor}`);
  }
  const { role, from } = handover;
  const what = `did not take ${role} over from ${from}: ${decline}`;
  return {
    incident: { ...incident, handover: null },
    lines: [{ kind: 'handover', at, who: actor, what }],
    news: [news(incident, 'paging', `${actor} ${what}; ${from} still has it`, [from])],
  };
}

function refuseOthers({ people }: Incident, role: string, person: string): void {
  if (mayHave(people, role, person)) return;
  const allowed = allowedIn(people, role) ?? [];
  throw new Failure(
    'Refused',
    `${person} may not be ${role}; people.roles.${role} names ${allowed.join(', ')}`,
  );
}
