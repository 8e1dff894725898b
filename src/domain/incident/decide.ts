// What a message of somebody comes to: allowed or not (a `Failure` Refused with the sentence why), and what it changes. Pure;
// one rule a field, in the order in which they are written into the timeline.
import { Failure } from '../failure.ts';
import { samePerson } from '../text/names.ts';
import { news, then, unchanged, type Change, type LineBody } from './change.ts';
import { applyAlerts, isFiring, worstOf, type AlertChange } from './alerts.ts';
import { followUp } from './follow-ups.ts';
import { COMMANDER, isOver, type Incident, type Phase, type Said } from './incident.ts';
import type { IncidentMessage, IncidentMessageName } from './incident-messages.ts';
import { reopened, restarted } from './opening.ts';
import { leftToDo, REVIEW_WITHIN_MS } from './passing-time.ts';
import { needsReview } from './incident.ts';
import type { Severity } from './severity.ts';
import { acceptHandover, askHandover, declineHandover, giveRole } from './roles.ts';

/** Who says in a timeline what alerts do. */
const ALERTMANAGER = 'alertmanager';

type Rule = (incident: Incident, message: IncidentMessage, at: string) => Change;

/** Throws a `Failure` Refused for what is not allowed now. `now` is ms. */
export function decide(
  incident: Incident,
  name: IncidentMessageName,
  message: IncidentMessage,
  now: number,
): Change {
  const at = new Date(now).toISOString();
  if (incident.phase === 'closed') {
    throw new Failure(
      'Refused',
      `${incident.incident} is closed, by ${incident.closedBy ?? 'somebody'}`,
    );
  }
  switch (name) {
    case 'acknowledge':
      return acknowledge(incident, message, at);
    case 'update':
      return update(incident, message, at);
    case 'followUp':
      return followUp(incident, message, at);
    case 'close':
      return close(incident, message, at);
  }
}

/** Says that an alert changed its state; one that fires again opens what was over. */
export function alerted(incident: Incident, changes: readonly AlertChange[], now: number): Change {
  const { alerts, more, changed } = applyAlerts(incident.alerts, incident.moreAlerts, changes);
  if (changed.length === 0 && more === incident.moreAlerts) return unchanged(incident);
  const at = new Date(now).toISOString();
  const next = { ...incident, alerts, moreAlerts: more };
  const beyond = isMuchMore(incident.moreAlerts, more) ? [beyondLine(more, at)] : [];
  const lines = [...changed.map((one) => alertLine(one, at)), ...beyond];
  const isBack = incident.phase === 'resolved' && changed.some(({ state }) => state === 'firing');
  const change = then({ incident: next, lines, news: [] }, (one) =>
    isBack || !isOver(one) ? worsened(one, worstOf(changed), at) : unchanged(one),
  );
  if (isBack) return then(change, (one) => reopened(one, now, 'its alert fires again'));
  const isQuiet = isFiring(incident.alerts) && !isFiring(alerts) && !isOver(next);
  if (!isQuiet) return change;
  const told = news(next, 'incident', 'all its alerts are over; say whether it is resolved');
  return { ...change, news: [...change.news, told] };
}

function worsened(incident: Incident, worst: Severity | undefined, at: string): Change {
  if (worst === undefined || worst >= incident.severity) return unchanged(incident);
  return severity(incident, { actor: ALERTMANAGER, severity: worst }, at);
}

function alertLine({ name, state, summary, at: since }: AlertChange, at: string): LineBody {
  const said = summary === '' ? '' : `: ${summary}`;
  const what = `${name} ${state === 'firing' ? 'fires' : 'is over'} since ${since}${said}`;
  return { kind: 'alert', at, who: ALERTMANAGER, what };
}

/** A flood is told once in ten times as many. */
function isMuchMore(before: number, now: number): boolean {
  return now > before && (before === 0 || String(now).length > String(before).length);
}

function beyondLine(more: number, at: string) {
  const what = `${more} more alerts than can be kept one by one`;
  return { kind: 'alert' as const, at, who: ALERTMANAGER, what };
}

const acknowledge: Rule = (incident, message, at) => {
  const { handover } = incident;
  const isReceiver = handover !== null && samePerson(handover.to, message.actor);
  if (handover !== null && !isReceiver && incident.phase !== 'open') {
    const { role, from, to } = handover;
    throw new Failure(
      'Refused',
      `${role} is handed over from ${from} to ${to}: it is for ${to} to acknowledge`,
    );
  }
  if (incident.phase !== 'open' && !isReceiver) {
    throw new Failure(
      'Refused',
      `${incident.incident} was acknowledged by ${incident.acknowledgedBy ?? 'somebody'} before`,
    );
  }
  const taken =
    handover !== null && isReceiver ? acceptHandover(incident, handover, at) : unchanged(incident);
  const change = then(taken, (one) =>
    one.phase === 'open' ? acknowledged(one, message, at) : unchanged(one),
  );
  return then(change, (one) => noted(one, message, at));
};

const acknowledged: Rule = (incident, { actor }, at) => {
  const roles =
    COMMANDER in incident.roles ? incident.roles : { ...incident.roles, [COMMANDER]: actor };
  const next = reached({ ...incident, acknowledgedBy: actor, roles }, 'investigating', at);
  const what = `acknowledged it${COMMANDER in incident.roles ? '' : ' and is commander'}`;
  return {
    incident: { ...next, paging: { ...next.paging, nextAt: null } },
    lines: [{ kind: 'phase', at, who: actor, what }],
    news: [news(next, 'incident', `${actor} looks at it`)],
  };
};

