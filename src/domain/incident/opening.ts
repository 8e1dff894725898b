// How an incident begins: its first state and its first page, and how it begins anew when it comes back. Pure.
import { FAIRLEAD, news, then, type Change } from './change.ts';
import { isFiring } from './alerts.ts';
import { incidentId, type Clock, type Incident } from './incident.ts';
import type { IncidentRequest } from './incident-request.ts';
import { patienceOf, type IncidentClocks, type IncidentPeople } from './people.ts';

/** How often all levels are told in turn before Fairlead says that nobody answers. */
export const ROUNDS = 3;

export function opened(
  request: IncidentRequest,
  people: IncidentPeople,
  { runId, now }: { runId: string; now: number },
): Change {
  const at = new Date(now).toISOString();
  const { system, id, title, severity, requestedBy } = request;
  const incident: Incident = {
    schema: 'fairlead/incident/v1',
    ...{ incident: incidentId(system, id), system, id, runId, title, severity },
    service: request.service ?? null,
    runbook: request.runbook ?? null,
    source: request.source ?? 'person',
    ...{ phase: 'open', openedAt: at, openedBy: requestedBy ?? 'somebody' },
    ...{ acknowledgedBy: null, cause: null, mitigation: null, resolution: null, review: null },
    ...{ closedAt: null, closedBy: null },
    clocks: clocksFrom(people.clocks[severity], now),
    paging: { level: -1, round: 1, nextAt: null },
    ...{ people, roles: {}, handover: null, followUps: [], alerts: [], moreAlerts: 0 },
    ...{ operations: [], moreOperations: 0, reviewDueAt: null, remindAt: null },
  };
  const about = incident.service === null ? system : `${system}/${incident.service}`;
  const line = {
    ...{ kind: 'opened' as const, at, who: incident.openedBy },
    what: `${severity} on ${about}: ${title}`,
  };
  return then({ incident, lines: [line], news: [] }, (one) => pageNext(one, now));
}

function clocksFrom(allowed: IncidentClocks, now: number): Incident['clocks'] {
  const clock = (ms: number): Clock => ({
    dueAt: new Date(now + ms).toISOString(),
    doneAt: null,
    overdue: false,
  });
  return {
    acknowledge: clock(allowed.acknowledge),
    investigate: clock(allowed.investigate),
    mitigate: clock(allowed.mitigate),
  };
}

/** Clocks that are not done begin anew: the severity was raised, or it came back. */
export function restarted(incident: Incident, now: number, all: boolean): Incident {
  const fresh = clocksFrom(incident.people.clocks[incident.severity], now);
  const { clocks } = incident;
  const kept = (name: keyof IncidentClocks): Clock =>
    all || clocks[name].doneAt === null ? fresh[name] : clocks[name];
  return {
    ...incident,
    clocks: {
      acknowledge: kept('acknowledge'),
      investigate: kept('investigate'),
      mitigate: kept('mitigate'),
    },
  };
}

/** Tells the next level, or begins again with the first one; after the last round it says that nobody answers. */
export function pageNext(incident: Incident, now: number): Change {
  const at = new Date(now).toISOString();
  const { people, paging, severity } = incident;
  const { levels } = people;
  const isEnd = paging.level + 1 >= Math.max(levels.length, 1);
  const level = isEnd && paging.level >= 0 ? 0 : paging.level + 1;
  const round = isEnd && paging.level >= 0 ? paging.round + 1 : paging.round;
  if (round > ROUNDS) {
    const what = `nobody acknowledged it although all were told ${ROUNDS} times; nobody else is told`;
    return {
      incident: { ...incident, paging: { ...paging, nextAt: null } },
      lines: [{ kind: 'paged', at, who: FAIRLEAD, what }],
      news: [news(incident, 'paging', 'nobody acknowledges it', levels.flat())],
    };
  }
  const to = levels[level] ?? [];
  const nextAt = new Date(now + patienceOf(people, severity, level)).toISOString();
  const whom =
    to.length === 0 ? 'whoever reads the channels: people.levels names nobody' : to.join(', ');
  const isFirst = level === 0 && round === 1;
  const what = isFirst ? 'needs somebody' : `nobody acknowledged it: escalated to ${whom}`;
  return {
    incident: { ...incident, paging: { level, round, nextAt } },
    lines: [{ kind: 'paged', at, who: FAIRLEAD, what: `told ${whom} (level ${level + 1})` }],
    news: [news(incident, 'paging', what, to)],
  };
}

/** It is over and its alert fires again: as if it had just been opened, with what is known of it. */
export function reopened(incident: Incident, now: number, why: string): Change {
  const at = new Date(now).toISOString();
  const again: Incident = {
    ...restarted(incident, now, true),
    ...{ phase: 'open', acknowledgedBy: null, mitigation: null, resolution: null },
    ...{ reviewDueAt: null, remindAt: null, paging: { level: -1, round: 1, nextAt: null } },
  };
  const line = { kind: 'phase' as const, at, who: FAIRLEAD, what: `open again: ${why}` };
  return then({ incident: again, lines: [line], news: [] }, (one) => pageNext(one, now));
}

/** May somebody still be told because nobody acknowledged it? Not when all its alerts are over. */
export function isPaging({ phase, source, alerts }: Incident): boolean {
  return phase === 'open' && (source === 'person' || alerts.length === 0 || isFiring(alerts));
}