/** The incident in a later phase, with the clocks stopped that led there; never back to an earlier one. */
function reached(incident: Incident, phase: Phase, at: string): Incident {
  const order: readonly Phase[] = ['open', 'investigating', 'identified', 'monitoring', 'resolved'];
  const index = Math.max(order.indexOf(incident.phase), order.indexOf(phase));
  const { clocks } = incident;
  const done = (name: keyof typeof clocks, from: number) =>
    index >= from && clocks[name].doneAt === null ? { ...clocks[name], doneAt: at } : clocks[name];
  return {
    ...incident,
    phase: order[index] ?? phase,
    clocks: {
      acknowledge: done('acknowledge', 1),
      investigate: done('investigate', 2),
      mitigate: done('mitigate', 3),
    },
  };
}

const update: Rule = (incident, message, at) => {
  const rules: readonly Rule[] = [
    severity,
    giveRole,
    askHandover,
    declineHandover,
    noted,
    linked,
    cause,
    mitigated,
    resolved,
    statusPage,
    reviewed,
  ];
  return rules.reduce<Change>(
    (change, rule) => then(change, (one) => rule(one, message, at)),
    unchanged(incident),
  );
};

const severity: Rule = (incident, { actor, severity: wanted }, at) => {
  if (wanted === undefined) return unchanged(incident);
  if (wanted === incident.severity) {
    throw new Failure('Refused', `${incident.incident} is ${wanted} already`);
  }
  const isRaised = wanted < incident.severity;
  const changed = { ...incident, severity: wanted };
  const next = isRaised ? restarted(changed, Date.parse(at), false) : changed;
  const what = `severity ${incident.severity} → ${wanted}`;
  return {
    incident: isOver(next) ? withReview(next) : next,
    lines: [{ kind: 'severity', at, who: actor, what }],
    news: [news(next, isRaised ? 'paging' : 'incident', `${actor} made it ${wanted}`)],
  };
};

const noted: Rule = (incident, { actor, note }, at) =>
  note === undefined
    ? unchanged(incident)
    : { incident, lines: [{ kind: 'note', at, who: actor, what: note }], news: [] };

const linked: Rule = (incident, { actor, link }, at) =>
  link === undefined
    ? unchanged(incident)
    : { incident, lines: [{ kind: 'link', at, who: actor, what: link, link }], news: [] };

const cause: Rule = (incident, { actor, cause: text }, at) => {
  if (text === undefined) return unchanged(incident);
  const next = reached(whenKnown(incident, actor, at), 'identified', at);
  const lines = [{ kind: 'phase' as const, at, who: actor, what: `the cause: ${text}` }];
  return { incident: { ...next, cause: said(text, actor, at) }, lines, news: [] };
};

const mitigated: Rule = (incident, { actor, mitigated: text }, at) => {
  if (text === undefined) return unchanged(incident);
  const next = reached(whenKnown(incident, actor, at), 'monitoring', at);
  const lines = [{ kind: 'phase' as const, at, who: actor, what: `users are helped: ${text}` }];
  return {
    incident: { ...next, mitigation: said(text, actor, at) },
    lines,
    news: [news(next, 'incident', `users are helped: ${text}`)],
  };
};

const resolved: Rule = (incident, { actor, resolution: text }, at) => {
  if (text === undefined) return unchanged(incident);
  const over = reached(whenKnown(incident, actor, at), 'resolved', at);
  const resolution = said(text, actor, at);
  const next = withReview({ ...over, resolution, mitigation: over.mitigation ?? resolution });
  return {
    incident: { ...next, paging: { ...next.paging, nextAt: null } },
    lines: [{ kind: 'phase', at, who: actor, what: `resolved: ${text}` }],
    news: [news(next, 'incident', `resolved: ${text}`)],
  };
};

/** Whoever says how it stands has looked at it. */
function whenKnown(incident: Incident, actor: string, at: string): Incident {
  return incident.phase === 'open' ? acknowledged(incident, { actor }, at).incident : incident;
}

function withReview(incident: Incident): Incident {
  const from = Date.parse(incident.resolution?.at ?? incident.openedAt);
  const due = new Date(from + REVIEW_WITHIN_MS).toISOString();
  const isNeeded = needsReview(incident) && incident.review === null;
  return { ...incident, reviewDueAt: isNeeded ? due : null, remindAt: due };
}

const statusPage: Rule = (incident, { actor, status }, at) =>
  status === undefined
    ? unchanged(incident)
    : {
        incident,
        lines: [{ kind: 'statusPage', at, who: actor, what: status }],
        // What the public reads has the words of whoever wrote them, and nothing else.
        news: [{ event: 'statusPage', title: incident.phase, text: status, to: [] }],
      };

const reviewed: Rule = (incident, { actor, review }, at) => {
  if (review === undefined) return unchanged(incident);
  if (!isOver(incident)) {
    throw new Failure(
      'Refused',
      `${incident.incident} is not resolved: its review comes after that`,
    );
  }
  const lines = [{ kind: 'review' as const, at, who: actor, what: `review: ${review}` }];
  return { incident: { ...incident, review: said(review, actor, at) }, lines, news: [] };
};

function close(incident: Incident, message: IncidentMessage, at: string): Change {
  const change = then(reviewed(incident, message, at), (one) => noted(one, message, at));
  const left = leftToDo(change.incident);
  if (left.length > 0) {
    throw new Failure('Refused', `${incident.incident} cannot be closed yet: ${left.join('; ')}`);
  }
  const { actor } = message;
  return then(change, (one) => {
    const closed: Incident = {
      ...one,
      phase: 'closed',
      closedAt: at,
      closedBy: actor,
      remindAt: null,
      handover: null,
    };
    return {
      incident: closed,
      lines: [{ kind: 'closed', at, who: actor, what: 'closed it' }],
      news: [news(closed, 'incident', `closed by ${actor}`)],
    };
  });
}

function said(text: string, by: string, at: string): Said {
  return { text, by, at };
}
